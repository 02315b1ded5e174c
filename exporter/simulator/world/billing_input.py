"""Lines of the bill that a test posts, and what it wishes of the exports."""

import datetime
from decimal import Decimal

import msgspec

from exporter.simulator.world.billing import COST_CENTERS, Sku, UsageItem
from exporter.simulator.world.exports import ExportDesk


class UsageInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A line for `date`; a credit note has no quantity and a discount."""

    date: datetime.date
    product: str = "actions"
    sku: str = "actions_linux"
    unit: str = "minutes"
    price: Decimal = Decimal("0.006")
    quantity: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    organization: str = "acme"
    repository: str = ""
    cost_center: str | None = None
    username: str = ""
    model: str = ""

    def item(self, now: float) -> UsageItem:
        """The line that this describes, posted at this moment."""
        on = datetime.datetime.combine(self.date, datetime.time(), datetime.UTC)
        charged = [one for one in COST_CENTERS if self.cost_center in one]
        return UsageItem(
            day=int(on.timestamp()),
            posted=now,
            sku=Sku(self.product, self.sku, self.unit, self.price),
            quantity=self.quantity,
            discount=self.discount,
            organization=self.organization,
            repository=self.repository,
            cost_center=charged[0] if charged else None,
            username=self.username,
            model=self.model,
        )


class ExportsInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many of the next exports fail, how long they take, whether the customer's job runs."""

    failing: int | None = None
    processing_seconds: float | None = None
    nightly: bool | None = None

    def apply(self, desk: ExportDesk) -> None:
        """Change what is given."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None:
                setattr(desk, name, value)
