"""REST API traffic by five-minute bucket, which the platform tells late and revises."""

import functools
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self, TypeAlias

from exporter.model import DAY, HOUR, MINUTE, floor
from exporter.simulator.world.callers import ROUTES, Caller, installations, personal_callers
from exporter.simulator.world.people import hire
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

BUCKET = 5 * MINUTE
WHOLE = 16
"""A unit's value is told in sixteenths while it is revised."""
OVERSHOOT_SHARE = 0.04
CACHED_BUCKETS = 10 * DAY // BUCKET
CACHED_DAYS = 128


Sender: TypeAlias = tuple[Caller, str, str]
"""Who asks, with which method, for which route."""


class UnknownUnitError(LookupError):
    """A revision names a unit of traffic that the world does not have."""


@dataclass(frozen=True, slots=True)
class Lag:
    """After a bucket's end: seconds until its first part is told, and until it is final."""

    start: int = 4 * HOUR
    end: int = 6 * HOUR

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(
                f"lag: start {self.start} s and end {self.end} s must rise from 0 or more"
            )


class Unit(NamedTuple):
    """The requests of one caller to one route in one bucket."""

    caller: Caller
    method: str
    route: str
    total: int
    limited: int
    last_request: int
    last_limited: int | None

    @property
    def identity(self) -> tuple[object, ...]:
        return *self.caller.identity, self.method, self.route

    @property
    def sender(self) -> Sender:
        return self[:3]


