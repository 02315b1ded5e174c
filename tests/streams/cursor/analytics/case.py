"""The metrics of the Analytics API, each at a path of its own."""

import re
from datetime import date
from typing import Any

import httpx

from exporter.vendors.cursor.analytics.insights import INSIGHTS_BY
from exporter.vendors.cursor.analytics.parts import DAILY
from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer

ASPECTS = [part.aspect for part in INSIGHTS_BY]
_DATE = re.compile(r"\d{4}-[01]\d-[0-3]\d")
_TEAM = "/analytics/team"
_INSIGHTS = f"{_TEAM}/conversation-insights"


def rows_by_day(body: Any, asked: Asked) -> httpx.Response:
    """The rows of the days that were asked for, both ends included."""
    start, end = _days(asked)
    rows = [row for row in body["data"] if not _is_outside(row, str(start), str(end))]
    return answer({**body, "data": rows})


def _is_outside(row: Any, start: str, end: str) -> bool:
    """Whether a row is of another day; one of no day comes in every answer."""
    day = row.get("event_date", row.get("date"))
    return _DATE.fullmatch(str(day)) is not None and not start <= day <= end


def insights(body: Any, asked: Asked) -> httpx.Response:
    """The conversations of a day, as far as they are asked for."""
    start, end = _days(asked)
    assert start == end
    found = body.get(start.isoformat(), {})
    wanted = asked.query["include"].split(",")
    data = {name: aspect for name, aspect in found.items() if name in wanted}
    return answer({"data": data, "params": {"metric": "conversation-insights"}})


def _days(asked: Asked) -> tuple[date, date]:
    start, end = (date.fromisoformat(asked.query[name]) for name in ("startDate", "endDate"))
    assert start <= end
    return start, end


def _path(part: Any) -> str:
    return f"{_TEAM}/{part.name}"


CASE = Case(
    vendor="cursor",
    stream="analytics",
    now="2026-01-07T10:30:00Z",
    routes=(
        *(Route(_path(part), part.option, rows_by_day) for part in DAILY),
        Route(_INSIGHTS, "conversation_insights", insights),
    ),
    # Each day of a conversation's aspect is a request; the fixtures tell of two.
    options={"conversation_insights": ASPECTS, "lookback": "3d"},
    parts={part.name: _path(part) for part in DAILY[1:]}
    | {part.name: _INSIGHTS for part in INSIGHTS_BY},
    required=Place("dau", ("data", 0, "dau")),
    counted=Counted(
        Place("mcp", ("data", 0, "usage")),
        "cursor_mcp_calls_total",
        {"server": "filesystem", "tool": "read_file"},
    ),
    empty={part.option: {"data": []} for part in DAILY} | {"conversation_insights": {}},
    people=("dev@example.com",),
    whole=False,
    month=Month({"conversation_insights": ASPECTS}),
    forms=({"conversation_insights": ASPECTS},),
)
