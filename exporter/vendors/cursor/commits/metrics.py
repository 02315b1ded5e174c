"""The metrics of `ai_code_commits`."""

from exporter.streams import kit
from exporter.vendors.cursor.tracking import API

SOURCES = ("tab", "composer", "non_ai")

COMMITS = kit.Group.counters(
    {"cursor_commits_total": "Commits that Cursor scored"},
    api=API,
    labels=("repository", "primary_branch"),
    foldable_labels=("repository",),
)
LINES = kit.Group.counters(
    {
        "cursor_commit_lines_added_total": (
            "Lines added by commits, by source; Tab and Composer can overlap"
        ),
        "cursor_commit_lines_deleted_total": (
            "Lines deleted by commits, by source; Tab and Composer can overlap"
        ),
    },
    api=API,
    labels=("repository", "primary_branch", "source"),
    foldable_labels=("repository",),
)
COMMITTERS = kit.Metric(
    "cursor_committers",
    kit.MetricType.GAUGE,
    f"People with commits on the newest settled UTC day ({API}).",
)
USER_COMMITS = kit.Group.counters(
    {"cursor_user_commits_total": "Commits that Cursor scored, by user"},
    api=API,
    labels=("user",),
    people=True,
)
USER_LINES = kit.Group.counters(
    {
        "cursor_user_commit_lines_added_total": "Lines added by commits, by user and source",
        "cursor_user_commit_lines_deleted_total": "Lines deleted by commits, by user and source",
    },
    api=API,
    labels=("user", "source"),
    foldable_labels=("user",),
    people=True,
)
