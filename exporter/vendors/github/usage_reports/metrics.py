"""The metrics of stream `usage_reports`."""

from exporter.streams import kit
from exporter.vendors.github.billing.by_model import CREDITS, PREMIUM
from exporter.vendors.github.billing.metrics import spend

_LATE = "polled; as late as the newest export, and a day settles within 5 days"

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

DOLLARS, UNITS = spend(
    "github_usage_report_gross_usd_total",
    "github_usage_report_discount_usd_total",
    "github_usage_report_net_usd_total",
    "github_usage_report_quantity_total",
    api=f"GitHub usage report exports, {_LATE}",
    labels=("product", "sku", "organization", "cost_center"),
)
CREDIT_TOKENS = kit.Group.counters(
    {
        "github_ai_credit_tokens_total": "Tokens behind the AI credits, where the file has them",
    },
    api=f"GitHub AI credit exports, {_LATE}",
    labels=("model", "token_kind", "selection"),
    foldable_labels=("model",),
)
COUNTERS = (DOLLARS, UNITS, CREDITS, CREDIT_TOKENS, PREMIUM)
METRICS = (*GAUGES, *(metric for group in COUNTERS for metric in group.metrics))
