"""The usage streams of Tabnine under contract, and the fake vendor's answers."""

from typing import Any

import httpx

from exporter.poll.transform.privacy import Users
from tests.streams.harness import Asked, Case, Counted, Place, Route, answer, unix

_NOTHING: dict[str, Any] = {"usage": {"granularity": "daily", "data": []}}


def plain(body: Any, _: Asked) -> httpx.Response:
    """The fixture as it stands."""
    return answer(body)


def usage(body: Any, asked: Asked) -> httpx.Response:
    """The daily buckets in the range, of the team or user asked for where the body has many.

    A body with a `status` is an answer as it stands.
    """
    if "status" in body:
        return httpx.Response(body["status"], json=body["body"])
    one = asked.query.get("teamId") or asked.query.get("userId")
    if one is not None and "usage" not in body:
        if one not in body:
            return httpx.Response(404, json={"message": "Not Found", "status": 404})
        body = body[one]
    start, end = (unix(asked.query[limit]) for limit in ("from", "to"))
    rows = [row for row in body["usage"]["data"] if start <= unix(row["from"]) < end]
    body["usage"]["data"] = rows
    return answer({**body, "from": asked.query["from"], "to": asked.query["to"]})


def listed(body: Any, asked: Asked) -> httpx.Response:
    """A page by limit and offset, of the team in the path where the body has many.

    A list that has its own `meta`, or no envelope, is an answer as it stands.
    """
    if isinstance(body, list) or "meta" in body:
        return answer(body)
    if "data" not in body:
        body = body[asked.tail.removesuffix("/users")]
    offset, size = int(asked.query["offset"]), min(int(asked.query["limit"]), asked.most)
    rows = body["data"][offset : offset + size]
    meta: dict[str, Any] = {"count": len(rows), "total": len(body["data"])}
    if offset + len(rows) < len(body["data"]):
        meta["next"] = {"limit": size, "offset": offset + len(rows)}
    return answer({"data": rows, "meta": meta})


_ORGANIZATION = Route("/api/v1/organization", "organization", plain)
_TEAMS = Route("/api/v1/organization/teams", "teams", listed)
_COMPLETIONS = Place("usage", ("usage", "data", 0, "codeCompletions", "completions"))
_ACTIVE = Place("usage", ("usage", "data", 0, "activeUsers"))

TABNINE_USAGE = Case(
    vendor="tabnine",
    stream="usage",
    now="2026-01-07T12:00:00Z",
    routes=(
        _ORGANIZATION,
        Route("/api/v1/organization/usage", "usage", usage),
        Route("/api/v2/organization/usage", "usage", usage),
        Route("/api/v1/organization/agent-usage", "agent_usage", usage),
    ),
    required=_ACTIVE,
    counted=Counted(_COMPLETIONS, "tabnine_completions_total"),
    empty={"usage": _NOTHING, "agent_usage": _NOTHING},
)

TABNINE_TEAM_USAGE = Case(
    vendor="tabnine",
    stream="team_usage",
    now="2026-01-07T12:00:00Z",
    routes=(_ORGANIZATION, _TEAMS, Route("/api/v1/team/usage", "usage", usage)),
    required=_ACTIVE,
    counted=Counted(_COMPLETIONS, "tabnine_team_completions_total", {"team_name": "Platform"}),
    empty={"usage": _NOTHING},
)

TABNINE_USER_USAGE = Case(
    vendor="tabnine",
    stream="user_usage",
    now="2026-01-07T12:00:00Z",
    routes=(
        _ORGANIZATION,
        _TEAMS,
        Route("/api/v1/team/", "team_users", listed),
        Route("/api/v1/organization/users", "users", listed),
        Route("/api/v1/user/usage", "usage", usage),
    ),
    required=_ACTIVE,
    counted=Counted(_COMPLETIONS, "tabnine_user_completions_total", {"user": "ann@example.com"}),
    empty={"usage": _NOTHING},
    people=("ann@example.com",),
    users=Users.PLAIN,
    whole=False,
)

CASES = (TABNINE_USAGE, TABNINE_TEAM_USAGE, TABNINE_USER_USAGE)
