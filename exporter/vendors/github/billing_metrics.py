"""The metrics of stream `billing_usage`."""

from exporter.model import Metric, MetricType
from exporter.streams import common_metrics

_API = "GitHub billing usage API, polled; by UTC day, posted up to 5 days late"
_LABELS = ("product", "sku", "organization")
_OPEN = ("sku", "organization")

GROSS = Metric(
    "github_billing_gross_usd_total",
    MetricType.COUNTER,
    f"US dollars before discounts ({_API}).",
    _LABELS,
    foldable_labels=_OPEN,
)
DISCOUNT = Metric(
    "github_billing_discount_usd_total",
    MetricType.COUNTER,
    f"US dollars that discounts and included usage take off ({_API}).",
    _LABELS,
    foldable_labels=_OPEN,
)
NET = Metric(
    "github_billing_net_usd_total",
    MetricType.COUNTER,
    f"US dollars that are billed: gross less discount ({_API}).",
    _LABELS,
    foldable_labels=_OPEN,
)
QUANTITY = Metric(
    "github_billing_quantity_total",
    MetricType.COUNTER,
    f"Units that were used ({_API}).",
    (*_LABELS, "unit"),
    foldable_labels=_OPEN,
)
COUNTERS = (GROSS, DISCOUNT, NET, QUANTITY, common_metrics.COST)

MONTH_NET = Metric(
    "github_billing_month_net_usd",
    MetricType.GAUGE,
    "US dollars billed since the month began in UTC, all cost centers included "
    "(GitHub billing usage summary API, polled; posted up to 5 days late).",
    ("product",),
)

_BUDGETS = "GitHub budgets API, as last polled"
_BUDGET_LABELS = ("budget_scope", "budget_name")

BUDGET = Metric(
    "github_billing_budget_usd",
    MetricType.GAUGE,
    f"Limit of a budget in US dollars a month ({_BUDGETS}).",
    _BUDGET_LABELS,
    names_people=True,
    foldable_labels=("budget_name",),
)
BUDGET_LICENSES = Metric(
    "github_billing_budget_licenses",
    MetricType.GAUGE,
    f"Limit of a budget of a product that is billed by license ({_BUDGETS}).",
    _BUDGET_LABELS,
    names_people=True,
    foldable_labels=("budget_name",),
)
BUDGET_CONSUMED = Metric(
    "github_billing_budget_consumed_usd",
    MetricType.GAUGE,
    f"US dollars of a budget that are used up, where GitHub tells ({_BUDGETS}).",
    _BUDGET_LABELS,
    names_people=True,
    foldable_labels=("budget_name",),
)
BUDGETS = (BUDGET, BUDGET_LICENSES, BUDGET_CONSUMED)

METRICS = (*COUNTERS, MONTH_NET, *BUDGETS)
