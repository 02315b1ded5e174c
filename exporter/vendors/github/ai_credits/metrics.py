"""The metrics of stream `ai_credits`: what is used and billed by model, and the same by SKU."""

from exporter.streams import kit
from exporter.vendors.github.billing.by_model import CREDITS, PREMIUM

_API = "GitHub billing API, polled; by UTC day, posted up to 5 days late"
_LABELS = ("product", "sku", "organization", "cost_center")
_FOLDABLE = _LABELS[1:]

CREDIT_SKUS = kit.Group.counters(
    {
        "github_ai_credit_sku_quantity_total": "AI credits that were used, by SKU instead of model",
        "github_ai_credit_sku_net_usd_total": "US dollars that are billed for AI credits, by SKU "
        "instead of model",
    },
    api=_API,
    labels=_LABELS,
    foldable_labels=_FOLDABLE,
)
PREMIUM_SKUS = kit.Group.counters(
    {
        "github_premium_request_sku_quantity_total": "Premium requests that were used, by SKU "
        "instead of model",
        "github_premium_request_sku_net_usd_total": "US dollars that are billed for premium "
        "requests, by SKU instead of model",
    },
    api=_API,
    labels=_LABELS,
    foldable_labels=_FOLDABLE,
)

METRICS = tuple(
    metric for group in (CREDITS, CREDIT_SKUS, PREMIUM, PREMIUM_SKUS) for metric in group.metrics
)
