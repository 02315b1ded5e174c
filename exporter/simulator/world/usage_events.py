"""Cursor's usage events: requests to models with their tokens, and what was charged for them, twice for some."""

import random
from decimal import Decimal
from typing import NamedTuple

from exporter.model import HOUR
from exporter.simulator.world.changes import MODELS
from exporter.simulator.world.people import Developer
from exporter.simulator.world.workday import DaySource, moment_of_work

EVENTS_PER_DEVELOPER_WEEK = 90
LATEST_PRICE = 40 * HOUR
"""After that an event is not priced again."""

USAGE_BASED, INCLUDED, FAILED = "Usage-based", "Included in Business", "Errored, Not Charged"
SERVICE_ACCOUNT = ("sa_1", "Nightly CI", "nightly-ci@acme.example")

_PRICED_AGAIN = 0.1
_CENTS_PER_THOUSAND = {
    "input": "0.3",
    "output": "1.5",
    "cache_write": "0.375",
    "cache_read": "0.03",
}
_PRICES = {kind: Decimal(cents) / 1000 for kind, cents in _CENTS_PER_THOUSAND.items()}
_FEE = Decimal("0.000025")
"""Cents a token, on top of what the model costs."""


class Tokens(NamedTuple):
    """The tokens of one request."""

    input: int
    output: int
    cache_write: int
    cache_read: int

    @property
    def cents(self) -> Decimal:
        """What the model costs."""
        counts = self._asdict().items()
        return sum((_PRICES[kind] * count for kind, count in counts), Decimal(0))


class Price(NamedTuple):
    """What a request is charged as."""

    kind: str
    chargeable: bool
    cents: Decimal
    units: Decimal


class UsageEvent(NamedTuple):
    """One request; `later` is its price from the moment `priced_ms` on. Two of them may be equal."""

    created_ms: int
    user_email: str
    model: str
    tokens: Tokens | None
    price: Price
    service_account: bool
    cloud_agent: str | None
    automation: str | None
    headless: bool
    later: Price | None = None
    priced_ms: int = 0

    @property
    def actor(self) -> str:
        """Who or what made it."""
        if self.automation:
            return "automation"
        if self.service_account:
            return "service_account"
        return "cloud_agent" if self.cloud_agent else "human"


def told(event: UsageEvent, as_of: float) -> UsageEvent:
    """An event with the price that it has at a moment."""
    if event.later is None or as_of * 1000 < event.priced_ms:
        return event
    return event._replace(price=event.later)


class UsageEventSource(DaySource[UsageEvent]):
    """Generates a day's usage events."""

    kind = "usage events"
    each_a_week = EVENTS_PER_DEVELOPER_WEEK

    def _made(self, chance: random.Random, day: int, _: int, author: Developer) -> UsageEvent:
        at, roll = moment_of_work(chance, day, author), chance.random()
        tokens = None if roll < 0.05 else _tokens(chance)
        price = _price(tokens, included=roll < 0.4)
        agent = f"bc_{chance.randrange(40)}" if chance.random() < 0.12 else None
        serves = agent is not None and chance.random() < 0.3
        later = None
        if tokens is not None and chance.random() < _PRICED_AGAIN:
            later = _price(tokens, included=chance.random() < 0.3, factor=chance.choice((80, 125)))
        return UsageEvent(
            created_ms=at,
            user_email=SERVICE_ACCOUNT[2] if serves else author.email,
            model=chance.choice(MODELS),
            tokens=tokens,
            price=price,
            service_account=serves,
            cloud_agent=agent,
            automation=f"auto-{chance.randrange(5)}" if agent and chance.random() < 0.2 else None,
            headless=agent is not None,
            later=later,
            priced_ms=at + int(chance.uniform(1, LATEST_PRICE) * 1000),
        )


def _tokens(chance: random.Random) -> Tokens:
    sizes = (2_000, 600, 4_000, 30_000)
    return Tokens(*(int(chance.expovariate(1 / size)) for size in sizes))


def _price(tokens: Tokens | None, *, included: bool, factor: int = 100) -> Price:
    """With the fee for tokens; included use is valued too."""
    if tokens is None:
        return Price(FAILED, chargeable=False, cents=Decimal(0), units=Decimal(0))
    cents = (tokens.cents + _FEE * sum(tokens)) * factor / 100
    kind = INCLUDED if included else USAGE_BASED
    return Price(kind, not included, cents, (cents / 4).quantize(Decimal("0.1")))
