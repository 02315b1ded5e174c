"""Who uses Claude Enterprise, with which of its products, and what it costs."""

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, busiest_a_day, in_range, increase

_BUILT = "Of the newest day that is built: a day is built at 10:00 UTC of the next one."
_LATE = "By UTC day, built at 10:00 UTC of the next one and revised by a few percent after."
_EXPORTED = (
    "By UTC day, exported within 4 to 24 hours and revised for 30 days. Plans that are paid by the seat show usage "
    "credits only."
)
_SUM = "Each point is the sum of the 24 hours before it."
_KEY = "With an Enterprise Analytics key."
_COST = "anthropic_enterprise_cost_usd_total"
_NET = f'{_COST}{{@, price="net"}}'
_LIST = f'{_COST}{{@, price="list"}}'
_SEATS = "sum(anthropic_enterprise_seats{@})"
_MONTHLY = 'sum by (account, product) (anthropic_enterprise_active_users{@, window="monthly"})'
_DECISIONS = "anthropic_enterprise_claude_code_tool_decisions_total"


def _people(window: str, product: str = "all") -> str:
    return f'sum(anthropic_enterprise_active_users{{@, window="{window}", product="{product}"}})'


PEOPLE = Row(
    "Claude Enterprise: people",
    (
        Stat(
            title="Seats",
            height=4,
            note=f"That are assigned. {_BUILT} {_KEY}",
            missing="unknown",
            query=Query(_SEATS),
        ),
        Stat(
            title="Open invitations",
            height=4,
            note=f"People who were invited and have no seat yet. {_BUILT} {_KEY}",
            missing="unknown",
            query=Query("sum(anthropic_enterprise_pending_invites{@})"),
        ),
        Stat(
            title="Active in a day",
            height=4,
            note=f"People who used any product. {_BUILT} {_KEY}",
            missing="unknown",
            query=Query(_people("daily")),
        ),
        Stat(
            title="Active in a month",
            height=4,
            note=f"People who used any product in 28 to 30 days. {_BUILT} {_KEY}",
            missing="unknown",
            query=Query(_people("monthly")),
        ),
        Stat(
            title="Seats active in a month",
            height=4,
            note=f"People who used any product in 28 to 30 days, for the seats that are assigned. {_BUILT} {_KEY}",
            unit="percentunit",
            missing="unknown",
            query=Query(f"{_people('monthly')} / ({_SEATS} > 0)"),
        ),
        Stat(
            title="Chat messages",
            height=4,
            note=f"That people sent in the time range. {_LATE} {_KEY}",
            query=Query("sum(increase(anthropic_enterprise_chat_messages_total{@}[$__range]))"),
        ),
        Lines(
            title="Active people and seats",
            note=f"The windows overlap: a month has the people of its weeks. {_BUILT} {_KEY}",
            queries=(
                Query(_people("daily"), "in a day"),
                Query(_people("weekly"), "in a week"),
                Query(_people("monthly"), "in a month"),
                Query(_SEATS, "seats"),
            ),
        ),
        Lines(
            title="Active in a week by product",
            note=f"Somebody who uses two products is in both: they cannot be added up. {_BUILT} {_KEY}",
            queries=(
                Query(
                    "sum by (product)"
                    ' (anthropic_enterprise_active_users{@, window="weekly", product!="all"})',
                    "{{product}}",
                ),
            ),
        ),
        Table(
            title="Adoption by product",
            note="People in 28 to 30 days, and their share of the seats that are assigned. Who uses two products is in "
            f"both: they cannot be added up. {_BUILT} {_KEY}",
            keys={"account": "Account", "product": "Product"},
            width=8,
            columns=(
                Column("People", _MONTHLY),
                Column(
                    "of the seats",
                    f"{_MONTHLY} / on (account) group_left ()"
                    " (sum by (account) (anthropic_enterprise_seats{@}) > 0)",
                    "percentunit",
                    missing="unknown",
                ),
            ),
        ),
        Lines(
            title="Claude Code's changes a day",
            note=f"Changes that tools proposed, by what people decided. {_SUM} {_LATE} {_KEY}",
            stacked=True,
            queries=(a_day(_DECISIONS, "decision"),),
        ),
        Lines(
            title="Claude Code's lines a day",
            note=f"That were added or removed, and people accepted. {_SUM} {_LATE} {_KEY}",
            queries=(a_day("anthropic_enterprise_claude_code_lines_total", "change"),),
        ),
        Lines(
            title="Claude Code's commits and pull requests a day",
            note=f"That Claude Code made. {_SUM} {_LATE} {_KEY}",
            queries=(
                Query(
                    "sum(increase(anthropic_enterprise_claude_code_commits_total{@}[1d]))",
                    "commits",
                ),
                Query(
                    "sum(increase(anthropic_enterprise_claude_code_pull_requests_total{@}[1d]))",
                    "pull requests",
                ),
            ),
        ),
    ),
)

MONEY = Row(
    "Claude Enterprise: cost",
    (
        Stat(
            title="Cost, net",
            note=f"In the time range, less discounts and before credits. {_EXPORTED} {_KEY}",
            unit="currencyUSD",
            query=Query(f"sum(increase({_NET}[$__range]))"),
        ),
        Stat(
            title="By the price list",
            note=f"The same use without discounts: never add it to the net cost. {_EXPORTED} {_KEY}",
            unit="currencyUSD",
            query=Query(f"sum(increase({_LIST}[$__range]))"),
        ),
        Stat(
            title="Below the list",
            note=f"Share of the list's price that discounts took off in the time range. {_EXPORTED} {_KEY}",
            unit="percentunit",
            query=Query(
                f"1 - {increase(_NET, 'job', '$__range')} / ({increase(_LIST, 'job', '$__range')} > 0)"
            ),
        ),
        Lines(
            title="Net dollars a day by product",
            note=f"Unknown is what Anthropic attributes to none. {_SUM} {_EXPORTED} {_KEY}",
            unit="currencyUSD",
            stacked=True,
            width=12,
            queries=(busiest_a_day(8, _NET, "product"),),
        ),
        Table(
            title="Products and models",
            note=f"In the time range. Requests are not known for all. {_EXPORTED} {_KEY}",
            keys={"product": "Product", "model": "Model"},
            width=24,
            columns=(
                Column("Net", in_range(_NET, "product, model"), "currencyUSD"),
                Column("List", in_range(_LIST, "product, model"), "currencyUSD"),
                Column("Tokens", in_range("anthropic_enterprise_tokens_total", "product, model")),
                Column(
                    "Requests",
                    in_range("anthropic_enterprise_requests_total", "product, model"),
                    missing="unknown",
                ),
            ),
        ),
    ),
)
