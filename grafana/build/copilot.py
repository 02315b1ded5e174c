"""GitHub Copilot: people, features, teams, languages and models, seats."""

from grafana.build.page import Given, Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, busiest_a_day, in_range, increase

_LATE = (
    "GitHub publishes a UTC day 2 to 3 days later and revises it until the 5th: the newest days are "
    "missing, and a step is the arrival of a report."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_SEATS = "As last polled. GitHub's last activity of a seat lags by up to a day."


_REPOSITORY = "github_copilot_repository_pull_requests"
_APPLIED = (
    f"clamp_max({in_range(f'{_REPOSITORY}_applied_suggestions_by_copilot_total', 'repository')}"
    f" / ({in_range(f'{_REPOSITORY}_suggestions_by_copilot_total', 'repository')} > 0), 1)"
)


def _median(phase: str) -> str:
    """Of who reviewed, the slowest; people alone are told of so far."""
    return (
        "max by (repository, authored_by) (last_over_time(github_copilot_repository_review_minutes"
        f'{{@, phase="{phase}", quantile="0.5"}}[7d]))'
    )


def _acceptance(family: str, by: str, window: str) -> str:
    accepted = increase(f"{family}_code_acceptances_total", by, window)
    made = increase(f"{family}_code_generations_total", by, window)
    return f"clamp_max({accepted} / ({made} > 0), 1)"


def _breakdown(
    title: str, note: str, family: str, by: str, heading: str, width: int = 12, height: int = 8
) -> Table:
    return Table(
        title=title,
        note=f"{note} In the time range. {_LATE}",
        keys={by: heading},
        width=width,
        height=height,
        columns=(
            Column("Generations", in_range(f"{family}_code_generations_total", by)),
            Column("Acceptances", in_range(f"{family}_code_acceptances_total", by)),
            Column("Acceptance", _acceptance(family, by, "$__range"), "percentunit"),
            Column("Lines added", in_range(f"{family}_lines_added_total", by)),
        ),
    )


PAGE = Page(
    slug="copilot",
    title="Usage exporter / Copilot",
    summary="GitHub Copilot: people, features, teams, languages, models and seats.",
    variables=of_vendor("github", "copilot_.+"),
    choices=(Variable("team_slug", "Team", "github_copilot_team_interactions_total{@}", "team"),),
    given=(
        Given(
            "seat_price",
            "US dollars a seat and month",
            "What a seat costs; no API tells it. 19 is Copilot Business's list price.",
            19,
        ),
    ),
    rows=(
        Row(
            "Seats",
            (
                Stat(
                    title="Seats",
                    note=_SEATS,
                    query=Query("sum(github_copilot_seats{@})"),
                ),
                Stat(
                    title="Active this cycle",
                    note=f"Seats used in the billing cycle. {_SEATS}",
                    query=Query("sum(github_copilot_seats_active_this_cycle{@})"),
                ),
                Stat(
                    title="Idle 30 days or unused",
                    note=f"What could be given back. New seats count as never used. {_SEATS}",
                    unit="percentunit",
                    steps={0.1: "orange", 0.25: "red"},
                    query=Query(
                        'sum(github_copilot_seats_idle{@, idle=~"never|30d_to_90d|over_90d"})'
                        " / (sum(github_copilot_seats_idle{@}) > 0)"
                    ),
                ),
                Stat(
                    title="Lost to idle seats",
                    note="US dollars a month: seats that were never used or not for 30 days, at the price that is typed in above. "
                    f"{_SEATS}",
                    unit="currencyUSD",
                    width=4,
                    query=Query(
                        'sum(github_copilot_seats_idle{@, idle=~"never|30d_to_90d|over_90d"})'
                        " * $seat_price"
                    ),
                ),
                Lines(
                    title="Seats by time since the last use",
                    note=_SEATS,
                    stacked=True,
                    width=8,
                    height=8,
                    queries=(Query("sum by (idle) (github_copilot_seats_idle{@})", "{{idle}}"),),
                ),
            ),
        ),
        Row(
            "People and features",
            (
                Lines(
                    title="Active people",
                    note="GitHub counts them over a day, 7 and 28 days that end with the newest "
                    f"report. {_LATE}",
                    queries=(
                        Query("sum(github_copilot_daily_active_users{@})", "a day"),
                        Query("sum(github_copilot_weekly_active_users{@})", "7 days"),
                        Query("sum(github_copilot_monthly_active_users{@})", "28 days"),
                    ),
                ),
                Lines(
                    title="Interactions a day by feature",
                    note=f"Prompts that people sent; completions are not prompted. {_DAY}",
                    stacked=True,
                    queries=(a_day("github_copilot_interactions_total", "feature"),),
                ),
                Lines(
                    title="Acceptance by feature, 7 days",
                    note="Acceptances for each generation, cut at 100 %. Agents that edit by "
                    f"themselves have nothing to accept and are missing. {_LATE}",
                    unit="percentunit",
                    maximum=1,
                    queries=(Query(_acceptance("github_copilot", "feature", "7d"), "{{feature}}"),),
                ),
            ),
        ),
        Row(
            "Teams",
            (
                *(
                    Lines(
                        title=f"{heading} a day, the 12 busiest teams",
                        note="Of the teams that are chosen above, those with the most in the time range. A person in "
                        f"two teams counts in both, so teams do not add up to the total. {_DAY}",
                        width=12,
                        queries=(
                            busiest_a_day(
                                12,
                                f'github_copilot_team_{measure}_total{{@, team_slug=~"$team"}}',
                                "team_slug",
                            ),
                        ),
                    )
                    for heading, measure in (
                        ("Interactions", "interactions"),
                        ("Acceptances", "code_acceptances"),
                    )
                ),
                _breakdown(
                    "Teams in the time range",
                    "A person in two teams counts in both.",
                    "github_copilot_team",
                    "team_slug",
                    "Team",
                    width=24,
                    height=11,
                ),
                Table(
                    title="Pull requests in the time range",
                    note=f"Pull requests of the organization and what Copilot did in them. {_LATE}",
                    keys={"account": "Account"},
                    width=24,
                    height=5,
                    columns=tuple(
                        Column(
                            heading,
                            "sum by (account)"
                            f" (increase(github_copilot_pull_requests_{measure}_total{{@}}"
                            "[$__range]))",
                        )
                        for heading, measure in (
                            ("Created", "created"),
                            ("Created by Copilot", "created_by_copilot"),
                            ("Reviewed", "reviewed"),
                            ("Reviewed by Copilot", "reviewed_by_copilot"),
                            ("Merged", "merged"),
                        )
                    ),
                ),
            ),
        ),
        Row(
            "Repositories",
            (
                Table(
                    title="Repositories in the time range",
                    note="Pull requests and what Copilot did in them, where the stream has `repositories`. Small repositories are in "
                    f"other. {_LATE}",
                    keys={"repository": "Repository"},
                    width=24,
                    height=11,
                    columns=(
                        *(
                            Column(
                                heading,
                                in_range(f"{_REPOSITORY}_{measure}_total", "repository"),
                            )
                            for heading, measure in (
                                ("Created", "created"),
                                ("Created by Copilot", "created_by_copilot"),
                                ("Reviewed", "reviewed"),
                                ("Reviewed by Copilot", "reviewed_by_copilot"),
                                ("Merged", "merged"),
                                ("Suggestions of Copilot", "suggestions_by_copilot"),
                            )
                        ),
                        Column("Applied", _APPLIED, "percentunit", missing="no suggestion"),
                    ),
                ),
                Table(
                    title="How long reviews take",
                    note="Medians of the pull requests that were merged on one day, the newest that GitHub revises no more, six days "
                    "ago or longer; where nothing was merged then, those last shown in 7 days. Medians cannot be added up.",
                    keys={"repository": "Repository", "authored_by": "Written by"},
                    width=24,
                    height=11,
                    columns=tuple(
                        Column(heading, _median(phase), "m", missing="unknown")
                        for heading, phase in (
                            ("Ready to first review", "ready_to_first_review"),
                            ("First to final review", "first_to_final_review"),
                            ("Final review to merge", "final_review_to_merge"),
                        )
                    ),
                ),
            ),
        ),
        Row(
            "Languages, models and editors",
            (
                _breakdown(
                    "Languages",
                    "Rare languages are in other.",
                    "github_copilot_language",
                    "language",
                    "Language",
                ),
                _breakdown(
                    "Models",
                    "The model that GitHub names; auto and unknown are GitHub's words.",
                    "github_copilot_model",
                    "model",
                    "Model",
                ),
                _breakdown("Editors", "By IDE.", "github_copilot_ide", "ide", "IDE"),
                Lines(
                    title="CLI tokens a day",
                    note=f"Tokens of the Copilot CLI. {_DAY}",
                    width=12,
                    queries=(a_day("github_copilot_cli_tokens_total", "token_kind"),),
                ),
            ),
        ),
    ),
)
