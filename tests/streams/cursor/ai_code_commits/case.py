"""Commits that Cursor scored, as JSON pages and as CSV."""

from tests.streams.cursor.routes import EMPTY_PAGE, cursor_routes
from tests.streams.harness import Case, Counted, Month, Place

COLUMNS = (
    "commit_hash", "commit_source", "user_id", "user_email", "repo_name", "branch_name",
    "is_primary_branch", "total_lines_added", "total_lines_deleted", "tab_lines_added",
    "tab_lines_deleted", "composer_lines_added", "composer_lines_deleted", "non_ai_lines_added",
    "non_ai_lines_deleted", "message", "commit_ts", "created_at",
)  # fmt: skip

CASE = Case(
    vendor="cursor",
    stream="ai_code_commits",
    now="2026-01-06T10:30:00Z",
    routes=cursor_routes("commits", COLUMNS),
    required=Place("commits", ("items", 0, "totalLinesAdded")),
    counted=Counted(
        Place("commits", ("items", 0, "tabLinesAdded")),
        "cursor_commit_lines_added_total",
        {"repository": "example/api", "primary_branch": "true", "source": "tab"},
    ),
    empty={"commits": EMPTY_PAGE},
    people=("dev@example.com", "ops@example.com"),
    paged="/analytics/ai-code/commits",
    paging={"format": "json"},
    month=Month({"lookback": "3d"}),
    forms=({"format": "csv"}, {"format": "json"}),
)
