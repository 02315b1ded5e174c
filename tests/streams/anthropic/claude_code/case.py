"""The rows of a person at two terminals, of an API key and of a subscriber; a day is a call."""

from typing import Any

import httpx

from tests.streams.anthropic.pages import page_of
from tests.streams.harness import Asked, Case, Counted, Month, Place, Route

PATH = "/v1/organizations/usage_report/claude_code"
NOBODY: dict[str, Any] = {"data": []}


def of_day(body: Any, asked: Asked) -> httpx.Response:
    """The rows of the day that is asked for."""
    day = asked.query["starting_at"]
    return page_of(body, asked, [row for row in body["data"] if str(row.get("date"))[:10] == day])


CASE = Case(
    vendor="anthropic",
    stream="claude_code",
    now="2026-11-26T12:00:00Z",
    routes=(Route(PATH, "claude_code", of_day, etag=False),),
    required=Place("claude_code", ("data", 0, "core_metrics")),
    counted=Counted(
        Place("claude_code", ("data", 0, "core_metrics", "num_sessions")),
        "anthropic_claude_code_sessions_total",
        {"customer_type": "api", "terminal": "vscode", "remote": "false"},
    ),
    empty={"claude_code": NOBODY},
    people=("dev@example.com", "ops@example.com", "ci-nightly"),
    paged=PATH,
    whole=False,
    options={"recent": "3d"},
    month=Month({"recent": "3d"}),
    forms=({"recent": "0s"},),
)
