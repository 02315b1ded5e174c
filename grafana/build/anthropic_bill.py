"""What an organization of Anthropic's Console is billed, by workspace and model, and the tokens that it is for."""

from grafana.build.page import Given, Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, busiest_a_day, in_range, increase
from grafana.build.workspaces import dearest_a_day, in_range_by_workspace

_BILLED = (
    "From the cost report: minutes to an hour late, of all use with API keys and in the Console."
)
_USED = "From the usage report: minutes to an hour late."
_SUM = "Each point is the sum of the 24 hours before it."
_NO_IDS = (
    "Where names are not known, the stream organization is off or refused, and ids stand for them."
)
_COST = "anthropic_cost_usd_total"
_TOKENS = "anthropic_tokens_total"
_READ = f'{_TOKENS}{{@, token_kind="input_cache_read"}}'
_INPUT = f'{_TOKENS}{{@, token_kind!="output"}}'
_PACE = f"(sum(increase({_COST}{{@}}[7d])) * 30 / 7)"


def _cache_share(by: str, window: str) -> str:
    return f"{increase(_READ, by, window)} / ({increase(_INPUT, by, window)} > 0)"


BUDGET = Given(
    "month_budget",
    "US dollars a month",
    "What the accounts that are shown may cost in 30 days; 0: nothing is compared.",
    0,
)

BILL = Row(
    "The bill",
    (
        Stat(
            title="Billed",
            height=4,
            note=f"In the time range. {_BILLED}",
            unit="currencyUSD",
            query=Query(f"sum(increase({_COST}{{@}}[$__range]))"),
        ),
        Stat(
            title="A month at this pace",
            height=4,
            note=f"What the last 7 days cost, for 30 days. {_BILLED}",
            unit="currencyUSD",
            query=Query(_PACE),
        ),
        Stat(
            title="Pace for the budget",
            height=4,
            note="A month at this pace, for the number typed in above. Unknown: nothing is typed in, or billed. Alerts take a "
            "budget that is recorded in Prometheus, and the calendar's month.",
            unit="percentunit",
            steps={0.8: "orange", 1: "red"},
            missing="unknown",
            query=Query(f"({_PACE} > 0) / (0 * {_PACE} + $month_budget > 0)"),
        ),
        Stat(
            title="Tokens",
            height=4,
            note=f"In the time range, of all kinds. {_USED}",
            query=Query(f"sum(increase({_TOKENS}{{@}}[$__range]))"),
        ),
        Stat(
            title="Input from a cache",
            height=4,
            note=f"Share of the tokens of input in the time range that were read from a cache, at a tenth of the "
            f"price. {_USED}",
            unit="percentunit",
            query=Query(_cache_share("job", "$__range")),
        ),
        Stat(
            title="Web searches",
            height=4,
            note=f"In the time range. Their price is in the bill. {_USED}",
            query=Query("sum(increase(anthropic_web_search_requests_total{@}[$__range]))"),
        ),
        Lines(
            title="Dollars a day, the 8 dearest workspaces",
            note=f"{_SUM} {_BILLED} {_NO_IDS}",
            unit="currencyUSD",
            stacked=True,
            width=12,
            queries=(dearest_a_day(8, _COST),),
        ),
        Lines(
            title="Dollars a day, the 8 dearest models",
            note=f"What has no model, such as web searches, is under unknown. {_SUM} {_BILLED}",
            unit="currencyUSD",
            stacked=True,
            width=12,
            queries=(busiest_a_day(8, _COST, "model"),),
        ),
        Table(
            title="Workspaces",
            note=f"In the time range. {_BILLED} {_NO_IDS}",
            keys={"workspace_name": "Workspace", "workspace": "Id"},
            columns=(
                Column("Dollars", in_range_by_workspace(_COST), "currencyUSD", missing="unknown"),
                Column("Tokens", in_range_by_workspace(_TOKENS), missing="unknown"),
            ),
        ),
        Table(
            title="Models",
            note=f"In the time range. {_BILLED}",
            keys={"model": "Model"},
            columns=(
                Column("Dollars", in_range(_COST, "model"), "currencyUSD", missing="unknown"),
                Column("Tokens", in_range(_TOKENS, "model")),
                Column(
                    "1 million tokens",
                    f"1e6 * {in_range(_COST, 'model')} / ({in_range(_TOKENS, 'model')} > 0)",
                    "currencyUSD",
                ),
                Column("From a cache", _cache_share("model", "$__range"), "percentunit"),
            ),
        ),
    ),
)

TOKENS = Row(
    "Where it goes",
    (
        Lines(
            title="Dollars a day by what is paid for",
            note=f"Tokens, web searches, code execution, sessions. {_SUM} {_BILLED}",
            unit="currencyUSD",
            stacked=True,
            queries=(a_day(_COST, "cost_type"),),
        ),
        Lines(
            title="Tokens a day",
            note=f"Each token has one kind. {_SUM} {_USED}",
            stacked=True,
            queries=(a_day(_TOKENS, "token_kind"),),
        ),
        Lines(
            title="Tokens a day by service tier",
            note=f"Batches cost half; the priority tier is in no bill of this API. {_SUM} {_USED}",
            stacked=True,
            queries=(a_day(_TOKENS, "service_tier"),),
        ),
        Lines(
            title="Input from a cache, 7 days",
            note=f"Share of the tokens of input that were read from a cache, by model. {_USED}",
            unit="percentunit",
            maximum=1,
            width=12,
            queries=(Query(_cache_share("model", "7d"), "{{model}}"),),
        ),
        Lines(
            title="Tokens a day, the 8 busiest workspaces",
            note=f"{_SUM} {_USED} {_NO_IDS}",
            stacked=True,
            width=12,
            queries=(dearest_a_day(8, _TOKENS),),
        ),
    ),
)