class Sums:
    """All requests, and the limited ones among them, by their sender."""

    def __init__(self) -> None:
        self.total: Counter[Sender] = Counter()
        self.limited: Counter[Sender] = Counter()

    def add(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self.total[unit.sender] += unit.total
            if unit.limited:
                self.limited[unit.sender] += unit.limited

    def take_back(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self.total[unit.sender] -= unit.total
            self.limited[unit.sender] -= unit.limited

    def add_sums(self, other: Self) -> None:
        self.total.update(other.total)
        self.limited.update(other.limited)


class _Edit(NamedTuple):
    visible_from: float
    unit: Unit
    replaces: bool


class Traffic:
    """All traffic of the organization."""

    def __init__(self, seed: int, developers: int, first: int, lag: Lag) -> None:
        self.lag = lag
        self.first = first
        self._seed = seed
        self._developers = hire(seed, developers)
        self._personal = personal_callers(seed, developers)
        self._installations = installations(seed)
        self._edits: dict[int, list[_Edit]] = {}
        self._quiet: float | None = None
        self._bucket = functools.lru_cache(maxsize=CACHED_BUCKETS)(self._generate)
        self._day = functools.lru_cache(maxsize=CACHED_DAYS)(self._sums_of_day)
        self._part = functools.lru_cache(maxsize=512)(self._scaled)
        self._plan = functools.lru_cache(maxsize=4096)(self._revisions)
        self._burst = functools.lru_cache(maxsize=512)(self._burst_of_hour)
        self._at_work = functools.lru_cache(maxsize=64)(self._people_at_work)

    def visible(
        self, start: float, end: float, as_of: float
    ) -> Iterator[tuple[int, Sequence[Unit]]]:
        """The buckets that start in [start, end), as they are told at `as_of`."""
        low = math.ceil(max(start, self.first) / BUCKET) * BUCKET
        last = min(end, as_of + BUCKET)
        for bucket in range(low, math.ceil(last), BUCKET):
            units = self._told(bucket, as_of)
            edits = self._edits.get(bucket)
            yield bucket, _edited(units, edits, as_of) if edits else units
        for bucket in sorted(self._edits):
            if start <= bucket < end and not low <= bucket < last:
                yield bucket, _edited((), self._edits[bucket], as_of)

    def sums(self, start: float, end: float, as_of: float) -> Sums:
        """The requests in the buckets that start in [start, end), as they are told at `as_of`."""
        sums = Sums()
        days = self._final_days(start, end, as_of)
        for day in days:
            sums.add_sums(self._day(day))
        for bucket, edits in self._edits.items():
            if days and days.start <= bucket < days.stop:
                generated = self._generated(bucket)
                sums.take_back(generated)
                sums.add(_edited(generated, edits, as_of))
        edges = [(start, days.start), (days.stop, end)] if days else [(start, end)]
        for since, until in edges:
            for _, units in self.visible(since, until, as_of):
                sums.add(units)
        return sums

    def inject(self, moment: float, unit: Unit, now: float) -> None:
        """Add requests to the bucket of `moment`, visible from `now` on without any lag."""
        self._edits.setdefault(floor(moment, BUCKET), []).append(_Edit(now, unit, replaces=False))

    def revise(self, moment: float, unit: Unit, now: float) -> None:
        """Set a unit of the bucket of `moment` to the values of `unit`, visible from `now` on."""
        bucket = floor(moment, BUCKET)
        known = {edit.unit.identity for edit in self._edits.get(bucket, ())}
        known.update(other.identity for other in self._generated(bucket))
        if unit.identity not in known:
            raise UnknownUnitError(
                f"traffic: no unit {unit.identity} in bucket {bucket}; inject it before revising it"
            )
        self._edits.setdefault(bucket, []).append(_Edit(now, unit, replaces=True))

    def quiet(self, since: float | None) -> None:
        """Generate no bucket that starts at or after `since`; None lifts it."""
        self._quiet = since

    def callers(self) -> Iterator[Caller]:
        """Everybody who ever calls, the injected ones last."""
        yield from (installation.caller for installation in self._installations)
        for callers in self._personal:
            yield from callers
        for edits in self._edits.values():
            yield from (edit.unit.caller for edit in edits)

    def _final_days(self, start: float, end: float, as_of: float) -> range:
        """The whole UTC days in [start, end) of which nothing is told anew but by an edit."""
        settled = min(end, as_of - self.lag.end, end if self._quiet is None else self._quiet)
        first = math.ceil(max(start, self.first) / DAY) * DAY
        return range(first, floor(settled, DAY), DAY)

    def _sums_of_day(self, day: int) -> Sums:
        sums = Sums()
        for bucket in range(day, day + DAY, BUCKET):
            sums.add(self._bucket(bucket))
        return sums

    def _generated(self, bucket: int) -> Sequence[Unit]:
        if bucket < self.first or (self._quiet is not None and bucket >= self._quiet):
            return ()
        return self._bucket(bucket)

    def _told(self, bucket: int, as_of: float) -> Sequence[Unit]:
        elapsed = as_of - bucket - BUCKET
        if elapsed >= self.lag.end:
            return self._generated(bucket)
        if elapsed < self.lag.start or not self._generated(bucket):
            return ()
        plan = self._plan(bucket)
        step = int((elapsed - self.lag.start) * len(plan) / (self.lag.end - self.lag.start))
        return self._part(bucket, plan[min(step, len(plan) - 1)])

    def _revisions(self, bucket: int) -> tuple[int, ...]:
        chance = randomness(self._seed, "revisions", bucket)
        parts = sorted(chance.randint(3, WHOLE) for _ in range(chance.randint(2, 5)))
        if chance.random() < OVERSHOOT_SHARE:
            parts[-1] = WHOLE + chance.randint(2, 6)
            # The first steps of a corrected bucket still grow, so that both directions are seen.
            parts.append(chance.randint(WHOLE - 2, WHOLE))
        return tuple(parts)

    def _scaled(self, bucket: int, part: int) -> tuple[Unit, ...]:
        units = (
            unit._replace(
                total=unit.total * part // WHOLE,
                limited=unit.limited * part // WHOLE,
                last_limited=unit.last_limited if unit.limited * part >= WHOLE else None,
            )
            for unit in self._bucket(bucket)
        )
        return tuple(unit for unit in units if unit.total)

    def _generate(self, bucket: int) -> tuple[Unit, ...]:
        chance = randomness(self._seed, "traffic", bucket)
        units: dict[Sender, Unit] = {}
        for unit in (*self._app_units(chance, bucket), *self._personal_units(chance, bucket)):
            units[unit.sender] = unit
        return tuple(units.values())

    def _app_units(self, chance: random.Random, bucket: int) -> Iterator[Unit]:
        # The organization's day: most of its offices are awake from 7 to 19 UTC.
        busy = 7 <= bucket % DAY // HOUR < 19 and not weekend(bucket // DAY)
        for app in self._installations:
            burst = self._burst(bucket // HOUR) if app.bursts else None
            if burst and burst[0] <= bucket % HOUR // BUCKET < burst[1]:
                total = chance.randint(4_000, 9_000)
                yield _unit(chance, bucket, app.caller, app.routes[0], total, total // 4)
                continue
            level = app.requests * (1.0 if busy else app.night)
            for route in app.routes:
                total = int(level / len(app.routes) * chance.uniform(0.5, 1.5))
                if total and chance.random() < 0.9:
                    yield _unit(chance, bucket, app.caller, route, total, 0)

    def _personal_units(self, chance: random.Random, bucket: int) -> Iterator[Unit]:
        people = self._at_work(bucket // HOUR % 24)
        share = 0.01 if weekend(bucket // DAY) else 0.12
        for index in chance.sample(people, k=round(len(people) * share)):
            caller = chance.choice(self._personal[index])
            for _ in range(chance.randint(1, 3)):
                total = int(chance.expovariate(1 / 12)) + 1
                limited = 0
                if chance.random() < 0.003:
                    total, limited = total + 300, chance.randint(3, 20)
                route = chance.randrange(len(ROUTES))
                yield _unit(chance, bucket, caller, route, total, limited)

    def _people_at_work(self, hour: int) -> tuple[int, ...]:
        return tuple(
            index
            for index, developer in enumerate(self._developers)
            if developer.working(hour * HOUR)
        )

    def _burst_of_hour(self, hour: int) -> tuple[int, int] | None:
        chance = randomness(self._seed, "burst", hour)
        if chance.random() > 0.06:
            return None
        first = chance.randrange(10)
        return first, first + chance.randint(1, 4)


def _unit(
    chance: random.Random, bucket: int, caller: Caller, route: int, total: int, limited: int
) -> Unit:
    last = bucket + chance.randrange(BUCKET)
    return Unit(caller, *ROUTES[route], total, limited, last, last if limited else None)


def _edited(units: Sequence[Unit], edits: Sequence[_Edit], as_of: float) -> list[Unit]:
    values = {unit.identity: unit for unit in units}
    for edit in edits:
        if edit.visible_from > as_of:
            continue
        present = None if edit.replaces else values.get(edit.unit.identity)
        values[edit.unit.identity] = _sum(present, edit.unit) if present else edit.unit
    return [unit for unit in values.values() if unit.total]


def _sum(one: Unit, other: Unit) -> Unit:
    limits = [moment for moment in (one.last_limited, other.last_limited) if moment is not None]
    return one._replace(
        total=one.total + other.total,
        limited=one.limited + other.limited,
        last_request=max(one.last_request, other.last_request),
        last_limited=max(limits, default=None),
    )
