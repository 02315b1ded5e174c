"""What people and API keys did with Claude Code on each UTC day, told by the hour and revised later."""

import functools
import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import add
from typing import Literal, NamedTuple

from exporter.model import DAY, HOUR
from exporter.simulator.world.rollout import Rollout, lags
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

REPORTED_AFTER = HOUR
"""How old something is when it is told."""
CACHED_DAYS = 75
LARGE, MEDIUM, SMALL = "claude-opus-5", "claude-sonnet-5", "claude-haiku-5"
API_KEYS = ("ci-nightly", "release-notes")

_WHOLE = 16
_TERMINALS = ("vscode", "iTerm.app", "tmux", "WarpTerminal")
_CENTS = {
    LARGE: ("0.0005", "0.0025", "0.00005", "0.000625"),
    MEDIUM: ("0.0003", "0.0015", "0.00003", "0.000375"),
    SMALL: ("0.0001", "0.0005", "0.00001", "0.000125"),
}
"""The price of a token of each kind, in cents."""


class Tokens(NamedTuple):
    """The tokens of a model, by kind."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_creation: int = 0

    def cents(self, model: str) -> Decimal:
        """What the tokens are worth."""
        prices = map(Decimal, _CENTS[model])
        return sum((n * price for n, price in zip(self, prices, strict=True)), Decimal(0))


class CodeWork(NamedTuple):
    """The sums of an actor's day at one terminal."""

    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    pull_requests: int = 0
    edits_accepted: int = 0
    edits_rejected: int = 0
    writes_accepted: int = 0
    writes_rejected: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_creation: int = 0
    small_input: int = 0
    small_output: int = 0

    def plus(self, other: "CodeWork") -> "CodeWork":
        return CodeWork._make(map(add, self, other))

    def part(self, part: int, whole: int) -> "CodeWork":
        return CodeWork._make(value * part // whole for value in self)


class Actor(NamedTuple):
    """A person by the e-mail address, or an API key by its name."""

    type: Literal["user_actor", "api_actor"]
    name: str


class ActorDay(NamedTuple):
    """What an actor did on a day at one kind of terminal, paid in one way, there or remotely."""

    actor: Actor
    customer_type: str
    terminal: str
    remote: bool
    model: str
    work: CodeWork

    @property
    def identity(self) -> tuple[object, ...]:
        return self.actor, self.customer_type, self.terminal, self.remote

    @property
    def models(self) -> dict[str, Tokens]:
        """The tokens by model; a model without any is left out."""
        work = self.work
        found = {
            self.model: Tokens(work.input, work.output, work.cache_read, work.cache_creation),
            SMALL: Tokens(work.small_input, work.small_output),
        }
        return {model: tokens for model, tokens in found.items() if any(tokens)}


class _Planned(NamedTuple):
    row: ActorDay
    sixteenths: int
    settled: int
    """How much of it is told from the day's end until so many seconds later: less, or too much."""


class ClaudeCode:
    """All days of all actors, and what was put into the world."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self._quiet: float | None = None
        self._put: list[tuple[float, int, ActorDay]] = []
        self._day = functools.lru_cache(maxsize=CACHED_DAYS)(self._generate)

    def quiet(self, since: float | None) -> None:
        """Let what is told stand still from `since` on; None lifts it."""
        self._quiet = since

    def put(self, day: int, row: ActorDay, now: float) -> None:
        """Tell an actor's row of the day that starts at `day`, in place of what was told of it."""
        self._put.append((now, day, row))

    def days(self, start: float, end: float, as_of: float) -> Iterator[int]:
        """The starts of the days in [start, end) that have begun."""
        first = max(-(-int(start) // DAY) * DAY, self.rollout.first)
        yield from (day for day in range(first, int(end), DAY) if day <= as_of)

    def told(self, day: int, as_of: float) -> list[ActorDay]:
        """The rows of the day that starts at `day`, as told at `as_of`; those without work are missing."""
        moment = (as_of if self._quiet is None else min(as_of, self._quiet)) - REPORTED_AFTER
        rows: dict[tuple[object, ...], ActorDay] = {}
        if self.rollout.first <= day <= moment:
            for planned in self._day(day // DAY):
                row = planned.row._replace(work=_told(planned, moment - day))
                rows[row.identity] = row
        for since, of, row in self._put:
            if of == day and since <= as_of:
                rows[row.identity] = row
        return [row for row in rows.values() if any(row.work)]

    def _generate(self, day: int) -> Sequence[_Planned]:
        chance = randomness(self.rollout.seed, "claude code", day)
        rows: list[_Planned] = []
        for person, developer in enumerate(self.rollout.developers):
            # Drawn for everybody, so that one who begins changes nobody else's days.
            planned = _of_person(chance, day, developer.email, lagging=lags(developer))
            if self.rollout.begun(person, day * DAY):
                rows += planned
        rows += [_of_key(chance, name) for name in API_KEYS]
        return rows


def _told(planned: _Planned, elapsed: float) -> CodeWork:
    work = planned.row.work
    if elapsed < DAY:
        return work.part(int(elapsed // HOUR), DAY // HOUR)
    if elapsed < DAY + planned.settled:
        return work.part(planned.sixteenths, _WHOLE)
    return work


def _of_person(chance: random.Random, day: int, email: str, *, lagging: bool) -> list[_Planned]:
    """A person's day in the own terminal, and now and then a remote session."""
    present = chance.random() < (0.05 if weekend(day) else 0.8)
    level = chance.uniform(0.3, 1.7) * (0.4 if lagging else 1)
    customer_type = "subscription" if chance.random() < 0.2 else "api"
    terminal, model = chance.choice(_TERMINALS), chance.choice((LARGE, MEDIUM))
    actor = Actor("user_actor", email)
    own = ActorDay(actor, customer_type, terminal, False, model, _work(level))
    rows = [_revised(chance, own)]
    if chance.random() < 0.25:
        remote = ActorDay(actor, customer_type, "remote", True, MEDIUM, _work(level / 4))
        rows.append(_revised(chance, remote))
    return rows if present else []


def _of_key(chance: random.Random, name: str) -> _Planned:
    runs = chance.randint(5, 40)
    work = CodeWork(sessions=runs, input=runs * 4_000, output=runs * 600, cache_read=runs * 900)
    return _revised(
        chance, ActorDay(Actor("api_actor", name), "api", "non-interactive", False, MEDIUM, work)
    )


def _revised(chance: random.Random, row: ActorDay) -> _Planned:
    """Some rows lack a part until later, some have too much."""
    kind, seconds = chance.random(), chance.randint(1, DAY)
    if kind < 0.15:
        return _Planned(row, _WHOLE - chance.randint(1, 3), seconds)
    return _Planned(row, _WHOLE + (kind < 0.22), seconds)


def _work(level: float) -> CodeWork:
    edits, sessions = int(level * 30), int(level * 6)
    return CodeWork(
        sessions=sessions,
        lines_added=edits * 17,
        lines_removed=edits * 6,
        commits=int(level * 4),
        pull_requests=int(level * 2),
        edits_accepted=edits,
        edits_rejected=edits // 7,
        writes_accepted=edits // 4,
        writes_rejected=edits // 30,
        input=sessions * 21_003,
        output=sessions * 7_501,
        cache_read=sessions * 180_007,
        cache_creation=sessions * 9_001,
        small_input=sessions * 3_001,
        small_output=sessions * 203,
    )
