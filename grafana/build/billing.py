"""GitHub's bill: this month, budgets, products, cost centers and AI credits."""

from grafana.build.page import Page, Row, Variable, of_vendor
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import MONTH, by_day, counted, in_range, month_and_month_before, used_up

_LATE = "GitHub bills by UTC day and completes a day up to 5 days later: the newest days grow."
_CREDITS = (
    "From the billing API (ai_credits) or from usage report exports, as late as the newest answer of theirs: the newest "
    "days grow."
)
_BY_TEAM = (
    "Cost centers stand for teams: GitHub bills no others. What GitHub was not asked about is empty, and other is what "
    "those that it was asked about leave of the whole."
)
_EXPORT = "From the usage report exports: as late as the newest of them, usually a day."
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_MONTH = f"Of the calendar month in UTC; it falls to 0 on the 1st. {_LATE}"
_NET = "Net: after discounts and included usage."

_OF_TEAMS = "model, selection, organization, cost_center"

_BUDGET = "sum by (budget_scope, budget_name)"
_BUDGETS = f"{_BUDGET} (github_billing_budget_usd{{@}})"
_CONSUMED = f"{_BUDGET} (github_billing_budget_consumed_usd{{@}})"

PAGE = Page(
    slug="billing",
    title="Usage exporter / Billing",
    summary="GitHub's bill: the month, budgets, products, cost centers and AI credits.",
    variables=of_vendor("github", "billing_usage|usage_reports|ai_credits"),
    choices=(Variable("product", "Product", "github_billing_net_usd_total{@}"),),
    rows=(
        Row(
            "This month",
            (
                Stat(
                    title="This month",
                    note=f"{_NET} {_MONTH}",
                    unit="currencyUSD",
                    query=Query("sum(github_billing_month_net_usd{@})"),
                ),
                Stat(
                    title="Month's end, at the pace so far",
                    note="This month divided by the share of the month that has passed. A guess: "
                    "late days make it low, monthly fees billed on the 1st make it high, and "
                    f"before the 3rd it says nothing. {_NET}",
                    unit="currencyUSD",
                    width=5,
                    query=Query(
                        "sum(github_billing_month_net_usd{@})"
                        " / (day_of_month() - 1 + hour() / 24 > 2) * days_in_month()"
                    ),
                ),
                Table(
                    title="Budgets",
                    note="What GitHub says is consumed, the limit, and when the rest is used up at the pace of the "
                    f"last 4 days. Unknown: GitHub's API names no amount for this budget. ∞: something is spent of a budget of 0. {_MONTH}",
                    keys={"budget_scope": "Scope", "budget_name": "Budget"},
                    width=15,
                    sort_by="Share",
                    columns=(
                        Column("Limit", _BUDGETS, "currencyUSD"),
                        Column("Consumed", _CONSUMED, "currencyUSD", missing="unknown"),
                        used_up(
                            "Share",
                            f"{_CONSUMED} / ({_BUDGETS} > 0)"
                            f" or ({_CONSUMED} > 0) / ({_BUDGETS} == 0)",
                            "unknown",
                        ),
                        Column(
                            "Used up in",
                            f"clamp_min(({_BUDGETS} - {_CONSUMED})"
                            f" / ({_BUDGET} (deriv(github_billing_budget_consumed_usd{{@}}[4d])) > 0), 0)",
                            "s",
                            missing="not at this pace",
                        ),
                    ),
                ),
                Lines(
                    title="This month and the last",
                    note="The bill since the month began, and as it stood 30 days before, so that days of the two "
                    f"months meet, give or take one. {_NET} {_MONTH}",
                    unit="currencyUSD",
                    width=12,
                    queries=(
                        Query("sum(github_billing_month_net_usd{@})", "this month"),
                        Query(
                            f"sum(github_billing_month_net_usd{{@}} offset {MONTH})",
                            "30 days before",
                        ),
                    ),
                ),
                Table(
                    title="Cost centers by month",
                    note="Cost centers stand for teams: GitHub bills no others; usage without one has an empty name. "
                    f"The last 30 days and the 30 before them. {_NET} {_EXPORT}",
                    keys={"cost_center": "Cost center"},
                    columns=month_and_month_before(
                        "github_usage_report_net_usd_total", "cost_center"
                    ),
                ),
                Lines(
                    title="The month so far: $product",
                    note=f"{_NET} {_MONTH}",
                    unit="currencyUSD",
                    width=6,
                    height=6,
                    repeat="product",
                    queries=(
                        Query(
                            "sum by (product)"
                            ' (github_billing_month_net_usd{@, product=~"$product"})',
                            "{{product}}",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "Where it goes",
            (
                by_day(
                    "Cost a day by product",
                    f"{_NET} {_DAY}",
                    "github_billing_net_usd_total",
                    "product",
                    unit="currencyUSD",
                    width=12,
                ),
                Table(
                    title="Products in the time range",
                    note=_LATE,
                    keys={"product": "Product", "sku": "SKU"},
                    columns=counted(
                        "product, sku",
                        {
                            "Net": "github_billing_net_usd_total",
                            "Gross": "github_billing_gross_usd_total",
                            "Discount": "github_billing_discount_usd_total",
                        },
                        unit="currencyUSD",
                    ),
                ),
                Table(
                    title="Cost centers in the time range",
                    note=f"Usage without a cost center has an empty one. {_NET} {_EXPORT}",
                    keys={"cost_center": "Cost center", "organization": "Organization"},
                    columns=(
                        Column(
                            "Net",
                            in_range(
                                "github_usage_report_net_usd_total", "cost_center, organization"
                            ),
                            "currencyUSD",
                        ),
                    ),
                ),
                Table(
                    title="Exports",
                    note="Report exports that GitHub lists, by status: without completed ones the "
                    "panels that need them stand still.",
                    keys={"report_type": "Report", "status": "Status"},
                    columns=(
                        Column(
                            "Exports",
                            "sum by (report_type, status) (github_usage_report_exports{@})",
                        ),
                    ),
                ),
            ),
        ),
        Row(
            "AI credits",
            (
                by_day(
                    "AI credits a day by model",
                    f"Credits, not money. Each point is the sum of the 24 hours before it. "
                    f"{_CREDITS}",
                    "github_ai_credit_quantity_total",
                    "model",
                    width=12,
                ),
                Table(
                    title="Models in the time range",
                    note=f"{_NET} Tokens are in exports only. {_CREDITS}",
                    keys={"model": "Model"},
                    columns=(
                        Column(
                            "Net",
                            in_range("github_ai_credit_net_usd_total", "model"),
                            "currencyUSD",
                        ),
                        Column("Credits", in_range("github_ai_credit_quantity_total", "model")),
                        Column(
                            "Tokens",
                            in_range("github_ai_credit_tokens_total", "model"),
                            missing="unknown",
                        ),
                    ),
                ),
                by_day(
                    "AI credits a day by cost center, in dollars",
                    f"{_NET} Each point is the sum of the 24 hours before it. {_BY_TEAM} {_CREDITS}",
                    "github_ai_credit_net_usd_total",
                    "cost_center",
                    unit="currencyUSD",
                    width=12,
                    most=12,
                ),
                Table(
                    title="Models and teams in the time range",
                    note=f"{_NET} Included credits are 0 dollars. auto: Copilot chose the model. {_BY_TEAM} {_CREDITS}",
                    keys={
                        "model": "Model",
                        "selection": "Selection",
                        "organization": "Organization",
                        "cost_center": "Cost center",
                    },
                    columns=(
                        *counted(
                            _OF_TEAMS, {"Net": "github_ai_credit_net_usd_total"}, unit="currencyUSD"
                        ),
                        *counted(_OF_TEAMS, {"Credits": "github_ai_credit_quantity_total"}),
                    ),
                ),
            ),
        ),
    ),
)
