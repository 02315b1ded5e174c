"""Usage events that a test puts into the world, as they are posted."""

from decimal import Decimal
from typing import Annotated, TypeAlias

import msgspec

from exporter.simulator.world.changes import MODELS
from exporter.simulator.world.usage_events import USAGE_BASED, Price, Tokens, UsageEvent

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class TokensInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """The tokens of an event, all of them optional."""

    input_tokens: _Count = 0
    output_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    cache_read_tokens: _Count = 0


class UsageEventInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A usage event as the API writes it, all of it optional; by a person, and never priced again."""

    timestamp: str | None = None
    model: str = MODELS[0]
    kind: str = USAGE_BASED
    is_chargeable: bool = True
    charged_cents: Decimal = Decimal(0)
    requests_costs: Decimal = Decimal(0)
    token_usage: TokensInput | None = None

    def __post_init__(self) -> None:
        if self.timestamp is not None:
            int(self.timestamp)

    def event(self, email: str, now: float) -> UsageEvent:
        """The event that this describes, by somebody; a second ago if it has no time."""
        usage = self.token_usage
        return UsageEvent(
            created_ms=int(now * 1000) - 1000 if self.timestamp is None else int(self.timestamp),
            user_email=email,
            model=self.model,
            tokens=None
            if usage is None
            else Tokens(
                usage.input_tokens,
                usage.output_tokens,
                usage.cache_write_tokens,
                usage.cache_read_tokens,
            ),
            price=Price(self.kind, self.is_chargeable, self.charged_cents, self.requests_costs),
            service_account=False,
            cloud_agent=None,
            automation=None,
            headless=False,
        )
