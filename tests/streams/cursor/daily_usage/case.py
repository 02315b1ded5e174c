"""The days of a team's members, asked for by POST and given in pages of members."""

from math import ceil
from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer

PATH = "/teams/daily-usage-data"
NOBODY: dict[str, Any] = {"data": []}


def members_page(body: Any, asked: Asked) -> httpx.Response:
    """The days in the range of the members of a page."""
    start, end = asked.body["startDate"], asked.body["endDate"]
    assert end % 1000 == 999
    assert end - start <= 30 * 86_400_000
    rows = [row for row in body["data"] if start <= row.get("date", start) <= end]
    members = sorted({str(row.get("email")) for row in rows})
    number, size = asked.body["page"], min(asked.body["pageSize"], asked.most)
    shown = members[(number - 1) * size : number * size]
    pages = ceil(len(members) / size)
    return answer(
        {
            "data": [row for row in rows if str(row.get("email")) in shown],
            "period": {"startDate": start, "endDate": end},
            "pagination": {
                "page": number,
                "pageSize": size,
                "totalUsers": len(members),
                "totalPages": pages,
                "hasNextPage": number < pages,
                "hasPreviousPage": number > 1,
            },
        }
    )


CASE = Case(
    vendor="cursor",
    stream="daily_usage",
    now="2026-01-06T12:00:00Z",
    routes=(Route(PATH, "daily_usage", members_page, etag=False),),
    required=Place("daily_usage", ("data", 0, "totalLinesAdded")),
    counted=Counted(
        Place("daily_usage", ("data", 0, "totalLinesAdded")),
        "cursor_lines_total",
        {"stage": "suggested", "change": "added"},
    ),
    empty={"daily_usage": NOBODY},
    people=("dev@example.com", "ann@example.com"),
    paged=PATH,
    month=Month({"page_size": 3}),
    forms=({"page_size": 7},),
)
