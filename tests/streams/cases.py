"""The streams under contract: a stream added to a vendor gets an entry here and a fixture folder."""

from tests.streams import (
    cases_copilot_legacy,
    cases_copilot_reports,
    cases_github_account,
    cases_github_billing,
    cases_tabnine_account,
    cases_tabnine_usage,
)
from tests.streams.harness import Case, Counted, Place, Route
from tests.streams.views import (
    cursor_csv,
    cursor_page,
    insights_list,
    insights_summary,
    insights_time,
)

COMMIT_COLUMNS = (
    "commit_hash", "commit_source", "user_id", "user_email", "repo_name", "branch_name",
    "is_primary_branch", "total_lines_added", "total_lines_deleted", "tab_lines_added",
    "tab_lines_deleted", "composer_lines_added", "composer_lines_deleted", "non_ai_lines_added",
    "non_ai_lines_deleted", "message", "commit_ts", "created_at",
)  # fmt: skip
CHANGE_COLUMNS = (
    "change_id", "user_id", "user_email", "source", "model", "total_lines_added",
    "total_lines_deleted", "created_at", "metadata_json",
)  # fmt: skip

_EMPTY_PAGE = {"items": [], "totalCount": 0, "page": 1, "pageSize": 100}
_INSIGHTS = "/orgs/acme/insights/api"

COMMITS = Case(
    vendor="cursor",
    stream="ai_code_commits",
    now="2026-01-06T10:30:00Z",
    routes=(
        Route("/analytics/ai-code/commits", "commits", cursor_page),
        Route("/analytics/ai-code/commits.csv", "commits", cursor_csv(COMMIT_COLUMNS), etag=False),
    ),
    required=Place("commits", ("items", 0, "totalLinesAdded")),
    counted=Counted(
        Place("commits", ("items", 0, "tabLinesAdded")),
        "cursor_commit_lines_added_total",
        {"repository": "example/api", "primary_branch": "true", "source": "tab"},
    ),
    empty={"commits": _EMPTY_PAGE},
    people=("dev@example.com", "ops@example.com"),
    paged="/analytics/ai-code/commits",
    paging={"format": "json"},
)

CHANGES = Case(
    vendor="cursor",
    stream="ai_code_changes",
    now="2026-01-06T10:30:00Z",
    routes=(
        Route("/analytics/ai-code/changes", "changes", cursor_page),
        Route("/analytics/ai-code/changes.csv", "changes", cursor_csv(CHANGE_COLUMNS), etag=False),
    ),
    required=Place("changes", ("items", 0, "totalLinesAdded")),
    counted=Counted(
        Place("changes", ("items", 0, "totalLinesAdded")),
        "cursor_change_lines_added_total",
        {"source": "composer", "model": "gpt-4o"},
    ),
    empty={"changes": _EMPTY_PAGE},
    people=("dev@example.com",),
    paged="/analytics/ai-code/changes",
    paging={"format": "json"},
)

API_INSIGHTS = Case(
    vendor="github",
    stream="api_insights",
    now="2026-01-05T18:02:00Z",
    target={"org": "acme"},
    options={
        "actors": [{"type": "installation", "id": 771}],
        "users": [{"id": 4711, "login": "octo-jane"}],
        "routes": {"top_actors": 2},
    },
    routes=(
        Route(f"{_INSIGHTS}/time-stats", "time_stats", insights_time),
        Route(f"{_INSIGHTS}/time-stats/", "actor_time_stats", insights_time),
        Route(f"{_INSIGHTS}/subject-stats", "subject_stats", insights_list),
        Route(f"{_INSIGHTS}/route-stats/", "route_stats", insights_list),
        Route(f"{_INSIGHTS}/user-stats/", "user_stats", insights_list),
        Route(f"{_INSIGHTS}/summary-stats", "summary_stats", insights_summary),
    ),
    required=Place("time_stats", (0, "total_request_count")),
    counted=Counted(
        Place("time_stats", (0, "total_request_count")),
        "github_api_requests_total",
    ),
    empty={
        "time_stats": [],
        "actor_time_stats": {},
        "subject_stats": [],
        "route_stats": {},
        "user_stats": {},
        "summary_stats": {"total_request_count": 0, "rate_limited_request_count": 0},
    },
    people=("octo-jane", "jane-laptop"),
    paged=f"{_INSIGHTS}/subject-stats",
)

CASES = (
    COMMITS,
    CHANGES,
    API_INSIGHTS,
    *cases_tabnine_usage.CASES,
    *cases_tabnine_account.CASES,
    *cases_copilot_legacy.CASES,
    *cases_copilot_reports.CASES,
    *cases_github_account.CASES,
    *cases_github_billing.CASES,
)
