"""Bugbot's reviews, in pages, by the day of their time."""

from typing import Any

import httpx

from tests.streams.cursor.pages import page_of
from tests.streams.harness import Asked, Case, Counted, Month, Place, Route

PATH = "/analytics/team/bugbot-reviews"


def reviews(body: Any, asked: Asked) -> httpx.Response:
    """The reviews of the days that are asked for, both ends included."""
    start, end = asked.query["startDate"], asked.query["endDate"]
    chosen = [row for row in body["data"] if start <= str(row.get("timestamp", start))[:10] <= end]
    return page_of(body, asked, "data", chosen, "totalItems")


CASE = Case(
    vendor="cursor",
    stream="bugbot_reviews",
    now="2026-11-26T10:30:00Z",
    routes=(Route(PATH, "reviews", reviews),),
    required=Place("reviews", ("data", 0, "bugs_found")),
    counted=Counted(
        Place("reviews", ("data", 0, "bugs_found")),
        "cursor_bugbot_bugs_found_total",
        {"severity": "unknown"},
    ),
    empty={"reviews": {"data": []}},
    paged=PATH,
    month=Month(),
    forms=({"lookback": "3d"},),
)
