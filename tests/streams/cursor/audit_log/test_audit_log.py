"""Audit events: each once, and nothing of who and where."""

from pathlib import Path
from typing import Any

from exporter.poll.transform.privacy import Users
from tests.streams.cursor.audit_log.case import CASE
from tests.streams.harness import Pipeline

EVENTS = "cursor_audit_events_total"


def event(id_: str, kind: str = "login", at: str = "2026-11-25T12:00:00.000Z") -> dict[str, Any]:
    return {
        "event_id": id_,
        "timestamp": at,
        "ip_address": "203.0.113.9",
        "user_email": "jane.doe@example.org",
        "event_type": kind,
        "event_data": {"email": "new@example.org"},
    }


def tell(run: Pipeline, *rows: dict[str, Any]) -> None:
    run.vendor.bodies["audit_log"]["events"] = list(rows)


async def test_each_event_counts_once(tmp_path: Path) -> None:
    """Also where it comes again, as when the list grows while it is read; a type of none is unknown."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, event("1"), event("1"), event("2", ""), event("3", "add_user"))
        run.vendor.most = 1
        await run.poll()
        assert run.values(EVENTS) == {("login",): 1, ("unknown",): 1, ("add_user",): 1}
        tell(run, event("1"), event("2", ""), event("3", "add_user"), event("4"))
        await run.poll()
        assert run.value(EVENTS, "login") == 2


async def test_the_end_of_the_window_is_fixed(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        [request] = run.vendor.requests
        assert dict(request.url.params) == {
            "startTime": "2026-11-24T00:00:00Z",
            "endTime": "2026-11-26T10:30:00Z",
            "page": "1",
            "pageSize": "500",
        }


async def test_nobody_is_shown_even_where_people_are(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN) as run:
        tell(run, event("1"))
        await run.poll()
        shown = run.page + run.self_page() + repr(run.status)
        assert "jane.doe" not in shown
        assert "203.0.113.9" not in shown
