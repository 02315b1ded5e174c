"""What GitHub's billing API speaks: its requests for organizations and enterprises, its records."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import ZERO, charge, exact
from exporter.vendors.github.billing.day import day_start
from exporter.vendors.github.vendor import GROUP, GithubTarget

_ROOTS = {
    "enterprise": "/enterprises/{enterprise}/settings/billing",
    "org": "/organizations/{org}/settings/billing",
}


def ask(
    target: GithubTarget, path: str, query: Mapping[str, int | str] | None = None, **more: str
) -> kit.Request:
    """A request to the billing API of an account; `more` are fields of the path."""
    endpoint = kit.Endpoint(f"{_ROOTS[target.scope]}/{path}", GROUP, conditional=True)
    return kit.Request(endpoint, {**target.scope_path, **more}, query or {})


def of_day(day: kit.Window) -> dict[str, int]:
    """The query for one day: without it GitHub adds up months."""
    date = kit.date_of(day.start)
    return {"year": date.year, "month": date.month, "day": date.day}


class Line(msgspec.Struct, rename="camel", kw_only=True):
    """A line of a bill, whichever endpoint tells it."""

    ignored: ClassVar = frozenset({"pricePerUnit"})

    product: str
    sku: str
    quantity: Decimal
    gross_amount: Decimal
    net_amount: Decimal
    discount_amount: Decimal = ZERO
    unit_type: str | None = None

    def __post_init__(self) -> None:
        self.quantity = kit.checked("quantity", exact, self.quantity)
        self.gross_amount = kit.checked("grossAmount", exact, self.gross_amount)
        self.net_amount = kit.checked("netAmount", exact, self.net_amount)
        self.discount_amount = kit.checked("discountAmount", exact, self.discount_amount)

    @property
    def dollars(self) -> tuple[Decimal, Decimal, Decimal]:
        """What it cost before discounts, what they take off, and what is billed."""
        return self.gross_amount, self.discount_amount, self.net_amount


class UsageItem(Line, kw_only=True):
    """One line of `usage`: a day, a price, an organization, at times a repository."""

    ignored: ClassVar = Line.ignored | {"repositoryName"}

    date: str
    organization_name: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        kit.checked("date", day_start, self.date)


class Usage(msgspec.Struct, rename="camel", kw_only=True):
    """`usage`: the lines of the asked day."""

    usage_items: list[UsageItem]


class SummaryItem(Line, kw_only=True):
    """One line of `usage/summary`: a price, over the asked time."""

    ignored: ClassVar = Line.ignored | {"model", "discountQuantity", "netQuantity"}

    quantity: Decimal = msgspec.field(name="grossQuantity")
    organization_name: ClassVar[None] = None


_REPEATED = frozenset(
    {"timePeriod", "enterprise", "organization", "user", "repository", "product", "sku"}
    | {"model", "costCenter", "costCenterId"}
)
"""What an answer repeats of its request."""


class Summary(msgspec.Struct, rename="camel", kw_only=True):
    """`usage/summary`; the filters that it repeats are ignored."""

    ignored: ClassVar = _REPEATED

    usage_items: list[SummaryItem]


class ModelItem(SummaryItem, kw_only=True):
    """One line of `ai_credit/usage` or `premium_request/usage`: a price and a model."""

    ignored: ClassVar = SummaryItem.ignored - {"model"}

    model: str | None = None


class ModelUsage(msgspec.Struct, rename="camel", kw_only=True):
    """`ai_credit/usage` and `premium_request/usage`: the lines of the asked time."""

    ignored: ClassVar = _REPEATED

    usage_items: list[ModelItem]


class CostCenter(msgspec.Struct):
    """A cost center; of its resources, which name people, nothing is kept."""

    ignored: ClassVar = frozenset(
        {"azure_subscription", "resources", "ai_credit_pool_enabled", "ai_credit_pool_state"}
    )

    id: str
    name: str = ""
    state: str | None = None


class CostCenters(msgspec.Struct, rename="camel", kw_only=True):
    """All cost centers of an enterprise, deleted ones among them."""

    cost_centers: list[CostCenter]


class Budget(msgspec.Struct, kw_only=True):
    """A budget: dollars, or licenses of a product that is billed by them."""

    ignored: ClassVar = frozenset(
        {"budget_type", "prevent_further_usage", "budget_alerting", "expires_at"}
    )

    id: str
    budget_scope: str
    budget_amount: Decimal
    budget_entity_name: str | None = None
    user: str | None = None
    consumed_amount: Decimal | None = None
    budget_product_sku: str | list[str] | None = None
    budget_product_skus: str | list[str] | None = None

    def __post_init__(self) -> None:
        self.budget_amount = kit.checked("budget_amount", charge, self.budget_amount)
        if self.consumed_amount is not None:
            self.consumed_amount = kit.checked("consumed_amount", exact, self.consumed_amount)

    @property
    def dollars(self) -> Decimal | None:
        """Its limit, where it is one of dollars."""
        return None if self._by_license else self.budget_amount

    @property
    def licenses(self) -> Decimal | None:
        """Its limit, where it is one of licenses."""
        return self.budget_amount if self._by_license else None

    @property
    def consumed(self) -> Decimal | None:
        """The dollars of it that are used up, where GitHub tells."""
        return None if self._by_license else self.consumed_amount

    @property
    def labels(self) -> tuple[str, str]:
        """Its scope and name: the user of a personal budget; else the entity, if any, and the products."""
        if self.budget_scope == "user":
            person = self.user or self.budget_entity_name
            return self.budget_scope, kit.Person(person) if person else kit.OTHER
        name = ": ".join(filter(None, (self.budget_entity_name, "+".join(self._products))))
        return self.budget_scope, name

    @property
    def _by_license(self) -> bool:
        return bool(self._products) and all("license" in name for name in self._products)

    @property
    def _products(self) -> list[str]:
        """What it is for: the documents and the answers spell the field in two ways."""
        found = self.budget_product_skus or self.budget_product_sku or []
        return [found] if isinstance(found, str) else found


class BudgetPage(msgspec.Struct):
    """A page of budgets."""

    ignored: ClassVar = frozenset({"total_count", "user", "effective_budget"})

    budgets: list[Budget]
    has_next_page: bool = False
