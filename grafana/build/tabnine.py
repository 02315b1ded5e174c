"""Tabnine: people, completions, chat, agent, teams, license and repositories."""

from grafana.build.page import Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, in_range

_LATE = (
    "By UTC day. Today's numbers still move, so the end of a line is a day not yet over; how late "
    "Tabnine's data are is not documented."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_SETTLED = "Of the newest settled UTC day: yesterday at best."
_POLLED = "As the exporter last polled it."


PAGE = Page(
    slug="tabnine",
    title="Usage exporter / Tabnine",
    summary="Tabnine: people, completions, chat, agent, teams, license and repositories.",
    variables=of_vendor("tabnine_license_seats"),
    choices=(Variable("team_name", "Team", "tabnine_team_active_users{@}", "team"),),
    rows=(
        Row(
            "License and people",
            (
                Stat(
                    title="License expires in",
                    note=f"{_POLLED} The earliest of the accounts.",
                    unit="s",
                    decimals=0,
                    steps={0: "red", 7 * 86_400: "orange", 30 * 86_400: "green"},
                    query=Query("min(tabnine_license_expiry_timestamp_seconds{@}) - time()"),
                ),
                Stat(
                    title="Seats of the license",
                    note=f"Granted, assigned or not. {_POLLED}",
                    query=Query("sum(tabnine_license_seats{@})"),
                ),
                Stat(
                    title="Seats taken of the cap",
                    note="Registered users for each seat up to which the license may grow. "
                    "The month's users still move.",
                    unit="percentunit",
                    steps={0.9: "orange", 1: "red"},
                    query=Query(
                        'sum(tabnine_utilization_users{@, status="registered"})'
                        " / (sum(tabnine_license_seats_cap{@}) > 0)"
                    ),
                ),
                Lines(
                    title="Active people",
                    note=_SETTLED,
                    width=12,
                    queries=(
                        Query("sum(tabnine_active_users{@})", "anything"),
                        Query("sum(tabnine_completion_active_users{@})", "completions"),
                        Query("sum(tabnine_chat_active_users{@})", "chat"),
                        Query("sum(tabnine_agent_active_users{@})", "agent"),
                    ),
                ),
            ),
        ),
        Row(
            "What they do with it",
            (
                Lines(
                    title="Completions and chat a day",
                    note=_DAY,
                    queries=(
                        Query("sum(increase(tabnine_completions_total{@}[1d]))", "completions"),
                        Query(
                            "sum(increase(tabnine_chat_interactions_total{@}[1d]))",
                            "chat interactions",
                        ),
                        Query(
                            "sum(increase(tabnine_agent_interactions_total{@}[1d]))",
                            "agent interactions",
                        ),
                    ),
                ),
                Lines(
                    title="Share written by completions, 7 days",
                    note="Characters of completions for all characters that completions and hands "
                    f"wrote, from the counts and not from the vendor's own ratio. {_LATE}",
                    unit="percentunit",
                    maximum=1,
                    queries=(
                        Query(
                            "sum by (account)"
                            " (increase(tabnine_completion_characters_total{@}[7d]))"
                            " / (sum by (account)"
                            " (increase(tabnine_completion_characters_total{@}[7d]))"
                            " + sum by (account) (increase(tabnine_keystrokes_total{@}[7d])) > 0)",
                            "{{account}}",
                        ),
                    ),
                ),
                Lines(
                    title="Agent cost a day by model",
                    note=f"What Tabnine says the agent's models cost. {_DAY}",
                    unit="currencyUSD",
                    stacked=True,
                    queries=(a_day("tabnine_agent_cost_usd_total", "model"),),
                ),
            ),
        ),
        Row(
            "Teams",
            (
                Lines(
                    title="Active people: $team",
                    note=f"{_SETTLED} A team with a line at 0 has users and no use.",
                    width=6,
                    height=6,
                    repeat="team",
                    queries=(
                        Query(
                            'sum by (team_name) (tabnine_team_active_users{@, team_name=~"$team"})',
                            "active",
                        ),
                        Query(
                            "sum by (team_name) (tabnine_team_utilization_users"
                            '{@, team_name=~"$team", status="registered"})',
                            "registered",
                        ),
                    ),
                ),
                Table(
                    title="Teams in the time range",
                    note=f"Counts of the range; people of the newest settled day. {_LATE}",
                    keys={"team_name": "Team"},
                    width=24,
                    height=11,
                    columns=(
                        Column(
                            "Completions", in_range("tabnine_team_completions_total", "team_name")
                        ),
                        Column(
                            "Chat interactions",
                            in_range("tabnine_team_chat_interactions_total", "team_name"),
                        ),
                        Column(
                            "Agent interactions",
                            in_range("tabnine_team_agent_interactions_total", "team_name"),
                        ),
                        Column(
                            "Registered",
                            "sum by (team_name)"
                            ' (tabnine_team_utilization_users{@, status="registered"})',
                        ),
                        Column(
                            "Active people a day",
                            "sum by (team_name) (tabnine_team_active_users{@})",
                        ),
                        Column(
                            "Invitations pending",
                            "sum by (team_name) (tabnine_team_pending_invitations{@})",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Repositories and audit",
            (
                Table(
                    title="Repositories by age of their index",
                    note=f"The last successful indexing; never indexed ones are missing. {_POLLED}",
                    keys={"team_name": "Team", "repository": "Repository"},
                    columns=(
                        Column(
                            "Age",
                            "time() - max by (team_name, repository)"
                            " (tabnine_repository_last_indexed_timestamp_seconds{@})",
                            "s",
                            {7 * 86_400: "orange", 30 * 86_400: "red"},
                        ),
                    ),
                ),
                Lines(
                    title="Repositories by status of their index",
                    note=_POLLED,
                    width=6,
                    queries=(
                        Query(
                            "sum by (status) (tabnine_repository_index_status{@}) > 0",
                            "{{status}}",
                        ),
                    ),
                ),
                Table(
                    title="Audit events in the time range",
                    note="By type; counted as Tabnine's log shows them.",
                    keys={"event_type": "Event"},
                    width=6,
                    columns=(
                        Column("Events", in_range("tabnine_audit_events_total", "event_type")),
                    ),
                ),
            ),
        ),
    ),
)
