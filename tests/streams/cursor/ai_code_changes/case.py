"""Accepted changes, as JSON pages and as CSV."""

from tests.streams.cursor.routes import EMPTY_PAGE, cursor_routes
from tests.streams.harness import Case, Counted, Month, Place

COLUMNS = (
    "change_id", "user_id", "user_email", "source", "model", "total_lines_added",
    "total_lines_deleted", "created_at", "metadata_json",
)  # fmt: skip

CASE = Case(
    vendor="cursor",
    stream="ai_code_changes",
    now="2026-01-06T10:30:00Z",
    routes=cursor_routes("changes", COLUMNS),
    required=Place("changes", ("items", 0, "totalLinesAdded")),
    counted=Counted(
        Place("changes", ("items", 0, "totalLinesAdded")),
        "cursor_change_lines_added_total",
        {"source": "composer", "model": "gpt-4o"},
    ),
    empty={"changes": EMPTY_PAGE},
    people=("dev@example.com",),
    paged="/analytics/ai-code/changes",
    paging={"format": "json"},
    month=Month(steady=True),
    forms=({"format": "csv"}, {"format": "json"}),
)
