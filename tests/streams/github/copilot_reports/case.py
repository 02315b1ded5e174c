"""Copilot usage reports under contract: links by day, and files on another host."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer

ROOT = "/orgs/acme/copilot/metrics/reports"
DAY = "2026-09-20"


def links(kind: str) -> Callable[[Any, Asked], httpx.Response]:
    """The links of a day's report, or 204 for a day that has none."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        if not body or body.get("report_day") != asked.query["day"]:
            return httpx.Response(204)
        given = body.get("download_links")
        if isinstance(given, list) and all(isinstance(link, str) for link in given):
            body["download_links"] = [link.replace("/part-", f"/{kind}/part-") for link in given]
        return answer(body)

    return view


def file(body: Any, asked: Asked) -> httpx.Response:
    """A file: one record, or one a line."""
    rows = body if isinstance(body, list) else [body]
    content = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    return httpx.Response(
        200, content=content, headers={"content-type": "application/octet-stream"}
    )


CASE = Case(
    vendor="github",
    stream="copilot_reports",
    now="2026-09-23T02:00:00Z",
    target={"org": "acme"},
    # A single day is asked for: of several, one that answers 404 is only a day without a report.
    options={
        "lookback": "3d",
        "report_lag": "2d",
        "teams": True,
        "users": True,
        "repositories": True,
    },
    routes=(
        Route(f"{ROOT}/organization-1-day", "links", links("entity"), etag=False),
        Route(f"{ROOT}/users-1-day", "links", links("users"), etag=False),
        Route(f"{ROOT}/user-teams-1-day", "links", links("user_teams"), etag=False),
        Route(f"{ROOT}/repos-1-day", "links", links("repositories"), etag=False),
        Route("/entity/", "entity", file, etag=False),
        Route("/users/", "users", file, etag=False),
        Route("/user_teams/", "user_teams", file, etag=False),
        Route("/repositories/", "repositories", file, etag=False),
    ),
    parts={
        "the report of teams": f"{ROOT}/user-teams-1-day",
        "the report of people": f"{ROOT}/users-1-day",
        "the report of repositories": f"{ROOT}/repos-1-day",
    },
    part_files=("/repositories/",),
    required=Place("links", ("download_links",)),
    # Not a row of a breakdown: what one of these loses goes to `other`.
    counted=Counted(
        Place("entity", ("totals_by_cli", "session_count")), "github_copilot_cli_sessions_total"
    ),
    empty={"links": {}},
    # Links that are null are a report that is not there yet.
    null_is_missing=True,
    whole=False,
    people=("mona-lisa", "hubert-k", "ines-p"),
    month=Month({"lookback": "8d", "repositories": True}),
    forms=({"teams": True, "users": True, "repositories": True},),
)
