"""Usage and cost of a Claude Enterprise organization, as the older reports and the newer ones tell them."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import exact
from exporter.vendors.anthropic.currency import DOLLARS
from exporter.vendors.anthropic.enterprise_usage import metrics
from exporter.vendors.anthropic.enterprise_usage.metrics import Figures
from exporter.vendors.anthropic.pages import Report
from exporter.vendors.anthropic.tokens import Tokens

_OTHER_GROUPS = kit.names(
    "context_window inference_geo speed rbac_group_id slack_channel_id cost_type token_type"
)


class Usage(Tokens, kw_only=True):
    """Tokens, and requests where they are known."""

    requests: kit.Count | None = None

    @property
    def figures(self) -> Figures:
        found: dict[tuple[kit.Group, tuple[str, ...]], int | Decimal | None] = {
            (metrics.REQUESTS, ()): self.requests
        }
        for kind, number in self.by_kind.items():
            found[metrics.TOKENS, (kind,)] = number
        return found


class Cost(msgspec.Struct, kw_only=True):
    """An amount in cents, with fractions: after discounts, and by the price list."""

    ignored: ClassVar[frozenset[str]] = kit.names("requests")

    amount: Decimal
    list_amount: Decimal | None = None
    currency: str | None = None

    def __post_init__(self) -> None:
        self.amount = kit.checked("amount", exact, self.amount)
        if self.list_amount is not None:
            self.list_amount = kit.checked("list_amount", exact, self.list_amount)

    @property
    def figures(self) -> Figures:
        """Dollars; nothing where the amount is in another currency."""
        if self.currency not in DOLLARS:
            return {}
        gross = None if self.list_amount is None else self.list_amount.scaleb(-2)
        return {
            (metrics.COST, (metrics.NET,)): self.amount.scaleb(-2),
            (metrics.COST, (metrics.LIST,)): gross,
        }


class Group(msgspec.Struct, kw_only=True):
    """What a row is of; null is what Anthropic does not know."""

    product: str | None = None
    model: str | None = None

    @property
    def labels(self) -> tuple[str, str]:
        return self.product or kit.UNKNOWN, self.model or kit.UNKNOWN


class UsageResult(Usage, kw_only=True):
    """A row within a bucket."""

    ignored: ClassVar[frozenset[str]] = Tokens.ignored | _OTHER_GROUPS

    product: str | None = None
    model: str | None = None

    @property
    def group(self) -> Group:
        return Group(product=self.product, model=self.model)


class CostResult(Cost, kw_only=True):
    """A row within a bucket."""

    ignored: ClassVar[frozenset[str]] = Cost.ignored | _OTHER_GROUPS

    product: str | None = None
    model: str | None = None

    @property
    def group(self) -> Group:
        return Group(product=self.product, model=self.model)


class Slice(msgspec.Struct, kw_only=True):
    """A UTC day, or a part of it."""

    starting_at: str
    ending_at: str

    def __post_init__(self) -> None:
        kit.checked("starting_at", kit.moment, self.starting_at)

    @property
    def day(self) -> int:
        return kit.floor(kit.moment(self.starting_at), kit.DAY)


class UsageBucket(Slice, kw_only=True):
    results: list[UsageResult]


class CostBucket(Slice, kw_only=True):
    results: list[CostResult]


class UsageRow(Slice, kw_only=True):
    """A row of the newer report; one without use is left out."""

    group: Group
    usage: Usage

    @property
    def figures(self) -> Figures:
        return self.usage.figures


class CostRow(Slice, kw_only=True):
    """A row of the newer report; one without cost is left out."""

    group: Group
    cost: Cost

    @property
    def figures(self) -> Figures:
        return self.cost.figures


class Exported(Report, kw_only=True):
    """A page of an export; where none covers the range it was never refreshed."""

    ignored: ClassVar[frozenset[str]] = kit.names("organization_id")

    data_refreshed_at: str | None = None

    def __post_init__(self) -> None:
        if self.data_refreshed_at is not None:
            kit.checked("data_refreshed_at", kit.moment, self.data_refreshed_at)


class UsageBuckets(Exported, kw_only=True):
    data: list[UsageBucket]


class CostBuckets(Exported, kw_only=True):
    data: list[CostBucket]


class UsageRows(Exported, kw_only=True):
    data: list[UsageRow]


class CostRows(Exported, kw_only=True):
    data: list[CostRow]
