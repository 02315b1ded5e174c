"""The families of `enterprise_usage`, and the figures of a row that they show."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TypeAlias

from exporter.streams import common_metrics, kit

API = "Claude Enterprise Analytics API, by UTC day; exported within 4 to 24 hours and revised for 30 days"
_LABELS = "product", "model"

TOKENS = kit.Group.counters(
    {"anthropic_enterprise_tokens_total": "Tokens by product and model; each token has one kind"},
    api=API,
    labels=(*_LABELS, "token_kind"),
    foldable_labels=_LABELS,
)
REQUESTS = kit.Group.counters(
    {"anthropic_enterprise_requests_total": "Requests to models, by product and model"},
    api=API,
    labels=_LABELS,
)
COST = kit.Group.counters(
    {
        "anthropic_enterprise_cost_usd_total": (
            "US dollars by product and model: net of discounts, before credits, and by the price list"
        )
    },
    api=API,
    labels=(*_LABELS, "price"),
    foldable_labels=_LABELS,
)
COMMON_TOKENS = kit.Group(common_metrics.TOKENS)
COMMON_COST = kit.Group(common_metrics.COST)
NET, LIST = "net", "list"

Figures: TypeAlias = Mapping[tuple[kit.Group, tuple[str, ...]], int | Decimal | None]
"""What a row adds to a family, by the labels that it has besides product and model; None is unknown."""

METRICS = tuple(
    metric
    for group in (TOKENS, REQUESTS, COST, COMMON_TOKENS, COMMON_COST)
    for metric in group.metrics
)
