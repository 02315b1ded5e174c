"""AI credits and premium requests by model: what exports and the billing API both tell of.

Only one of them may count for an account, so the metrics are those of the stream that does.
"""

import re
from collections.abc import Sequence

from exporter.streams import kit

_API = (
    "GitHub billing API or usage report exports, polled; as late as the newest answer of theirs, "
    "and a UTC day settles within 5 days"
)
_LABELS = ("model", "organization", "cost_center", "selection")

CREDITS = kit.Group.counters(
    {
        "github_ai_credit_quantity_total": "AI credits that were used",
        "github_ai_credit_net_usd_total": "US dollars that are billed for AI credits",
    },
    api=_API,
    labels=_LABELS,
    foldable_labels=_LABELS[:-1],
)
PREMIUM = kit.Group.counters(
    {
        "github_premium_request_quantity_total": "Premium requests that were used, "
        "what GitHub billed before AI credits",
        "github_premium_request_net_usd_total": "US dollars that are billed for premium requests",
    },
    api=_API,
    labels=_LABELS,
    foldable_labels=_LABELS[:-1],
)

AI_CREDITS, PREMIUM_REQUESTS = "AI credits", "premium requests"
"""What two streams can count, in words."""

CREDIT, REQUEST = "credit", "request"
"""What quantities are counted in."""
_UNITS = (CREDIT, REQUEST)
_NO_LETTERS = re.compile(r"[^a-z]+")

AUTO, EXPLICIT = "auto", "explicit"
_AUTO_PREFIX = "Auto: "
"""Before the name of a model that Copilot chose."""


def unit_of(told: str) -> str:
    """A unit, whose spelling differs: ai-credits and credits are the same; empty where none is told."""
    plain = _NO_LETTERS.sub("", told.casefold()).removesuffix("s")
    return next((unit for unit in _UNITS if plain.endswith(unit)), plain)


def series_of(model: str, place: Sequence[str]) -> tuple[str, ...]:
    """The labels of a model at a place, which is an organization and a cost center."""
    chosen = model.removeprefix(_AUTO_PREFIX)
    return chosen or kit.UNKNOWN, *place, EXPLICIT if chosen == model else AUTO
