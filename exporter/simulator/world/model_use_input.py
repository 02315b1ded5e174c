"""Requests to models that a test puts into the world."""

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from exporter.simulator.world.model_use import MODELS, STANDARD, Extra, ModelUse, Tokens

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class ModelUseInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Requests, all of it optional: now, in the default workspace, and never corrected.

    `cents` is a charge or, below zero, a credit of the type `cost_type`.
    """

    timestamp: float | None = None
    workspace: str | None = None
    model: str = MODELS[0]
    service_tier: str = STANDARD
    input_uncached: _Count = 0
    input_cache_read: _Count = 0
    cache_write_5m: _Count = 0
    cache_write_1h: _Count = 0
    output: _Count = 0
    web_search_requests: _Count = 0
    cost_type: str | None = None
    cents: Decimal = Decimal(0)

    def use(self, now: float) -> ModelUse:
        """The requests that this describes."""
        moment = now - 1 if self.timestamp is None else self.timestamp
        return ModelUse(
            created_ms=int(moment * 1000),
            workspace=self.workspace,
            model=self.model,
            tier=self.service_tier,
            tokens=Tokens(
                self.input_uncached,
                self.input_cache_read,
                self.cache_write_5m,
                self.cache_write_1h,
                self.output,
            ),
            searches=self.web_search_requests,
            extra=Extra(self.cost_type, self.cents) if self.cents else None,
        )
