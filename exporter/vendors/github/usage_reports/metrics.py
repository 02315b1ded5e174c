"""The metrics of stream `usage_reports`."""

from functools import partial

from exporter.streams import kit

_LATE = "polled; as late as the newest export, and a day settles within 5 days"
_API = f"GitHub usage report exports, {_LATE}"
_CREDITS = f"GitHub AI credit exports, {_LATE}"
_REQUESTS = f"GitHub premium request exports, {_LATE}"
_SPEND = ("product", "sku", "organization", "cost_center")
_MODEL = ("model", "organization", "cost_center")

EXPORTS = kit.Metric(
    "github_usage_report_exports",
    kit.MetricType.GAUGE,
    "Usage report exports that the enterprise has (GitHub usage report API, as last polled).",
    ("report_type", "status"),
)
LAST_EXPORT = kit.Metric(
    "github_usage_report_last_export_timestamp_seconds",
    kit.MetricType.GAUGE,
    "When the newest completed export was created (GitHub usage report API, as last polled).",
    ("report_type",),
    merge=kit.Merge.MAX,
)
GAUGES = (EXPORTS, LAST_EXPORT)

_counter = partial(kit.Metric, type=kit.MetricType.COUNTER)
_spend = partial(_counter, foldable_labels=("sku", "organization", "cost_center"))

GROSS = _spend(
    "github_usage_report_gross_usd_total",
    help=f"US dollars before discounts ({_API}).",
    labels=_SPEND,
)
DISCOUNT = _spend(
    "github_usage_report_discount_usd_total",
    help=f"US dollars that discounts and included usage take off ({_API}).",
    labels=_SPEND,
)
NET = _spend(
    "github_usage_report_net_usd_total",
    help=f"US dollars that are billed: gross less discount ({_API}).",
    labels=_SPEND,
)
QUANTITY = _spend(
    "github_usage_report_quantity_total",
    help=f"Units that were used ({_API}).",
    labels=(*_SPEND, "unit"),
)

CREDITS = _counter(
    "github_ai_credit_quantity_total",
    help=f"AI credits that were used ({_CREDITS}).",
    labels=_MODEL,
)
CREDITS_NET = _counter(
    "github_ai_credit_net_usd_total",
    help=f"US dollars that are billed for AI credits ({_CREDITS}).",
    labels=_MODEL,
)
CREDIT_TOKENS = _counter(
    "github_ai_credit_tokens_total",
    help=f"Tokens behind the AI credits, where the file has them ({_CREDITS}).",
    labels=("model", "token_kind"),
    foldable_labels=("model",),
)

PREMIUM = _counter(
    "github_premium_request_quantity_total",
    help=f"Premium requests that were used, what GitHub billed before AI credits ({_REQUESTS}).",
    labels=_MODEL,
)
PREMIUM_NET = _counter(
    "github_premium_request_net_usd_total",
    help=f"US dollars that are billed for premium requests ({_REQUESTS}).",
    labels=_MODEL,
)

METRICS = (
    *GAUGES,
    *(GROSS, DISCOUNT, NET, QUANTITY),
    *(CREDITS, CREDITS_NET, CREDIT_TOKENS),
    *(PREMIUM, PREMIUM_NET),
)
