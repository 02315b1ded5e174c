"""What the bill comes to, series by series."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from exporter.model import Window
from exporter.simulator.world.billing import AI_CREDIT, AUTO, PREMIUM_REQUEST, Billing, UsageItem

Labels: TypeAlias = tuple[tuple[str, str], ...]
Count: TypeAlias = tuple[str, Labels, int | Decimal]


def billing_counts(billing: Billing, window: Window, as_of: float) -> Iterator[Count]:
    """Every line that is posted, as the billing API and as the files of the exports tell it."""
    for item in billing.items(window.start, window.end, as_of):
        sku, unit = item.sku, ("unit", item.sku.unit)
        labels = (
            ("product", sku.product),
            ("sku", sku.name),
            ("organization", item.organization),
        )
        charged = item.cost_center.name if item.cost_center else ""
        charged_labels = (*labels, ("cost_center", charged))
        for prefix, series in (("billing", labels), ("usage_report", charged_labels)):
            yield f"github_{prefix}_gross_usd_total", series, item.gross
            yield f"github_{prefix}_discount_usd_total", series, item.discount
            yield f"github_{prefix}_net_usd_total", series, item.net
            yield f"github_{prefix}_quantity_total", (*series, unit), item.quantity
        if sku.product == "copilot":
            yield "assistant_cost_usd_total", (), item.net
        yield from _of_models(item, charged)


def _of_models(item: UsageItem, charged: str) -> Iterator[Count]:
    model = ("model", item.model.removeprefix(AUTO))
    selection = ("selection", "auto" if item.model.startswith(AUTO) else "explicit")
    labels = (model, ("organization", item.organization), ("cost_center", charged), selection)
    of_sku = (("product", item.sku.product), ("sku", item.sku.name), *labels[1:-1])
    for sku, name in ((PREMIUM_REQUEST, "premium_request"), (AI_CREDIT, "ai_credit")):
        if item.sku.name == sku:
            yield f"github_{name}_quantity_total", labels, item.quantity
            yield f"github_{name}_net_usd_total", labels, item.net
            yield f"github_{name}_sku_quantity_total", of_sku, item.quantity
            yield f"github_{name}_sku_net_usd_total", of_sku, item.net
    if item.sku.name == AI_CREDIT:
        for kind, count in item.tokens._asdict().items() if item.tokens else ():
            yield "github_ai_credit_tokens_total", (model, ("token_kind", kind), selection), count
