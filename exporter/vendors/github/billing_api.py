"""What GitHub's billing API speaks: its endpoints for organizations and enterprises, its records."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from exporter.client.client import Endpoint
from exporter.model import OTHER, Person
from exporter.vendors.github.billing_day import DayText
from exporter.vendors.github.money import ZERO
from exporter.vendors.github.vendor import GROUP, GithubTarget

_ENTERPRISE = "/enterprises/{enterprise}/settings/billing"
_ORGANIZATION = "/organizations/{org}/settings/billing"

COST_CENTERS = Endpoint(f"{_ENTERPRISE}/cost-centers", GROUP, conditional=True)


@dataclass(frozen=True, slots=True)
class Billing:
    """The endpoints of one account, and the part of the path that names it."""

    usage: Endpoint
    summary: Endpoint
    budgets: Endpoint
    budget: Endpoint
    path: Mapping[str, str]

    @classmethod
    def of(cls, target: GithubTarget) -> "Billing":
        root = _ENTERPRISE if target.enterprise else _ORGANIZATION
        name, value = (
            ("enterprise", target.enterprise) if target.enterprise else ("org", str(target.org))
        )
        return cls(
            usage=Endpoint(f"{root}/usage", GROUP, conditional=True),
            summary=Endpoint(f"{root}/usage/summary", GROUP, conditional=True),
            budgets=Endpoint(f"{root}/budgets", GROUP, conditional=True),
            budget=Endpoint(f"{root}/budgets/{{budget_id}}", GROUP, conditional=True),
            path={name: value},
        )


class UsageItem(msgspec.Struct, rename="camel", kw_only=True):
    """One line of `usage`: a day, a price, an organization, at times a repository."""

    date: DayText
    product: str
    sku: str
    quantity: Decimal
    gross_amount: Decimal
    net_amount: Decimal
    discount_amount: Decimal = ZERO
    unit_type: str | None = None
    price_per_unit: Decimal | None = None
    organization_name: str | None = None
    repository_name: str | None = None


class Usage(msgspec.Struct, rename="camel", kw_only=True):
    """`usage`: the lines of the asked day."""

    usage_items: list[UsageItem]


class SummaryItem(msgspec.Struct, rename="camel", kw_only=True):
    """One line of `usage/summary`, and of the use by model: a price, over the asked time."""

    product: str
    sku: str
    model: str | None = None
    gross_quantity: Decimal
    gross_amount: Decimal
    net_amount: Decimal
    discount_amount: Decimal = ZERO
    unit_type: str | None = None
    price_per_unit: Decimal | None = None
    discount_quantity: Decimal | None = None
    net_quantity: Decimal | None = None


class Summary(msgspec.Struct, rename="camel", kw_only=True):
    """`usage/summary`, with the filters that it repeats."""

    usage_items: list[SummaryItem]
    time_period: Any = None
    enterprise: Any = None
    organization: Any = None
    user: Any = None
    repository: Any = None
    product: Any = None
    sku: Any = None
    cost_center: Any = None
    cost_center_id: Any = None


class CostCenter(msgspec.Struct, rename="camel", kw_only=True):
    """A cost center; of its resources, which name people, nothing is kept."""

    id: str
    name: str | None = None
    state: str | None = None
    azure_subscription: Any = msgspec.field(default=None, name="azure_subscription")
    resources: Any = None
    ai_credit_pool_enabled: Any = msgspec.field(default=None, name="ai_credit_pool_enabled")
    ai_credit_pool_state: Any = msgspec.field(default=None, name="ai_credit_pool_state")


class CostCenters(msgspec.Struct, rename="camel", kw_only=True):
    """All cost centers of an enterprise, deleted ones among them."""

    cost_centers: list[CostCenter]


class Budget(msgspec.Struct, kw_only=True):
    """A budget: dollars, or licenses of a product that is billed by them."""

    id: str
    budget_scope: str
    budget_amount: Decimal
    budget_type: str | None = None
    budget_entity_name: str | None = None
    user: str | None = None
    consumed_amount: Decimal | None = None
    budget_product_sku: str | list[str] | None = None
    budget_product_skus: str | list[str] | None = None
    prevent_further_usage: bool | None = None
    budget_alerting: Any = None
    expires_at: Any = None

    @property
    def products(self) -> list[str]:
        """What it is for: the documents and the answers spell the field in two ways."""
        found = self.budget_product_skus or self.budget_product_sku or []
        return [found] if isinstance(found, str) else found

    @property
    def by_license(self) -> bool:
        return bool(self.products) and all("license" in name for name in self.products)

    @property
    def name(self) -> str:
        """The user of a personal budget; else the entity, where it has one, and the products."""
        if self.budget_scope == "user":
            person = self.user or self.budget_entity_name
            return Person(person) if person else OTHER
        return ": ".join(filter(None, (self.budget_entity_name, "+".join(self.products))))


class BudgetPage(msgspec.Struct, kw_only=True):
    """A page of budgets."""

    budgets: list[Budget]
    has_next_page: bool = False
    total_count: int | None = None
    user: Any = None
    effective_budget: Any = None
