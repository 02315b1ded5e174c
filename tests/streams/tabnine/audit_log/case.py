"""Events of the audit log, as a server gives them that knows range and order."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Month, Place, Route, answer, unix


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


CASE = Case(
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
    month=Month(steady=True),
    forms=({"format": "csv"},),
)
