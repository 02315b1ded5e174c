"""A Claude Enterprise organization: what its people do, how many are active, and what it is billed."""

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from operator import add, sub
from typing import NamedTuple, TypeAlias

from exporter.model import DAY, HOUR, floor
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

BUILT_AFTER = DAY + 10 * HOUR
"""How long after its begin a day of engagement is built: at 10:00 UTC of the next day."""
EXPORTED_EVERY = 4 * HOUR
EXPORTED_AFTER = HOUR
PENDING_INVITES = 7
ALL = "all"
USED = ("chat", "claude_code", "cowork")
"""The products that people are counted in."""
WINDOWS = {"daily": 1, "weekly": 7, "monthly": 30}
"""The windows that people are counted in, with their days."""

_PRODUCTS = ("chat", "claude_code", "cowork", "office_agent")
_MODELS = ("claude-opus-5", "claude-sonnet-5", "claude-haiku-5")
_CACHED_DAYS = 75
_WHOLE = 16

Group: TypeAlias = tuple[str | None, str | None]
"""Product and model; both are None where it is not known what the money is for."""


class UserDay(NamedTuple):
    """What a person did on a day."""

    person: int
    messages: int = 0
    cowork_messages: int = 0
    commits: int = 0
    pull_requests: int = 0
    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    edits_accepted: int = 0
    edits_rejected: int = 0

    def part(self, part: int, whole: int) -> "UserDay":
        _, *values = self
        return UserDay(self.person, *(value * part // whole for value in values))

    @property
    def products(self) -> Iterator[str]:
        """What the person used."""
        used = zip(USED, (self.messages, self.sessions, self.cowork_messages), strict=True)
        return (product for product, number in used if number)


class Billed(NamedTuple):
    """Tokens, requests and cents of a product and model on a day."""

    uncached_input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    requests: int = 0
    net: Decimal = Decimal(0)
    list: Decimal = Decimal(0)

    def part(self, part: int, whole: int) -> "Billed":
        """So much of it; cents keep six places."""
        return Billed._make(
            _cents(value * part / whole) if isinstance(value, Decimal) else value * part // whole
            for value in self
        )

    def plus(self, other: "Billed") -> "Billed":
        return Billed._make(map(add, self, other))

    def less(self, other: "Billed") -> "Billed":
        return Billed._make(map(sub, self, other))


class ClaudeEnterprise:
    """The organization by the day, as its Analytics API has it at a moment."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self._quiet: float | None = None
        self._put: list[tuple[float, int, Group, Billed]] = []
        self._day = functools.lru_cache(maxsize=_CACHED_DAYS)(self._people)
        self._used = functools.lru_cache(maxsize=_CACHED_DAYS)(self._active)
        self._counts = functools.lru_cache(maxsize=_CACHED_DAYS)(self._count_active)
        self._bill = functools.lru_cache(maxsize=_CACHED_DAYS)(self._groups)

    def quiet(self, since: float | None) -> None:
        """Let what is told stand still from `since` on; None lifts it."""
        self._quiet = since

    def put(self, day: int, group: Group, billed: Billed, now: float) -> None:
        """Bill a group for the day that starts at `day`, in place of what it was billed."""
        self._put.append((now, day, group, billed))

    @property
    def seats(self) -> int:
        return len(self.rollout.developers) + 5

    def latest(self, as_of: float) -> int:
        """The start of the newest day of engagement that is built."""
        return floor(self._moment(as_of) - BUILT_AFTER, DAY)

    def days(self, start: float, end: float, as_of: float) -> range:
        """The starts of the days in [start, end) that are built."""
        first = max(-(-int(start) // DAY) * DAY, self.rollout.first)
        return range(first, min(int(end), self.latest(as_of) + 1), DAY)

    def users(self, day: int, as_of: float) -> list[UserDay]:
        """Everybody who has a seat, with what was done on a day that is built."""
        built_for = int((self._moment(as_of) - BUILT_AFTER - day) // DAY)
        return [_as_built(user, built_for) for user in self._day(day // DAY)]

    def active(self, day: int, product: str, window: str) -> int:
        """How many people used a product, or any (`all`), in the window that ends with a day."""
        return self._counts(day // DAY)[product, window]

    def _count_active(self, day: int) -> Mapping[tuple[str, str], int]:
        """How many people are active by product and window."""
        found: dict[tuple[str, str], int] = {}
        for window, days in WINDOWS.items():
            used = [self._used(each) for each in range(day, day - days, -1)]
            for product in (ALL, *USED):
                found[product, window] = len(set().union(*(each[product] for each in used)))
        return found

    def _active(self, day: int) -> Mapping[str, set[int]]:
        """The people by the product that they used on a day."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for user in self._day(day):
            for product in user.products:
                found[product].add(user.person)
                found[ALL].add(user.person)
        return found

    def refreshed(self, as_of: float) -> int:
        """Up to when the newest export of usage and cost tells."""
        return floor(self._moment(as_of) - EXPORTED_AFTER, EXPORTED_EVERY)

    def billed_days(self, start: float, end: float, as_of: float) -> range:
        """The starts of the days in [start, end) that an export tells of."""
        first = max(-(-int(start) // DAY) * DAY, self.rollout.first)
        return range(first, min(int(end), self.refreshed(as_of)), DAY)

    def billed(self, day: int, as_of: float) -> dict[Group, Billed]:
        """What is billed for the day that starts at `day`, by product and model."""
        elapsed = self.refreshed(as_of) - day
        found: dict[Group, Billed] = {}
        if elapsed > 0:
            found = dict(_as_exported(self._bill(day // DAY), elapsed))
        for since, of, group, billed in self._put:
            if of == day and since <= as_of:
                found[group] = billed
        return {group: billed for group, billed in found.items() if any(billed)}

    def _moment(self, as_of: float) -> float:
        return as_of if self._quiet is None else min(as_of, self._quiet)

    def _people(self, day: int) -> Sequence[UserDay]:
        chance = randomness(self.rollout.seed, "claude enterprise", day)
        rows = []
        for person in range(len(self.rollout.developers)):
            present = chance.random() < (0.05 if weekend(day) else 0.8)
            level, codes, works = (
                chance.randint(1, 30),
                chance.random() < 0.6,
                chance.random() < 0.2,
            )
            if not self.rollout.begun(person, day * DAY):
                continue
            user = UserDay(person)
            if present:
                user = _working(person, level, codes=codes, works=works)
            rows.append(user)
        return rows

    def _groups(self, day: int) -> Mapping[Group, Billed]:
        chance = randomness(self.rollout.seed, "claude bill", day)
        people = len(self.rollout.people(day * DAY))
        busy = 0.1 if weekend(day) else 1
        return {
            (product, model): _of_requests(int(people * busy * chance.uniform(4, 40)), place)
            for place, model in enumerate(_MODELS)
            for product in _PRODUCTS
        }


def _as_built(user: UserDay, built_for: int) -> UserDay:
    """A day that was built so many days ago: some people's are revised on the two days after."""
    if user.person % 5 == 0 and built_for < 1:
        return user.part(_WHOLE - 1, _WHOLE)
    if user.person % 7 == 0 and built_for < 2:
        return user.part(_WHOLE + 1, _WHOLE)
    return user


def _as_exported(groups: Mapping[Group, Billed], elapsed: int) -> Iterator[tuple[Group, Billed]]:
    """What an export tells so long after a day's begin.

    The day fills by the hour. For two days a part of each product's is not known to be its; after nine
    days a discount is granted, and after twenty it is taken back in part.
    """
    unknown = Billed()
    for (product, model), billed in groups.items():
        told = billed
        if elapsed < DAY:
            told = billed.part(elapsed // HOUR, DAY // HOUR)
        if elapsed >= 9 * DAY:
            percent = 97 if elapsed < 20 * DAY else 99
            told = told._replace(net=_cents(told.net * percent / 100))
        if elapsed < 2 * DAY:
            aside = told.part(1, _WHOLE)
            unknown, told = unknown.plus(aside), told.less(aside)
        yield (product, model), told
    yield (None, None), unknown


def _working(person: int, level: int, *, codes: bool, works: bool) -> UserDay:
    edits = level * 2 if codes else 0
    return UserDay(
        person,
        messages=level,
        cowork_messages=level // 3 if works else 0,
        commits=edits // 6,
        pull_requests=edits // 20,
        sessions=1 + edits // 9 if codes else 0,
        lines_added=edits * 15,
        lines_removed=edits * 4,
        edits_accepted=edits,
        edits_rejected=edits // 8,
    )


def _of_requests(requests: int, place: int) -> Billed:
    gross = _cents(Decimal(requests) * (7 - 2 * place) / 9)
    return Billed(
        uncached_input=requests * 1_307,
        output=requests * 411,
        cache_read=requests * 9_003,
        cache_write_5m=requests * 217,
        cache_write_1h=requests * 31,
        requests=requests,
        net=_cents(gross * 4 / 5),
        list=gross,
    )


def _cents(amount: Decimal) -> Decimal:
    return round(amount, 6)
