"""Summaries of two days, and the people of each; later days are not built yet."""

from typing import Any

import httpx

from tests.streams.anthropic.pages import page_of
from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer

ROOT = "/v1/organizations/analytics"
SUMMARIES, USERS = f"{ROOT}/summaries", f"{ROOT}/users"
LATEST = "2026-11-25"


def summaries(body: Any, _: Asked) -> httpx.Response:
    """All days that there are."""
    return answer(body)


def people(body: Any, asked: Asked) -> httpx.Response:
    """Everybody on a day that is built."""
    day = asked.query["date"]
    if day > LATEST:
        return too_recent(day)
    return page_of({}, asked, body.get(day, {"data": []})["data"], has_more=False)


def too_recent(day: str) -> httpx.Response:
    """The refusal of a day that is not built, as Anthropic words it."""
    said = f"Data for {day} is not available yet. The latest available day is {LATEST}."
    error = {"type": "invalid_request_error", "message": said}
    return httpx.Response(400, json={"type": "error", "error": error})


CASE = Case(
    vendor="anthropic",
    stream="enterprise",
    now="2026-11-26T12:00:00Z",
    routes=(
        Route(SUMMARIES, "summaries", summaries, etag=False),
        Route(USERS, "users", people, etag=False),
    ),
    required=Place("users", (LATEST, "data", 0, "chat_metrics")),
    counted=Counted(
        Place("users", (LATEST, "data", 0, "chat_metrics", "message_count")),
        "anthropic_enterprise_chat_messages_total",
    ),
    empty={"summaries": {"summaries": []}, "users": {}},
    people=("dev@example.com", "ops@example.com", "ann@example.com"),
    paged=USERS,
    whole=False,
    target={"api": "analytics"},
    options={"recent": "7d"},
    month=Month({"recent": "7d"}),
    forms=({"recent": "0s", "lookback": "3d"},),
)
