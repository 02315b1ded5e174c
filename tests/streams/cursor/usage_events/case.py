"""A team's usage events: one that is charged, one of an automation, one that failed."""

from tests.streams.cursor.team_views import usage_events
from tests.streams.harness import Case, Counted, Month, Place, Route

EMPTY = {
    "totalUsageEventsCount": 0,
    "pagination": {"numPages": 0, "currentPage": 1, "pageSize": 100, "hasNextPage": False},
    "usageEvents": [],
}

CASE = Case(
    vendor="cursor",
    stream="usage_events",
    now="2026-01-05T18:30:00Z",
    routes=(Route("/teams/filtered-usage-events", "events", usage_events, etag=False),),
    required=Place("events", ("usageEvents", 0, "timestamp")),
    counted=Counted(
        Place("events", ("usageEvents", 0, "tokenUsage", "inputTokens")),
        "cursor_tokens_total",
        {"model": "claude-4.5-sonnet", "token_kind": "input"},
    ),
    empty={"events": EMPTY},
    people=("dev@example.com", "bot@example.com", "ops@example.com"),
    paged="/teams/filtered-usage-events",
    whole=False,
    options={"recent": "7d"},
    month=Month(options={"recent": "31d"}),
)
