"""What the enterprise uses and is billed for: lines by day, some posted late, some taken back."""

import functools
import random
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from exporter.model import DAY, HOUR
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness

CACHED_DAYS = 75
LATEST_POSTING = 5 * DAY
LATE_SHARE = 0.04
CREDIT_SHARE = 0.03
CREDITED_UNTIL = 20
"""The last day of a month that is credited: what grows afterwards is more than what is taken back."""

MODELS = ("Claude Sonnet 4.6", "GPT-5.2", "Gemini 3 Pro", "Code Review model")
AUTO = "Auto: "
"""Before the name of a model that Copilot chose."""
INCLUDED_SHARE = 0.5
AUTO_SHARE = 0.2
AI_CREDIT = "copilot_ai_credit"
PREMIUM_REQUEST = "copilot_premium_request"
_SEAT_PRICE = Decimal(19)
_FINEST = Decimal("0.0001")


class CostCenter(NamedTuple):
    """Who is charged inside the enterprise."""

    id: str
    name: str
    state: str = "active"


COST_CENTERS = (
    CostCenter("2eeb8ffe-6903-11ee-8c99-0242ac120002", "Engineering"),
    CostCenter("3ffb9ffe-6903-11ee-8c99-0242ac120003", "Research"),
    CostCenter("40fcaffe-6903-11ee-8c99-0242ac120004", "Old product", "deleted"),
)
_CHARGED = (*COST_CENTERS, None)


class Sku(NamedTuple):
    """Something with a price."""

    product: str
    name: str
    unit: str
    price: Decimal


_OF_REPOSITORIES = (
    (Sku("actions", "actions_linux", "minutes", Decimal("0.006")), 600),
    (Sku("actions", "actions_windows", "minutes", Decimal("0.010")), 400),
    (Sku("actions", "actions_macos", "minutes", Decimal("0.062")), 200),
    (Sku("packages", "packages_bandwidth", "gigabytes", Decimal("0.50")), 12),
    (Sku("git_lfs", "git_lfs_storage", "gigabyte-hours", Decimal("0.000094")), 40_000),
)
"""What repositories use, each with the most of it a day."""
_CREDITS = Sku("copilot", AI_CREDIT, "ai-credits", Decimal("0.01"))
_REQUESTS = Sku("copilot", PREMIUM_REQUEST, "requests", Decimal("0.04"))
_SEATS = Sku("copilot", "copilot_for_business", "user-months", _SEAT_PRICE)


class Tokens(NamedTuple):
    """What a model read and wrote."""

    input: int
    output: int
    cache_read: int
    cache_write: int


class UsageItem(NamedTuple):
    """One line of the bill, on it from `posted` (Unix seconds) on; `day` is the start of its day."""

    day: int
    posted: float
    sku: Sku
    quantity: Decimal
    discount: Decimal
    organization: str
    repository: str = ""
    cost_center: CostCenter | None = None
    username: str = ""
    model: str = ""
    tokens: Tokens | None = None

    @property
    def gross(self) -> Decimal:
        return self.quantity * self.sku.price

    @property
    def net(self) -> Decimal:
        return self.gross - self.discount

    def credit(self, dollars: Decimal, posted: float) -> "UsageItem":
        """A credit note for the line."""
        return self._replace(quantity=Decimal(0), discount=dollars, posted=posted, tokens=None)


