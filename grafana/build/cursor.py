"""Cursor: how much of the committed code it wrote, by repository, model and file type."""

from grafana.build.page import Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table

_LATE = (
    "Counted by the day on which Cursor took a commit in, minutes to hours after it was made, and "
    "only for commits from machines where Cursor runs."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_OVERLAP = "Tab and Composer can overlap, so the share is cut at 100 %."


def _share(by: str, window: str, more: str = "") -> str:
    written = (
        f"sum by ({by}) (increase(cursor_commit_lines_added_total"
        f'{{@{more}, source=~"tab|composer"}}[{window}]))'
    )
    lines = f"sum by ({by}) (increase(cursor_commit_lines_added_total{{@{more}}}[{window}]))"
    return f"clamp_max({written} / ({lines} > 0), 1)"


PAGE = Page(
    slug="cursor",
    title="Usage exporter / Cursor",
    summary="Cursor: commits, the share of their lines that it wrote, accepted changes.",
    variables=of_vendor("cursor_committers"),
    choices=(Variable("source", "Source", "cursor_change_lines_added_total{@}"),),
    rows=(
        Row(
            "Commits",
            (
                Stat(
                    title="Committers",
                    note="People with commits on the newest settled UTC day: few after a weekend.",
                    unit="short",
                    query=Query("sum(cursor_committers{@})"),
                ),
                Stat(
                    title="Commits",
                    note=f"In the time range. {_LATE}",
                    unit="short",
                    query=Query("sum(increase(cursor_commits_total{@}[$__range]))"),
                ),
                Stat(
                    title="Lines written by AI",
                    note=f"Share in the time range. {_OVERLAP} {_LATE}",
                    unit="percentunit",
                    query=Query(_share("job", "$__range")),
                ),
                Lines(
                    title="Lines added by commits a day",
                    note=_DAY,
                    unit="short",
                    stacked=True,
                    width=12,
                    queries=(
                        Query(
                            "sum by (source) (increase(cursor_commit_lines_added_total{@}[1d]))",
                            "{{source}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
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
                        Column(
                            "Commits",
                            "sum by (repository) (increase(cursor_commits_total{@}[$__range]))",
                        ),
                        Column(
                            "Lines added",
                            "sum by (repository)"
                            " (increase(cursor_commit_lines_added_total{@}[$__range]))",
                        ),
                        Column("by AI", _share("repository", "$__range"), "percentunit"),
                    ),
                ),
            ),
        ),
        Row(
            "Accepted changes",
            (
                Lines(
                    title="Accepted lines a day: $source",
                    note="Changes that people accepted in the editor, committed or not: they are "
                    f"more than what commits show. {_DAY}",
                    unit="short",
                    width=12,
                    repeat="source",
                    queries=(
                        Query(
                            "sum by (model) (increase("
                            'cursor_change_lines_added_total{@, source=~"$source"}[1d]))',
                            "{{model}}",
                        ),
                    ),
                ),
                Table(
                    title="Models in the time range",
                    note=f"Changes without a model are under unknown. {_LATE}",
                    keys={"source": "Source", "model": "Model"},
                    columns=(
                        Column(
                            "Changes",
                            "sum by (source, model) (increase(cursor_changes_total{@}[$__range]))",
                        ),
                        Column(
                            "Lines added",
                            "sum by (source, model)"
                            " (increase(cursor_change_lines_added_total{@}[$__range]))",
                        ),
                    ),
                ),
                Table(
                    title="File types in the time range",
                    note=f"Rare ones are in other. {_LATE}",
                    keys={"file_extension": "File type"},
                    columns=(
                        Column(
                            "Lines added",
                            "sum by (file_extension)"
                            " (increase(cursor_change_file_lines_added_total{@}[$__range]))",
                        ),
                        Column(
                            "Lines deleted",
                            "sum by (file_extension)"
                            " (increase(cursor_change_file_lines_deleted_total{@}[$__range]))",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
