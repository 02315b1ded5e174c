"""What a head of engineering asks: who uses the assistants, is it any use, what does it cost."""

from grafana.build.page import Page, Row, of_all
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, in_range

_OWN_WAY = (
    "Every vendor counts people in its own way, and one person may use several assistants: "
    "do not add vendors up."
)
_LATE = (
    "Counted when the vendor shows it, hours to days after it happened: the last days of the range "
    "are not complete, and a step is a delivery, not a busy hour."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_SPEND = (
    "What vendors bill by usage, GitHub's part up to 5 days late; flat licences that no API tells "
    "of, as Cursor's, are missing."
)

_ACCEPTANCE = (
    "clamp_max(sum by (vendor) (increase(assistant_acceptances_total{{@}}[{0}]))"
    " / (sum by (vendor) (increase(assistant_suggestions_total{{@}}[{0}])) > 0), 1)"
)

PAGE = Page(
    slug="overview",
    title="Usage exporter / Overview",
    summary="Adoption, activity, acceptance and spend of all assistants.",
    variables=of_all("assistant_daily_active_users"),
    rows=(
        Row(
            "Vendors side by side",
            (
                Table(
                    title="Assistants in the time range",
                    note=f"Activity and spend of the range, people of the busiest of the last 7 days, seats as of the end. "
                    f"An empty cell: the vendor's API does not tell. {_OWN_WAY} {_LATE}",
                    keys={"vendor": "Vendor"},
                    width=24,
                    height=6,
                    columns=(
                        Column(
                            "Seats",
                            "sum by (vendor) (assistant_seats{@})",
                        ),
                        Column(
                            "Active people",
                            "sum by (vendor) (max_over_time(assistant_daily_active_users{@}[7d]))",
                        ),
                        Column(
                            "Share of seats active",
                            "clamp_max(sum by (vendor)"
                            " (max_over_time(assistant_daily_active_users{@}[7d]))"
                            " / (sum by (vendor) (assistant_seats{@}) > 0), 1)",
                            "percentunit",
                        ),
                        Column(
                            "Acceptances",
                            in_range("assistant_acceptances_total", "vendor"),
                        ),
                        Column("Acceptance", _ACCEPTANCE.format("$__range"), "percentunit"),
                        Column(
                            "Accepted lines",
                            in_range("assistant_lines_accepted_total", "vendor"),
                        ),
                        Column(
                            "Chat interactions",
                            in_range("assistant_chat_interactions_total", "vendor"),
                        ),
                        Column(
                            "Spend",
                            in_range("assistant_cost_usd_total", "vendor"),
                            "currencyUSD",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Adoption",
            (
                Lines(
                    title="Active people and seats: $vendor",
                    note="People on the vendor's newest settled UTC day, and seats as last polled; "
                    f"no seats where the vendor's API tells none. {_OWN_WAY}",
                    repeat="vendor",
                    queries=(
                        Query("sum by (vendor) (assistant_daily_active_users{@})", "active people"),
                        Query("sum by (vendor) (assistant_seats{@})", "seats"),
                    ),
                ),
            ),
        ),
        Row(
            "Activity and acceptance",
            (
                Lines(
                    title="Accepted lines a day",
                    note=f"Lines of assistants that people accepted. {_DAY}",
                    queries=(a_day("assistant_lines_accepted_total", "vendor"),),
                ),
                Lines(
                    title="Chat interactions a day",
                    note=f"Messages to chats and agents, where the vendor counts them. {_DAY}",
                    queries=(a_day("assistant_chat_interactions_total", "vendor"),),
                ),
                Lines(
                    title="Acceptance, 7 days",
                    note="Acceptances for each suggestion over 7 days, which evens out weekends and "
                    "late days. Cut at 100 %, where a vendor delivers acceptances before their "
                    "suggestions. Vendors define both differently: compare a vendor with itself. "
                    "Missing where the vendor tells no suggestions, as Cursor and Tabnine.",
                    unit="percentunit",
                    maximum=1,
                    queries=(Query(_ACCEPTANCE.format("7d"), "{{vendor}}"),),
                ),
            ),
        ),
        Row(
            "Spend",
            (
                Stat(
                    title="Spend in the time range",
                    note=_SPEND,
                    unit="currencyUSD",
                    width=4,
                    height=8,
                    query=Query("sum(increase(assistant_cost_usd_total{@}[$__range]))"),
                ),
                Lines(
                    title="Spend a day",
                    note=f"{_SPEND} {_DAY}",
                    unit="currencyUSD",
                    stacked=True,
                    width=10,
                    queries=(a_day("assistant_cost_usd_total", "vendor"),),
                ),
                Lines(
                    title="Spend for each active person, 7 days",
                    note=f"{_SPEND} Divided by the mean of active people a day; a mean of settled "
                    "days, because a single late day would distort it.",
                    unit="currencyUSD",
                    width=10,
                    queries=(
                        Query(
                            "sum by (vendor) (increase(assistant_cost_usd_total{@}[7d])) / "
                            "(sum by (vendor) (avg_over_time(assistant_daily_active_users{@}[7d]))"
                            " > 0)",
                            "{{vendor}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
