"""The streams of Tabnine that tell about an account under contract, and the fake vendor's answers."""

from typing import Any

import httpx

from tests.streams.cases_tabnine_usage import listed, plain
from tests.streams.harness import Asked, Case, Place, Route, answer, unix

PEOPLE = ("ann@example.com", "bo@example.com", "cy@example.com", "dee@example.com")


def unassigned(body: Any, asked: Asked) -> httpx.Response:
    """The users without a team who are active, or who are not."""
    active = asked.query["active"] == "true"
    rows = [row for row in body["data"] if (not row.get("deactivatedAt")) == active]
    return listed({"data": rows}, asked)


def of_team(body: Any, asked: Asked) -> httpx.Response:
    """The fixture as it stands, or what it holds for the team in the path."""
    return answer(body if isinstance(body, list) else body.get(asked.tail.partition("/")[0], []))


def selected(body: Any, asked: Asked) -> list[dict[str, Any]]:
    """The events of the window in the order that was asked for, as a server does that knows both."""
    start, end = (unix(asked.query[limit]) for limit in ("from", "to"))

    def at(event: dict[str, Any]) -> float:
        time = event.get("timestamp")
        return unix(time) if isinstance(time, str) else start

    events = [event for event in body["items"] if start <= at(event) < end]
    return sorted(events, key=at, reverse=asked.query.get("sort") != "asc")


def audit_page(body: Any, asked: Asked) -> httpx.Response:
    """A page of events by limit and offset."""
    return audit_items(selected(body, asked), asked)


def audit_items(events: list[dict[str, Any]], asked: Asked) -> httpx.Response:
    """A page of these events in the envelope of the audit log."""
    offset, size = int(asked.query["offset"]), min(int(asked.query["limit"]), asked.most)
    rows = events[offset : offset + size]
    return answer({"items": rows, "total": len(events), "limit": size, "offset": offset})


TABNINE_ORGANIZATION = Case(
    vendor="tabnine",
    stream="organization",
    now="2026-01-07T12:00:00Z",
    routes=(
        Route("/api/v1/organization", "organization", plain),
        Route("/api/v1/license", "license", plain),
        Route("/api/v1/organization/account-utilizations", "utilization", plain),
        Route("/api/v1/instance/permissions", "permissions", plain),
        Route("/api/v1/organization/users", "users", unassigned),
        Route("/api/v1/organization/teams", "teams", listed),
        Route("/api/v1/team/account-utilizations", "team_utilization", plain),
        Route("/api/v1/team/", "team_users", listed),
    ),
    required=Place("utilization", (2, "registered")),
    counted=None,
    empty={},
    people=PEOPLE,
    paged="/api/v1/organization/teams",
    whole=False,
)

TABNINE_AUDIT_LOG = Case(
    vendor="tabnine",
    stream="audit_log",
    now="2026-01-07T12:00:00Z",
    options={"path": "hyphen"},
    routes=(Route("/api/v1/organization/audit-logs", "events", audit_page),),
    required=Place("events", ("items", 0, "timestamp")),
    counted=None,
    empty={"events": {"items": []}},
    people=("admin@example.com", "Admin One", "203.0.113.42"),
    paged="/api/v1/organization/audit-logs",
)

TABNINE_REPOSITORIES = Case(
    vendor="tabnine",
    stream="repositories",
    now="2026-01-07T12:00:00Z",
    routes=(
        Route("/api/v1/organization/teams", "teams", listed),
        Route("/api/team/v1/", "repositories", of_team),
    ),
    required=Place("repositories", (0, "repository_link")),
    counted=None,
    empty={"repositories": []},
)

CASES = (TABNINE_ORGANIZATION, TABNINE_AUDIT_LOG, TABNINE_REPOSITORIES)
