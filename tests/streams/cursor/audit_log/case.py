"""The audit log, in pages, by the time of the events."""

from typing import Any

import httpx

from tests.streams.cursor.pages import page_of
from tests.streams.harness import Asked, Case, Month, Place, Route, unix

PATH = "/teams/audit-logs"


def events(body: Any, asked: Asked) -> httpx.Response:
    """The events in the range that is asked for."""
    start, end = (unix(asked.query[name]) for name in ("startTime", "endTime"))
    chosen = [
        row
        for row in body["events"]
        if "timestamp" not in row or start <= unix(row["timestamp"]) < end
    ]
    return page_of(body, asked, "events", chosen, "totalCount")


CASE = Case(
    vendor="cursor",
    stream="audit_log",
    now="2026-11-26T10:30:00Z",
    routes=(Route(PATH, "audit_log", events, etag=False),),
    required=Place("audit_log", ("events", 0, "event_id")),
    counted=None,
    empty={"audit_log": {"events": []}},
    people=("ops@example.com", "dev@example.com", "203.0.113.7"),
    paged=PATH,
    month=Month(steady=True),
    forms=({},),
)
