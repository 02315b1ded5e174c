"""How much of the committed code Cursor wrote, by repository, model and file type."""

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, by_day, counted, increase, total

_LATE = (
    "Counted by the day on which Cursor took a commit in, minutes to hours after it was made, and "
    "only for commits from machines where Cursor runs."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_OVERLAP = "Tab and Composer can overlap, so the share is cut at 100 %."


def _share(by: str, window: str) -> str:
    written = increase('cursor_commit_lines_added_total{@, source=~"tab|composer"}', by, window)
    lines = increase("cursor_commit_lines_added_total", by, window)
    return f"clamp_max({written} / ({lines} > 0), 1)"


COMMITS = Row(
    "Commits",
    (
        Stat(
            title="Committers",
            note="People with commits on the newest settled UTC day: few after a weekend.",
            query=Query("sum(cursor_committers{@})"),
        ),
        total(
            "Commits",
            f"In the time range. {_LATE}",
            "cursor_commits_total",
        ),
        Stat(
            title="Lines written by AI",
            note=f"Share in the time range. {_OVERLAP} {_LATE}",
            unit="percentunit",
            query=Query(_share("job", "$__range")),
        ),
        by_day(
            "Lines added by commits a day",
            _DAY,
            "cursor_commit_lines_added_total",
            "source",
            width=12,
        ),
    ),
)

SHARES = Row(
    "Share of lines by AI",
    (
        Lines(
            title="Primary and other branches, 7 days",
            note=f"What reaches the primary branch survived review. {_OVERLAP} {_LATE}",
            unit="percentunit",
            maximum=1,
            width=12,
            queries=(
                Query(
                    _share("primary_branch", "7d"),
                    "primary branch: {{primary_branch}}",
                ),
            ),
        ),
        Table(
            title="Repositories in the time range",
            note=f"{_OVERLAP} {_LATE}",
            keys={"repository": "Repository"},
            columns=(
                *counted(
                    "repository",
                    {
                        "Commits": "cursor_commits_total",
                        "Lines added": "cursor_commit_lines_added_total",
                    },
                ),
                Column("by AI", _share("repository", "$__range"), "percentunit"),
            ),
        ),
    ),
)

CHANGES = Row(
    "Accepted changes",
    (
        Lines(
            title="Accepted lines a day: $source",
            note="Changes that people accepted in the editor, committed or not: they are "
            f"more than what commits show. {_DAY}",
            width=12,
            repeat="source",
            queries=(a_day('cursor_change_lines_added_total{@, source=~"$source"}', "model"),),
        ),
        Table(
            title="Models in the time range",
            note=f"Changes without a model are under unknown. {_LATE}",
            keys={"source": "Source", "model": "Model"},
            columns=counted(
                "source, model",
                {
                    "Changes": "cursor_changes_total",
                    "Lines added": "cursor_change_lines_added_total",
                },
            ),
        ),
        Table(
            title="File types in the time range",
            note=f"Rare ones are in other. {_LATE}",
            keys={"file_extension": "File type"},
            columns=counted(
                "file_extension",
                {
                    "Lines added": "cursor_change_file_lines_added_total",
                    "Lines deleted": "cursor_change_file_lines_deleted_total",
                },
            ),
        ),
    ),
)
