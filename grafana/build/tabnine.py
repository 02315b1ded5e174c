"""Tabnine: people, completions, chat, agent, teams, license and repositories."""

from grafana.build.page import Given, Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import busiest, by_day, counted, in_range

_LATE = (
    "By UTC day. Today's numbers still move, so the end of a line is a day not yet over; how late "
    "Tabnine's data are is not documented."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_SETTLED = "Of the newest settled UTC day: yesterday at best."
_POLLED = "As the exporter last polled it."

_ACTIVE = "tabnine_team_active_users{@}"
_TEAMS = 'tabnine_team_active_users{@, team_name=~"$team"}'
_REGISTERED = 'sum by (team_name) (tabnine_team_utilization_users{@, status="registered"})'

PAGE = Page(
    slug="tabnine",
    title="Usage exporter / Tabnine",
    summary="Tabnine: people, completions, chat, agent, teams, license and repositories.",
    variables=of_vendor("tabnine", ".+"),
    choices=(Variable("team_name", "Team", "tabnine_team_active_users{@}", "team"),),
    given=(
        Given(
            "seat_price",
            "US dollars a seat and month",
            "What a seat costs; no API tells it. 39 is a list price of Tabnine.",
            39,
        ),
    ),
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
                Stat(
                    title="Lost to idle seats",
                    note="US dollars a month: seats of the license without an active user, at the price that is typed in "
                    "above. Early in a month few people have been active in it.",
                    unit="currencyUSD",
                    query=Query(
                        "clamp_min(sum(tabnine_license_seats{@})"
                        ' - sum(tabnine_utilization_users{@, status="active"}), 0) * $seat_price'
                    ),
                ),
                Lines(
                    title="Active people",
                    note=_SETTLED,
                    width=8,
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
                by_day(
                    "Agent cost a day by model",
                    f"What Tabnine says the agent's models cost. {_DAY}",
                    "tabnine_agent_cost_usd_total",
                    "model",
                    unit="currencyUSD",
                ),
            ),
        ),
        Row(
            "Teams",
            (
                Lines(
                    title="Active people, the 12 teams with the most",
                    note="Of the teams that are chosen above, by their mean over the time range. "
                    f"{_SETTLED} A team at 0 has users and no use.",
                    width=12,
                    queries=(
                        Query(
                            busiest(
                                12,
                                f"sum by (team_name) ({_TEAMS})",
                                "team_name",
                                f"sum by (team_name) (avg_over_time({_TEAMS}[$__range] @ end()))",
                            ),
                            "{{team_name}}",
                        ),
                    ),
                ),
                Table(
                    title="Teams by adoption",
                    note=f"Active people a day for all that are registered in the team. {_SETTLED}",
                    keys={"team_name": "Team"},
                    sort_by="Adoption",
                    columns=(
                        Column("Registered", _REGISTERED),
                        Column("Active people a day", f"sum by (team_name) ({_ACTIVE})"),
                        Column(
                            "Adoption",
                            f"clamp_max(sum by (team_name) ({_ACTIVE}) / ({_REGISTERED} > 0), 1)",
                            "percentunit",
                        ),
                    ),
                ),
                Table(
                    title="Teams in the time range",
                    note=f"Counts of the range. {_LATE}",
                    keys={"team_name": "Team"},
                    width=24,
                    height=11,
                    columns=(
                        *counted(
                            "team_name",
                            {
                                "Completions": "tabnine_team_completions_total",
                                "Chat interactions": "tabnine_team_chat_interactions_total",
                                "Agent interactions": "tabnine_team_agent_interactions_total",
                            },
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
