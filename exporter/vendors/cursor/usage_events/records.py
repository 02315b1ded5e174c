"""Usage events as Cursor tells them."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import charge
from exporter.vendors.cursor.usage_events.metrics import TOKEN_KINDS


class _TokenUsage(msgspec.Struct, rename="camel", kw_only=True):
    """`totalCents` is what the model cost before discount and fee, not what was charged."""

    ignored: ClassVar = kit.names("totalCents discountPercentOff")

    input_tokens: kit.Count | None = None
    output_tokens: kit.Count | None = None
    cache_write_tokens: kit.Count | None = None
    cache_read_tokens: kit.Count | None = None

    @property
    def known(self) -> list[tuple[str, int]]:
        """The tokens by kind, without those that are unknown."""
        counts = (
            self.input_tokens,
            self.output_tokens,
            self.cache_write_tokens,
            self.cache_read_tokens,
        )
        pairs = zip(TOKEN_KINDS, counts, strict=True)
        return [(kind, count) for kind, count in pairs if count is not None]


class Event(msgspec.Struct, rename="camel", kw_only=True):
    """One request; `charged_cents` holds the fee for tokens already."""

    ignored: ClassVar = kit.names(
        "conversationId maxMode isTokenBasedCall isHeadless cursorTokenFee serviceAccountName "
        "isFreeBugbot teamId"
    )

    timestamp: str
    model: str | None = None
    kind: str | None = None
    user_email: str | None = None
    service_account_id: str | None = None
    cloud_agent_id: str | None = None
    automation_id: str | None = None
    is_chargeable: bool | None = None
    requests_costs: Decimal | None = None
    charged_cents: Decimal | None = None
    token_usage: _TokenUsage | None = None

    def __post_init__(self) -> None:
        kit.checked("timestamp", int, self.timestamp)
        if self.requests_costs is not None:
            self.requests_costs = kit.checked("requestsCosts", charge, self.requests_costs)
        if self.charged_cents is not None:
            self.charged_cents = kit.checked("chargedCents", charge, self.charged_cents)

    @property
    def moment(self) -> float:
        return int(self.timestamp) / 1000

    @property
    def actor(self) -> str:
        """Who or what made the request; of several the first that is not there by another's doing."""
        if self.automation_id:
            return "automation"
        if self.service_account_id:
            return "service_account"
        return "cloud_agent" if self.cloud_agent_id else "human"


class _Pagination(msgspec.Struct, rename="camel", kw_only=True):
    ignored: ClassVar = kit.names("numPages currentPage pageSize hasPreviousPage")

    has_next_page: bool


class EventsPage(msgspec.Struct, rename="camel", kw_only=True):
    """A page of events, and how many there are on all pages."""

    ignored: ClassVar = kit.names("period")

    total_usage_events_count: kit.Count
    pagination: _Pagination
    usage_events: list[Event]
