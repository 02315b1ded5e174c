"""The limits that the enterprise set itself: one of them from before the rollout, too small for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from exporter.model import DAY, floor
from exporter.simulator.world.billing import AI_CREDIT, Billing, UsageItem, cents
from exporter.simulator.world.people import Developer
from exporter.simulator.world.seats import month_start

_COPILOT_DOLLARS_A_DEVELOPER = 8
"""Less than half of what a seat costs: it was enough while few had begun."""
_ACTIONS_DOLLARS_A_REPOSITORY = 230
_REPOSITORIES = 7
_PEOPLE = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit of dollars a month for a product or for one thing with a price."""

    number: int
    scope: str
    entity: str
    covers: str
    amount: int

    def pays(self, item: UsageItem) -> bool:
        """Whether a line of the bill counts against it."""
        owner = {
            "enterprise": self.entity,
            "organization": item.organization,
            "repository": item.repository,
            "user": item.username,
        }[self.scope]
        names = {item.sku.product, "ai_credits" if item.sku.name == AI_CREDIT else item.sku.name}
        return owner == self.entity and self.covers in names


def consumed(budget: Budget, billing: Billing, now: float) -> Decimal:
    """What of this month's bill counts against it, as far as it is posted; never below zero."""
    month = billing.items(month_start(now), floor(now, DAY) + DAY, now)
    return max(
        cents(sum((item.net for item in month if budget.pays(item)), Decimal(0))), Decimal(0)
    )


def budgets(
    enterprise: str,
    organizations: Sequence[str],
    repositories: Sequence[str],
    developers: Sequence[Developer],
) -> Iterator[Budget]:
    """All of them."""
    actions = _ACTIONS_DOLLARS_A_REPOSITORY * len(repositories)
    copilot = _COPILOT_DOLLARS_A_DEVELOPER * len(developers)
    yield Budget(0, "enterprise", enterprise, "actions", actions)
    yield Budget(1, "enterprise", enterprise, "copilot", copilot)
    for index, organization in enumerate(organizations):
        yield Budget(10 + index, "organization", organization, "packages", 1_000)
    for index, repository in enumerate(repositories[:_REPOSITORIES]):
        yield Budget(20 + index, "repository", repository, "actions_linux", 60)
    for index, person in enumerate(developers[:_PEOPLE]):
        yield Budget(40 + index, "user", person.login, "ai_credits", 50)
