"""The metrics of stream `billing_usage`: the bill by day, the month to date, the budgets."""

from functools import partial

from exporter.streams import common_metrics, kit
from exporter.vendors.github.billing.api import Budget

_API = "GitHub billing usage API, polled; by UTC day, posted up to 5 days late"
_LABELS = ("product", "sku", "organization")

_counter = partial(kit.Metric, type=kit.MetricType.COUNTER, foldable_labels=("sku", "organization"))

GROSS = _counter(
    "github_billing_gross_usd_total",
    help=f"US dollars before discounts ({_API}).",
    labels=_LABELS,
)
DISCOUNT = _counter(
    "github_billing_discount_usd_total",
    help=f"US dollars that discounts and included usage take off ({_API}).",
    labels=_LABELS,
)
NET = _counter(
    "github_billing_net_usd_total",
    help=f"US dollars that are billed: gross less discount ({_API}).",
    labels=_LABELS,
)
QUANTITY = _counter(
    "github_billing_quantity_total",
    help=f"Units that were used ({_API}).",
    labels=(*_LABELS, "unit"),
)

DOLLARS = kit.Group(GROSS, DISCOUNT, NET)
UNITS = kit.Group(QUANTITY)
COPILOT_COST = kit.Group(common_metrics.COST)
COUNTERS = (GROSS, DISCOUNT, NET, QUANTITY, common_metrics.COST)

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