class Billing:
    """All lines; a day's are a function of the seed and the day."""

    def __init__(
        self, rollout: Rollout, organizations: Sequence[str], repositories: Sequence[str]
    ) -> None:
        self.organizations = tuple(organizations)
        self._rollout = rollout
        self._repositories = repositories
        self._day: Callable[[int], tuple[UsageItem, ...]] = functools.lru_cache(CACHED_DAYS)(
            self._generate
        )
        self._injected: list[UsageItem] = []
        self._quiet: float | None = None

    def inject(self, items: Sequence[UsageItem]) -> None:
        """Add lines."""
        self._injected.extend(items)

    def quiet(self, since: float | None) -> None:
        """Use nothing on days at or after `since`; None lifts it."""
        self._quiet = since

    def items(self, start: int, end: int, as_of: float) -> Iterator[UsageItem]:
        """The lines of days that start in [start, end), as far as they are posted at `as_of`."""
        last = end if self._quiet is None else min(end, int(self._quiet))
        for day in range(max(start, self._rollout.first), last, DAY):
            yield from (item for item in self._day(day) if item.posted <= as_of)
        for item in self._injected:
            if start <= item.day < end and item.posted <= as_of:
                yield item

    def invoice(self, year: int, month: int) -> dict[str, Decimal]:
        """What a month costs by product, when everything is posted."""
        start = int(datetime(year, month, 1, tzinfo=UTC).timestamp())
        end = start + monthrange(year, month)[1] * DAY
        invoice: dict[str, Decimal] = {}
        for item in self.items(start, end, end + 2 * LATEST_POSTING):
            invoice[item.sku.product] = invoice.get(item.sku.product, Decimal(0)) + item.net
        return invoice

    def _generate(self, day: int) -> tuple[UsageItem, ...]:
        chance = randomness(self._rollout.seed, "billing", day)
        on = date_of(day)
        items = [*self._use_of_repositories(chance, day), *self._use_of_copilot(chance, day)]
        if on.day <= CREDITED_UNTIL:
            items += [
                item.credit(cents(item.net / 2), posted_late(chance, day))
                for item in items
                if item.repository and chance.random() < CREDIT_SHARE
            ]
        return tuple(items)

    def _use_of_repositories(self, chance: random.Random, day: int) -> Iterator[UsageItem]:
        for index, repository in enumerate(self._repositories):
            for sku, most in _OF_REPOSITORIES:
                if chance.random() < 0.35:
                    continue
                quantity = Decimal(chance.randint(1, 100 * most)) / 100
                gross = quantity * sku.price
                yield UsageItem(
                    day,
                    self._posted(chance, day),
                    sku,
                    quantity,
                    cents(gross / 5) if chance.random() < 0.3 else Decimal(0),
                    self.organizations[index % len(self.organizations)],
                    repository,
                    _CHARGED[index % len(_CHARGED)],
                )

    def _use_of_copilot(self, chance: random.Random, day: int) -> Iterator[UsageItem]:
        on = date_of(day)
        of_month = Decimal(monthrange(on.year, on.month)[1])
        for index, developer in enumerate(self._rollout.developers):
            if not self._rollout.begun(index, day):
                continue
            team = TEAMS.index(developer.team) if developer.team in TEAMS else 0
            line = UsageItem(
                day,
                self._posted(chance, day),
                _SEATS,
                (1 / of_month).quantize(Decimal("0.000001")),
                Decimal(0),
                self.organizations[index % len(self.organizations)],
                cost_center=_CHARGED[team % len(_CHARGED)],
                username=developer.login,
            )
            yield line
            for model in chance.sample(MODELS, k=chance.randint(0, 2)):
                sku = _REQUESTS if chance.random() < 0.15 else _CREDITS
                quantity = Decimal(chance.randint(1, 900)) / 20
                roll = chance.random()
                yield line._replace(
                    posted=self._posted(chance, day),
                    sku=sku,
                    quantity=quantity,
                    discount=quantity * sku.price if roll < INCLUDED_SHARE else Decimal(0),
                    model=f"{AUTO}{model}" if abs(roll - 0.5) < AUTO_SHARE / 2 else model,
                    tokens=_tokens(chance, model) if sku is _CREDITS else None,
                )

    def _posted(self, chance: random.Random, day: int) -> float:
        if chance.random() < LATE_SHARE:
            return posted_late(chance, day)
        return day + chance.uniform(HOUR, DAY + 6 * HOUR)


def posted_late(chance: random.Random, day: int) -> float:
    """A moment up to five days after the day."""
    return day + DAY + chance.uniform(DAY, LATEST_POSTING)


def cents(dollars: Decimal) -> Decimal:
    """Hundredths of a cent, which is what GitHub's amounts have."""
    return dollars.quantize(_FINEST, ROUND_HALF_UP)


def date_of(day: int) -> date:
    """The date of a day by its start."""
    return datetime.fromtimestamp(day, UTC).date()


def _tokens(chance: random.Random, model: str) -> Tokens | None:
    if model == "Code Review model":
        return None
    return Tokens(*(chance.randint(10, top) for top in (40_000, 6_000, 90_000, 8_000)))
