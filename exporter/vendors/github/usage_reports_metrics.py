"""The metrics of stream `usage_reports`."""

from exporter.model import Merge, Metric, MetricType

_LATE = "polled; as late as the newest export, and a day settles within 5 days"
_API = f"GitHub usage report exports, {_LATE}"
_CREDITS = f"GitHub AI credit exports, {_LATE}"
_REQUESTS = f"GitHub premium request exports, {_LATE}"
_SPEND = ("product", "sku", "organization", "cost_center")
_SPEND_OPEN = ("sku", "organization", "cost_center")
_MODEL = ("model", "organization", "cost_center")

EXPORTS = Metric(
    "github_usage_report_exports",
    MetricType.GAUGE,
    "Usage report exports that the enterprise has (GitHub usage report API, as last polled).",
    ("report_type", "status"),
)
LAST_EXPORT = Metric(
    "github_usage_report_last_export_timestamp_seconds",
    MetricType.GAUGE,
    "When the newest completed export was created (GitHub usage report API, as last polled).",
    ("report_type",),
    merge=Merge.MAX,
)

GROSS = Metric(
    "github_usage_report_gross_usd_total",
    MetricType.COUNTER,
    f"US dollars before discounts ({_API}).",
    _SPEND,
    foldable_labels=_SPEND_OPEN,
)
DISCOUNT = Metric(
    "github_usage_report_discount_usd_total",
    MetricType.COUNTER,
    f"US dollars that discounts and included usage take off ({_API}).",
    _SPEND,
    foldable_labels=_SPEND_OPEN,
)
NET = Metric(
    "github_usage_report_net_usd_total",
    MetricType.COUNTER,
    f"US dollars that are billed: gross less discount ({_API}).",
    _SPEND,
    foldable_labels=_SPEND_OPEN,
)
QUANTITY = Metric(
    "github_usage_report_quantity_total",
    MetricType.COUNTER,
    f"Units that were used ({_API}).",
    (*_SPEND, "unit"),
    foldable_labels=_SPEND_OPEN,
)

CREDITS = Metric(
    "github_ai_credit_quantity_total",
    MetricType.COUNTER,
    f"AI credits that were used ({_CREDITS}).",
    _MODEL,
)
CREDITS_NET = Metric(
    "github_ai_credit_net_usd_total",
    MetricType.COUNTER,
    f"US dollars that are billed for AI credits ({_CREDITS}).",
    _MODEL,
)
CREDIT_TOKENS = Metric(
    "github_ai_credit_tokens_total",
    MetricType.COUNTER,
    f"Tokens behind the AI credits, where the file has them ({_CREDITS}).",
    ("model", "token_kind"),
    foldable_labels=("model",),
)

PREMIUM = Metric(
    "github_premium_request_quantity_total",
    MetricType.COUNTER,
    f"Premium requests that were used, what GitHub billed before AI credits ({_REQUESTS}).",
    _MODEL,
)
PREMIUM_NET = Metric(
    "github_premium_request_net_usd_total",
    MetricType.COUNTER,
    f"US dollars that are billed for premium requests ({_REQUESTS}).",
    _MODEL,
)

SPEND_COUNTERS = (GROSS, DISCOUNT, NET, QUANTITY)
CREDIT_COUNTERS = (CREDITS, CREDITS_NET, CREDIT_TOKENS)
PREMIUM_COUNTERS = (PREMIUM, PREMIUM_NET)
METRICS = (EXPORTS, LAST_EXPORT, *SPEND_COUNTERS, *CREDIT_COUNTERS, *PREMIUM_COUNTERS)
