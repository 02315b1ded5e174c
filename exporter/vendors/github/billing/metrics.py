"""The metrics of stream `billing_usage`: the bill by day, the month to date, the budgets."""

from exporter.streams import common_metrics, kit
from exporter.vendors.github.billing.api import Budget


def spend(
    gross: str, discount: str, net: str, quantity: str, *, api: str, labels: tuple[str, ...]
) -> tuple[kit.Group, kit.Group]:
    """The counters that every bill has, by their names: its dollars, and its units."""
    dollars = {
        gross: "US dollars before discounts",
        discount: "US dollars that discounts and included usage take off",
        net: "US dollars that are billed, as GitHub states them",
    }
    units = {quantity: "Units that were used"}
    foldable = tuple(label for label in labels if label != "product")
    return (
        kit.Group.counters(dollars, api=api, labels=labels, foldable_labels=foldable),
        kit.Group.counters(units, api=api, labels=(*labels, "unit"), foldable_labels=foldable),
    )


DOLLARS, UNITS = spend(
    "github_billing_gross_usd_total",
    "github_billing_discount_usd_total",
    "github_billing_net_usd_total",
    "github_billing_quantity_total",
    api="GitHub billing usage API, polled; by UTC day, posted up to 5 days late",
    labels=("product", "sku", "organization"),
)
COPILOT_COST = kit.Group(common_metrics.COST)
COUNTERS = (*DOLLARS.metrics, *UNITS.metrics, *COPILOT_COST.metrics)

MONTH_NET = kit.Metric(
    "github_billing_month_net_usd",
    kit.MetricType.GAUGE,
    "US dollars billed since the month began in UTC, all cost centers included "
    "(GitHub billing usage summary API, polled; posted up to 5 days late).",
    ("product",),
)

BUDGETS = kit.Table(
    Budget,
    api="GitHub budgets API, as last polled",
    labels=("budget_scope", "budget_name"),
    names_people=True,
    foldable_labels=("budget_name",),
)
BUDGETS.gauge("github_billing_budget_usd", "Limit of a budget in US dollars a month", "dollars")
BUDGETS.gauge(
    "github_billing_budget_licenses",
    "Limit of a budget of a product that is billed by license",
    "licenses",
)
BUDGETS.gauge(
    "github_billing_budget_consumed_usd",
    "US dollars of a budget that are used up, where GitHub tells",
    "consumed",
)

METRICS = (*COUNTERS, MONTH_NET, *BUDGETS.metrics)
