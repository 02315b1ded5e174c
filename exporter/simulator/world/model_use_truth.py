"""What requests to Claude models count: their tokens, their searches, and what they cost."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from exporter.model import Window
from exporter.simulator.world.console import DEFAULT
from exporter.simulator.world.model_use import SEARCH_CENTS, ModelUsage, ModelUse

_UNKNOWN = "unknown"

_Count: TypeAlias = tuple[str, tuple[tuple[str, str], ...], int | Decimal]


def model_use_counts(usage: ModelUsage, window: Window, as_of: float) -> Iterator[_Count]:
    """All requests of a window, as they are told at a moment."""
    for use in usage.told(window.start, window.end, as_of):
        workspace, model = ("workspace", use.workspace or DEFAULT), ("model", use.model)
        for kind, tokens in use.tokens._asdict().items():
            labels = (workspace, model, ("service_tier", use.tier), ("token_kind", kind))
            yield "anthropic_tokens_total", labels, tokens
        yield "anthropic_web_search_requests_total", (workspace,), use.searches
        for named, cost_type, kind, cents in _costs(use):
            labels = (workspace, ("model", named), ("cost_type", cost_type), ("token_kind", kind))
            yield "anthropic_cost_usd_total", labels, cents / 100


def _costs(use: ModelUse) -> Iterator[tuple[str, str, str, Decimal]]:
    """Model, type of cost, kind of token, and cents."""
    for kind, cents in use.token_cents.items():
        yield use.model, "tokens", kind, cents
    if use.searches:
        yield _UNKNOWN, "web_search", _UNKNOWN, SEARCH_CENTS * use.searches
    if use.extra is not None:
        yield _UNKNOWN, use.extra.cost_type or _UNKNOWN, _UNKNOWN, use.extra.cents
