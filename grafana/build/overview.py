"""What a head of engineering asks: who uses the assistants, is it any use, what does it cost."""

from grafana.build.page import Given, Page, Row, of_all
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import MONTH, by_day, in_range, month_and_month_before

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
    "What vendors bill by usage, GitHub's part up to 5 days late; of Cursor also what use that the plan "
    "includes is worth. Flat licences that no API tells of, as Cursor's, are missing."
)

_ACCEPTANCE = (
    "clamp_max(sum by (vendor) (increase(assistant_acceptances_total{{@}}[{0}]))"
    " / (sum by (vendor) (increase(assistant_suggestions_total{{@}}[{0}])) > 0), 1)"
)

_ENGINEERS = (
    "(sum by (vendor) (0 * assistant_daily_active_users{@}) + $engineers > 0"
    " or sum by (vendor) (assistant_seats{@}))"
)
"""The number that was given, or else the vendor's seats."""
_ACTIVE = f"sum by (vendor) (avg_over_time(assistant_daily_active_users{{@}}[{MONTH}]))"
_ACTIVE_BEFORE = (
    f"sum by (vendor) (avg_over_time(assistant_daily_active_users{{@}}[{MONTH}] offset {MONTH}))"
)

PAGE = Page(
    slug="overview",
    title="Usage exporter / Overview",
    summary="Adoption, activity, acceptance and spend of all assistants.",
    variables=of_all(),
    given=(
        Given(
            "engineers",
            "Engineers",
            "How many people could use an assistant; 0: the seats of each vendor stand for them.",
            0,
        ),
    ),
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
                            "Seats active",
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
                            "Chats",
                            in_range("assistant_chat_interactions_total", "vendor"),
                        ),
                        Column("Tokens", in_range("assistant_tokens_total", "vendor")),
                        Column(
                            "Spend",
                            in_range("assistant_cost_usd_total", "vendor"),
                            "currencyUSD",
                            missing="unknown",
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
                    width=6,
                    queries=(
                        Query("sum by (vendor) (assistant_daily_active_users{@})", "{{vendor}}"),
                        Query("sum by (vendor) (assistant_seats{@})", "seats"),
                    ),
                ),
                Table(
                    title="Share of engineers active, against the month before",
                    note="Mean of the people a day, weekends among them, over the last 30 days and the 30 before, "
                    "each for the engineers of now: the number typed in above, or else the vendor's seats. An empty "
                    f"cell: no seats are known, or Prometheus has no data that old. {_OWN_WAY}",
                    keys={"vendor": "Vendor"},
                    width=24,
                    height=6,
                    sort_by="Share",
                    columns=(
                        Column("Engineers", _ENGINEERS),
                        Column("Active a day", _ACTIVE),
                        Column("Share", f"{_ACTIVE} / {_ENGINEERS}", "percentunit"),
                        Column(
                            "Month before",
                            f"{_ACTIVE_BEFORE} / {_ENGINEERS}",
                            "percentunit",
                            missing="unknown",
                        ),
                        Column(
                            "Change",
                            f"({_ACTIVE} - {_ACTIVE_BEFORE}) / {_ENGINEERS}",
                            "percentunit",
                            missing="unknown",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Activity and acceptance",
            (
                by_day(
                    "Accepted lines a day",
                    f"Lines of assistants that people accepted. {_DAY}",
                    "assistant_lines_accepted_total",
                    "vendor",
                    stacked=False,
                ),
                by_day(
                    "Chat interactions a day",
                    f"Messages to chats and agents, where the vendor counts them. {_DAY}",
                    "assistant_chat_interactions_total",
                    "vendor",
                    stacked=False,
                ),
                Lines(
                    title="Acceptance, 7 days",
                    note="Acceptances for each suggestion over 7 days, which evens out weekends and "
                    "late days. Cut at 100 %, where a vendor delivers acceptances before their "
                    "suggestions. Vendors define both differently: compare a vendor with itself. "
                    "Missing where the vendor tells no suggestions, as Anthropic, Cursor and Tabnine.",
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
                    title="Known spend",
                    note=f"In the time range, of the vendors whose API tells it. {_SPEND}",
                    unit="currencyUSD",
                    width=4,
                    height=6,
                    query=Query("sum(increase(assistant_cost_usd_total{@}[$__range]))"),
                ),
                Stat(
                    title="Spend unknown of",
                    note="Vendors whose spend no stream tells: what they cost comes on top of all sums here.",
                    width=4,
                    height=6,
                    missing="nobody, or no data",
                    query=Query(
                        "count by (vendor) (usage_exporter_poll_interval_seconds{@})"
                        " unless on (vendor) increase(assistant_cost_usd_total{@}[$__range])",
                        "{{vendor}}",
                    ),
                ),
                Table(
                    title="Spend, this month and the month before",
                    note=f"The last 30 days and the 30 before them. {_SPEND}",
                    keys={"vendor": "Vendor"},
                    width=16,
                    height=6,
                    columns=month_and_month_before("assistant_cost_usd_total", "vendor"),
                ),
                by_day(
                    "Spend a day",
                    f"{_SPEND} {_DAY}",
                    "assistant_cost_usd_total",
                    "vendor",
                    unit="currencyUSD",
                    width=12,
                ),
                Lines(
                    title="Spend for each active person, 7 days",
                    note=f"{_SPEND} Divided by the mean of active people a day; a mean of settled "
                    "days, because a single late day would distort it.",
                    unit="currencyUSD",
                    width=12,
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
