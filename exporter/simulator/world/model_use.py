"""Requests to Claude models: their tokens, and what they cost; some are told late, some are corrected."""

import random
from decimal import Decimal
from typing import NamedTuple

from exporter.model import DAY, HOUR, MINUTE, floor
from exporter.simulator.world.console import Console
from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.people import TEAMS, Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import moment_of_work, volume_of_day

USES_PER_DEVELOPER_WEEK = 60
OPENS_AFTER = 5 * MINUTE
"""How long after its begin a bucket is there."""
LATEST = 30 * HOUR
"""After that nothing of a request is told for the first time, and nothing of it is corrected."""

STANDARD, BATCH, PRIORITY = "standard", "batch", "priority"
CODE_EXECUTION, SESSIONS = "code_execution", "session_usage"

_CENTS_OF_A_MILLION = {
    "claude-opus-4-5": (500, 50, 625, 1_000, 2_500),
    "claude-sonnet-4-5": (300, 30, 375, 600, 1_500),
    "claude-haiku-4-5": (100, 10, 125, 200, 500),
}
MODELS = tuple(_CENTS_OF_A_MILLION)
SEARCH_CENTS = Decimal(1)
CREDIT_CENTS = Decimal("1.5")
_LATE = 0.05
_CORRECTED = 0.08


class Tokens(NamedTuple):
    """The tokens of requests, by kind."""

    input_uncached: int = 0
    input_cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0

    def of_percent(self, percent: int) -> "Tokens":
        return Tokens(*(count * percent // 100 for count in self))


class Extra(NamedTuple):
    """What is charged beside tokens and searches; without a type a credit is taken off already."""

    cost_type: str | None
    cents: Decimal


class ModelUse(NamedTuple):
    """Requests at a moment, told from `told_ms` on; `later` are their tokens from `corrected_ms` on.

    `workspace` is None where it is the default workspace.
    """

    created_ms: int
    workspace: str | None
    model: str
    tier: str
    tokens: Tokens
    searches: int = 0
    extra: Extra | None = None
    told_ms: int = 0
    later: Tokens | None = None
    corrected_ms: int = 0

    @property
    def token_cents(self) -> dict[str, Decimal]:
        """What the tokens cost by kind; those of the priority tier are paid for beforehand."""
        if self.tier == PRIORITY:
            return {}
        prices = _CENTS_OF_A_MILLION.get(self.model, _CENTS_OF_A_MILLION[MODELS[0]])
        halved = 2 if self.tier == BATCH else 1
        return {
            kind: Decimal(price * count) / (1_000_000 * halved)
            for kind, count, price in zip(Tokens._fields, self.tokens, prices, strict=True)
        }


def _told(use: ModelUse, as_of: float) -> ModelUse:
    """A use with the tokens that it has at a moment."""
    if use.later is None or as_of * 1000 < use.corrected_ms:
        return use
    return use._replace(tokens=use.later)


class ModelUsage:
    """All requests to models of the organization, and from when on its reports lack buckets."""

    def __init__(self, rollout: Rollout, console: Console) -> None:
        self._rollout = rollout
        self._console = console
        self._log: EventLog[ModelUse] = EventLog(
            self._day, rollout.first // DAY, _told, settled=LATEST
        )
        self.withheld_since: float | None = None

    def inject(self, uses: list[ModelUse], now: float) -> None:
        """Add requests that are told from `now` on."""
        self._log.inject(uses, now)

    def quiet(self, since: float | None) -> None:
        """Generate nothing at or after `since`; None lifts it."""
        self._log.quiet(since)

    def has_bucket(self, start: int, now: float) -> bool:
        """Whether the reports have the bucket that starts there."""
        withheld = self.withheld_since is not None and start >= self.withheld_since
        return start + OPENS_AFTER <= now and not withheld

    def told(self, start: int, end: int, as_of: float) -> list[ModelUse]:
        """What is told at a moment of the requests in [start, end)."""
        as_of_ms = as_of * 1000
        uses = self._log.between(start * 1000, end * 1000, as_of)
        return [use for use in uses if use.told_ms <= as_of_ms]

    def _day(self, day: int) -> list[ModelUse]:
        chance = randomness(self._rollout.seed, "model use", day)
        people = self._rollout.people(day * DAY)
        count = volume_of_day(chance, day, len(people), USES_PER_DEVELOPER_WEEK)
        uses = [
            self._use(chance, day, self._rollout.developers[chance.choice(people)])
            for _ in range(count)
        ]
        uses.sort(key=lambda use: use.created_ms)
        return uses

    def _use(self, chance: random.Random, day: int, author: Developer) -> ModelUse:
        at = moment_of_work(chance, day, author)
        opens = (floor(at / 1000, HOUR) + OPENS_AFTER) * 1000
        latest = LATEST if chance.random() < _LATE else OPENS_AFTER
        tokens, later = _tokens(chance), None
        if chance.random() < _CORRECTED:
            later = tokens.of_percent(chance.choice((75, 125)))
        return ModelUse(
            created_ms=at,
            workspace=self._workspace(chance, at, author),
            model=chance.choice(MODELS),
            tier=chance.choices((STANDARD, BATCH, PRIORITY), (90, 8, 2))[0],
            tokens=tokens,
            searches=chance.randrange(3) if chance.random() < 0.1 else 0,
            extra=_extra(chance),
            told_ms=max(opens, at + int(chance.uniform(MINUTE, latest) * 1000)),
            later=later,
            corrected_ms=at + int(chance.uniform(HOUR, LATEST) * 1000),
        )

    def _workspace(self, chance: random.Random, at: int, author: Developer) -> str | None:
        """The workspace of the author's team, while it is not archived."""
        workspaces = self._console.workspaces
        place = TEAMS.index(author.team)
        if chance.random() < 0.15 or place >= len(workspaces):
            return None
        found = workspaces[place]
        is_archived = found.archived is not None and found.archived * 1000 <= at
        return None if is_archived else found.id


def _tokens(chance: random.Random) -> Tokens:
    sizes = (2_000, 30_000, 4_000, 400, 600)
    return Tokens(*(int(chance.expovariate(1 / size)) for size in sizes))


def _extra(chance: random.Random) -> Extra | None:
    roll = chance.random()
    if roll < 0.03:
        return Extra(CODE_EXECUTION, Decimal("5.25"))
    if roll < 0.05:
        return Extra(SESSIONS, Decimal("12.0000001"))
    return Extra(None, Decimal("4.5")) if roll < 0.06 else None
