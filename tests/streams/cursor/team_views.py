"""How the fake Cursor answers of a team: lists that are asked for by POST, in pages."""

from typing import Any

import httpx

from tests.streams.harness import Asked, answer

FIXTURE_MS = 1_767_600_000_000
"""Within the day of the fixture's events."""


def usage_events(body: Any, asked: Asked) -> httpx.Response:
    """A page of the events in the window, whose ends are both inclusive; newest first, as they stand."""
    start, end = asked.body["startDate"], asked.body["endDate"]
    rows = [row for row in body["usageEvents"] if _in(row, start, end)]
    size, page = min(asked.body["pageSize"], asked.most), asked.body["page"]
    pages = -(-len(rows) // size)
    return answer(
        {
            "totalUsageEventsCount": len(rows),
            "pagination": {
                "numPages": pages,
                "currentPage": page,
                "pageSize": size,
                "hasNextPage": page < pages,
                "hasPreviousPage": page > 1,
            },
            "usageEvents": rows[(page - 1) * size : page * size],
            "period": {"startDate": start, "endDate": end},
        }
    )


def _in(row: Any, start: int, end: int) -> bool:
    """Whether a row is in the window; one whose time nobody can read comes with the fixture's day."""
    told = row.get("timestamp") if isinstance(row, dict) else None
    return start <= (int(told) if isinstance(told, str) else FIXTURE_MS) <= end


def spend(body: Any, asked: Asked) -> httpx.Response:
    """A page of the members; a body with another number of pages is an answer as it stands."""
    rows = body["teamMemberSpend"]
    size, page = min(asked.body["pageSize"], asked.most), asked.body["page"]
    shown = rows[(page - 1) * size : page * size]
    return answer({**body, "teamMemberSpend": shown, "totalPages": -(-len(rows) // size)})
