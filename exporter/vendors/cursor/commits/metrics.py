"""The metrics of `ai_code_commits`."""

from functools import partial

from exporter.streams import kit
from exporter.vendors.cursor.tracking import API

SOURCES = ("tab", "composer", "non_ai")

_counters = partial(kit.Group.counters, api=API)
COMMITS = _counters(
    {"cursor_commits_total": "Commits that Cursor scored"},
    labels=("repository", "primary_branch"),
    foldable_labels=("repository",),
)
LINES = _counters(
    {
        "cursor_commit_lines_added_total": (
            "Lines added by commits, by source; Tab and Composer can overlap"
        ),
        "cursor_commit_lines_deleted_total": (
            "Lines deleted by commits, by source; Tab and Composer can overlap"
        ),
    },
    labels=("repository", "primary_branch", "source"),
    foldable_labels=("repository",),
)
COMMITTERS = kit.gauge(
    "cursor_committers",
    f"People with commits on the newest settled UTC day ({API}).",
)
USER_COMMITS = _counters(
    {"cursor_user_commits_total": "Commits that Cursor scored, by user"},
    labels=("user",),
    people=True,
)
USER_LINES = _counters(
    {
        "cursor_user_commit_lines_added_total": "Lines added by commits, by user and source",
        "cursor_user_commit_lines_deleted_total": "Lines deleted by commits, by user and source",
    },
    labels=("user", "source"),
    foldable_labels=("user",),
    people=True,
)
