"""What a Cursor team spends: the billing cycle against its limit, and which models and kinds of use it goes to."""

from functools import partial

from grafana.build.page import Given, Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import by_day, in_range, used_up

_Tile = partial(Stat, width=6, height=4)
_POLLED = "Of the current billing cycle as last polled, mostly an hour ago; it falls to 0 when a cycle begins."
_EVENTS = (
    "From the usage events, minutes to hours late. Prices are corrected within the billing cycle."
)
_DAY = f"Each point is the sum of the 24 hours before it. {_EVENTS}"
_VALUED = "Use that the plan includes is valued too; on top is what is charged besides the plan."

_SPENT = 'sum by (account) (cursor_cycle_spend_usd{@, type="on_demand"})'
_START = "max by (account) (cursor_cycle_start_timestamp_seconds{@})"
_LENGTH = f"(86400 * days_in_month({_START}))"
_AGE = f"clamp_min(time() - {_START}, 2 * 86400)"
"""Of the first two days nothing could be told."""
_LIMIT = (
    f"(0 * {_SPENT} + $budget > 0"
    " or sum by (account) (cursor_member_spend_limits_usd{@})"
    " and sum by (account) (cursor_members_with_spend_limit{@})"
    ' >= sum by (account) (cursor_members{@, role!="free-owner"}))'
)
"""The budget that was given, or else the limits of the members, if all have one."""

BUDGET = Given(
    "budget",
    "US dollars on demand a cycle",
    "What a team may spend in a billing cycle besides its plan; 0: the limits of its members stand for it, where "
    "everybody has one.",
    0,
)

CYCLE = Row(
    "Billing cycle",
    (
        _Tile(
            title="On demand so far",
            note=f"What is paid besides the plan. {_POLLED}",
            unit="currencyUSD",
            query=Query(f"sum({_SPENT})"),
        ),
        _Tile(
            title="Cycle's end, at the pace so far",
            note="On demand so far, divided by the share of the cycle that has passed. A guess: use that the plan "
            f"includes comes first, so the second half costs more. A cycle is taken for a month. {_POLLED}",
            unit="currencyUSD",
            query=Query(f"sum({_SPENT} / {_AGE} * {_LENGTH})"),
        ),
        _Tile(
            title="Cycle ends in",
            note=f"A month after its start; the first of the accounts. {_POLLED}",
            unit="s",
            decimals=0,
            query=Query(f"min({_START} + {_LENGTH} - time())"),
        ),
        _Tile(
            title="Members at their limit",
            note=f"They pay for nothing more before the next cycle. {_POLLED}",
            steps={1: "orange"},
            query=Query("sum(cursor_members_at_spend_limit{@})"),
        ),
        Table(
            title="Teams against their limit",
            note="The limit is the number typed in above, or else what the limits of the members add up to. Unknown: "
            f"nothing is typed in, and not everybody has a limit. {_POLLED}",
            keys={"account": "Account"},
            width=24,
            height=5,
            sort_by="On demand",
            columns=(
                Column("On demand", _SPENT, "currencyUSD"),
                Column(
                    "With included use",
                    'sum by (account) (cursor_cycle_spend_usd{@, type="overall"})',
                    "currencyUSD",
                    missing="unknown",
                ),
                Column("Limit", _LIMIT, "currencyUSD", missing="unknown"),
                used_up("Share spent", f"{_SPENT} / {_LIMIT}", "unknown"),
                Column("Cycle passed", f"{_AGE} / {_LENGTH}", "percentunit"),
                Column(
                    "Members with a limit", "sum by (account) (cursor_members_with_spend_limit{@})"
                ),
                Column(
                    "At their limit",
                    "sum by (account) (cursor_members_at_spend_limit{@})",
                    steps={1: "orange"},
                ),
            ),
        ),
        Lines(
            title="Spending in the cycle",
            note=f"Since the cycle began. {_POLLED}",
            unit="currencyUSD",
            width=12,
            queries=(
                Query(f"sum({_SPENT})", "on demand"),
                Query('sum(cursor_cycle_spend_usd{@, type="overall"})', "with included use"),
            ),
        ),
        Table(
            title="Billing groups",
            note="Where the option billing_groups is on; small groups are in other, Unassigned are those in none. "
            f"{_POLLED}",
            keys={"account": "Account", "group": "Group"},
            sort_by="Spent",
            columns=(
                Column(
                    "Members",
                    "sum by (account, group) (cursor_billing_group_members{@})",
                ),
                Column(
                    "Spent",
                    "sum by (account, group) (cursor_billing_group_spend_usd{@})",
                    "currencyUSD",
                    missing="unknown",
                ),
            ),
        ),
    ),
)

USE = Row(
    "Where it goes",
    (
        *(
            by_day(
                title,
                f"{note}{_VALUED} {_DAY}",
                "cursor_charged_usd_total",
                by,
                unit="currencyUSD",
                width=12,
                most=8,
            )
            for title, note, by in (
                ("Dollars a day, the 8 dearest models", "", "model"),
                (
                    "Dollars a day by kind of use",
                    "Kinds are Cursor's own words, the 8 that cost most. ",
                    "kind",
                ),
            )
        ),
        Table(
            title="Models by cost",
            note=f"In the time range. Requests without a price cost nothing here. {_VALUED} {_EVENTS}",
            keys={"model": "Model"},
            width=24,
            columns=(
                Column("Dollars", in_range("cursor_charged_usd_total", "model"), "currencyUSD"),
                Column(
                    "On top of the plan",
                    in_range('cursor_charged_usd_total{@, chargeable="true"}', "model"),
                    "currencyUSD",
                ),
                Column("Requests", in_range("cursor_usage_events_total", "model")),
                Column(
                    "1,000 requests",
                    f"1000 * {in_range('cursor_charged_usd_total', 'model')}"
                    f" / ({in_range('cursor_usage_events_total', 'model')} > 0)",
                    "currencyUSD",
                ),
                Column("Tokens", in_range("cursor_tokens_total", "model")),
            ),
        ),
        Table(
            title="Kinds of use",
            note="In the time range, by Cursor's own words. Request units are what a request takes of the plan's "
            f"requests; they are no money. {_VALUED} {_EVENTS}",
            keys={"kind": "Kind"},
            columns=(
                Column("Dollars", in_range("cursor_charged_usd_total", "kind"), "currencyUSD"),
                Column("Requests", in_range("cursor_usage_events_total", "kind")),
                Column("Request units", in_range("cursor_request_units_total", "kind")),
            ),
        ),
        by_day(
            "Tokens a day",
            f"Of requests whose tokens Cursor tells. {_DAY}",
            "cursor_tokens_total",
            "token_kind",
            width=12,
        ),
        by_day(
            "Requests a day by who made them",
            f"People, and what runs without them. {_DAY}",
            "cursor_usage_events_total",
            "actor",
            width=12,
        ),
        by_day(
            "Requests a day by what they are billed to",
            "How many they were, not what they cost. From the daily usage data: by UTC day, the last hours still "
            "move.",
            "cursor_billed_requests_total",
            "bucket",
            width=12,
        ),
    ),
)
