"""A range whose answers cannot be read costs that range: it is told, the rest is counted, and it is tried again."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from exporter.client.errors import PollError, RateLimitedError, SchemaError, State
from exporter.model import DAY, HOUR, Coverage, Sample, Window
from exporter.poll.job import Job
from exporter.poll.pieces import FAILURES, TRY_AGAIN
from exporter.poll.remarks import spans
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from tests.poll.rig import SEATS, THINGS, TODAY, Read, Rig

A_DAY = 10
"""What happens on each day, in each part of the account."""


class World:
    """A vendor with usage on every day that has begun; some days it tells in a way that nobody can read.

    `reads` are the ways in which streams ask for it.
    """

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.odd: set[int] = set()
        self.asked: list[Window] = []
        self.limited_at: tuple[str, int] | None = None
        self.refuses_the_present_alone = False
        self.reads: dict[str, Read] = {
            "one answer": self._one_answer,
            "a walk over days": self._days,
            "a walk over parts": self._parts,
            "an optional part": self._optional,
        }

    @property
    def now(self) -> float:
        return self.rig.clock.now

    def truth(self, parts: int = 1) -> int:
        days = range(TODAY, int(self.now) + 1, DAY)
        return A_DAY * parts * sum(day not in self.odd for day in days)

    def ask(self, window: Window, part: str = "") -> list[Sample]:
        """The days of the window; raises SchemaError where one of them is odd."""
        self.asked.append(window)
        if self.limited_at == (part, window.start):
            self.limited_at = None
            raise RateLimitedError("used up", self.now + HOUR)
        if self.refuses_the_present_alone and self.now - window.start < DAY:
            raise PollError("/things: a range needs a day that is over")
        days = [day.start for day in window.buckets(DAY) if day.start >= TODAY]
        if odd := self.odd.intersection(days):
            raise SchemaError(f"/things: {iso_day(min(odd))} cannot be read")
        return [Sample(THINGS, (part or "all",), A_DAY, day, part) for day in days]

    async def _one_answer(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        samples = self._told(source, self.ask(source.window))
        covers = [Coverage((THINGS,), source.window), Coverage((SEATS,))]
        yield Batch([*samples, Sample(SEATS, ("all",), 7)], covers)

    async def _days(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for day in source.days():
            samples = self._told(source, self.ask(day))
            covers = [Coverage((THINGS,), day)]
            yield Batch(samples, covers, partition=iso_day(day.start))
        yield Batch([Sample(SEATS, ("all",), 7)], [Coverage((SEATS,))])

    async def _parts(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for part in source.partitions(["1", "2"]):
            samples = self._told(source, self.ask(source.window, part))
            covers = [Coverage((THINGS,), source.window, part), Coverage((SEATS,), None, part)]
            seats = Sample(SEATS, (part,), 7, None, part)
            yield Batch([*samples, seats], covers, partition=part)

    async def _optional(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        yield Batch([Sample(SEATS, ("all",), 7)], [Coverage((SEATS,))])
        samples: list[Sample] = []
        async with source.optional("things") as part:
            samples = self._told(source, self.ask(source.window))
        if part.error is None:
            yield Batch(samples, [Coverage((THINGS,), source.window)])

    def _told(self, source: Source[Any, Any], samples: list[Sample]) -> list[Sample]:
        source.records += len(samples)
        source.has_data(self.now)
        return samples

    async def polls(self, job: Job, days: float, pause: int = 6 * HOUR) -> None:
        """Poll for so many days."""
        for _ in range(int(days * DAY / pause)):
            self.rig.clock.now += pause
            await self.rig.poller.poll(job)

    async def counted(self) -> float:
        page = await self.rig.page()
        return sum(value for key, value in page.items() if key[0] == THINGS.name)


@pytest.fixture
def world(rig: Rig) -> World:
    return World(rig)


WAYS = ("one answer", "a walk over days", "a walk over parts", "an optional part")
every_way = pytest.mark.parametrize("way", WAYS)


def _job(world: World, way: str) -> tuple[Job, int]:
    """A stream that asks in this way, and of how many parts its account is."""
    world.rig.reads["things"] = world.reads[way]
    return world.rig.job(), 2 if way == "a walk over parts" else 1


@every_way
async def test_an_odd_day_costs_that_day(world: World, way: str) -> None:
    """For good: all else is counted, the state says what is not, the window does not grow."""
    job, parts = _job(world, way)
    world.odd = {TODAY + 5 * DAY}
    await world.polls(job, 20)
    assert await world.counted() == world.truth(parts)
    assert job.status.state is State.OK
    assert job.status.reason == (
        "2026-01-10 is left out and asked for again every day, all else is counted: "
        + ("things: " if way == "an optional part" else "")
        + "/things: 2026-01-10 cannot be read"
    )
    assert job.status.left_out == DAY
    assert max(asked.end - asked.start for asked in world.asked[-30:]) <= 3 * DAY


@every_way
async def test_it_is_told_after_some_polls_and_counted_when_it_is_mended(
    world: World, way: str
) -> None:
    """Once, however long after it has left the lookback, and nothing is said of it any more."""
    job, parts = _job(world, way)
    world.odd = {TODAY + 5 * DAY}
    await world.polls(job, 12)
    world.odd = set()
    await world.polls(job, TRY_AGAIN / DAY + 1)
    assert await world.counted() == world.truth(parts)
    assert (job.status.state, job.status.reason, job.status.left_out) == (State.OK, "", 0)
    assert job.status.corrections == 0


@every_way
async def test_the_rest_of_the_days_is_not_told_as_gone(world: World, way: str) -> None:
    """The gauges of the present stay, and what was counted of the odd day before stays too."""
    job, parts = _job(world, way)
    await world.polls(job, 2.5)
    before = await world.counted()
    world.odd = {TODAY + DAY}
    await world.polls(job, 2)
    assert (await world.counted()) - before == 2 * A_DAY * parts
    assert [v for (name, *_), v in (await world.rig.page()).items() if name == SEATS.name] == [
        7
    ] * parts
    assert job.status.corrections == 0


async def test_the_third_poll_in_a_row_fails_and_the_next_one_leaves_out(world: World) -> None:
    """Also where the process is started anew for each poll."""
    job, _ = _job(world, "one answer")
    await world.polls(job, 1)
    world.odd = {TODAY + DAY}
    world.rig.clock.now = TODAY + 2 * DAY + HOUR
    for _ in range(FAILURES):
        await world.rig.restart()
        job = world.rig.job()
        await world.rig.poller.poll(job)
        assert job.status.state is State.SCHEMA_ERROR
    await world.rig.restart()
    job = world.rig.job()
    await world.rig.poller.poll(job)
    assert job.status.state is State.OK
    assert job.status.reason.startswith("2026-01-06 is left out")
    await world.rig.restart()
    job = world.rig.job()
    await world.rig.poller.restore(job)
    assert job.status.reason.startswith("2026-01-06 is left out")
    assert job.status.left_out == DAY


async def test_a_search_that_is_refused_is_not_begun_again_at_each_poll(world: World) -> None:
    """What is right at a whole may be wrong in pieces: the whole is asked for meanwhile, and counts."""
    job, _ = _job(world, "one answer")
    await world.polls(job, 5)
    world.refuses_the_present_alone = True
    states = []
    for odd in [{TODAY + 4 * DAY}] * FAILURES + [set()] * 2:
        world.odd = odd
        await world.polls(job, 1 / 24, pause=HOUR)
        states.append(job.status.state)
    assert states == [State.SCHEMA_ERROR] * FAILURES + [State.ERROR, State.OK]
    assert await world.counted() == world.truth()


@every_way
async def test_where_the_newest_day_is_odd_the_api_has_changed(world: World, way: str) -> None:
    """It stays an error, for which little is asked; when it is mended all is counted."""
    job, parts = _job(world, way)
    await world.polls(job, 5)
    world.odd = {TODAY + day * DAY for day in range(5, 60)}
    await world.polls(job, 2, pause=15 * 60)
    world.asked.clear()
    await world.polls(job, 1, pause=15 * 60)
    assert job.status.state is State.SCHEMA_ERROR
    assert len(world.asked) <= 4 * 24 * (1 + (way == "a walk over days")) + 20
    world.odd = set()
    await world.polls(job, 1)
    assert await world.counted() == world.truth(parts)
    assert (job.status.state, job.status.reason) == (State.OK, "")


async def test_where_most_days_are_odd_the_api_has_changed(world: World) -> None:
    """Though the newest day, which may be empty yet, can be read."""
    job, _ = _job(world, "one answer")
    await world.polls(job, 5)
    world.odd = {TODAY + day * DAY for day in range(3, 7)}
    world.rig.clock.now = TODAY + 7 * DAY + HOUR
    await world.polls(job, 0.5, pause=HOUR)
    assert job.status.state is State.SCHEMA_ERROR


async def test_a_walk_that_breaks_off_goes_on_in_its_piece(world: World) -> None:
    """With a day left out the window is read in pieces, and a quota ends the poll in the first of them."""
    job, parts = _job(world, "a walk over parts")
    world.odd = {TODAY + 5 * DAY}
    await world.polls(job, 6)
    assert job.status.reason.startswith("2026-01-10 is left out")
    world.limited_at = ("2", TODAY + 4 * DAY)
    await world.polls(job, 0.25)
    assert world.limited_at is None, "the piece before the odd day was not asked for"
    assert job.status.state is State.RATE_LIMITED
    await world.polls(job, 0.5)
    assert job.status.state is State.OK
    assert await world.counted() == world.truth(parts)


async def test_an_odd_day_that_the_vendor_no_longer_has_is_given_up(world: World) -> None:
    """It is told, and counted as lost."""
    job, _ = _job(world, "one answer")
    world.odd = {TODAY + 5 * DAY}
    await world.polls(job, 8)
    await world.polls(job, 26, pause=2 * DAY)
    assert job.status.lost == 0
    await world.polls(job, 0.75)
    assert job.status.lost == DAY
    assert job.status.left_out == 0
    assert job.status.reason == (
        "2026-01-10 was not told in time and is out of reach: it is not counted"
    )
    await world.polls(job, 2)
    assert (job.status.reason, job.status.lost) == ("", DAY)


def test_ranges_are_told_in_words() -> None:
    """Days by their dates, those that touch as one, other times as moments."""
    first, second = Window(TODAY, TODAY + DAY), Window(TODAY + DAY, TODAY + 2 * DAY)
    later = Window(TODAY + 5 * DAY, TODAY + 5 * DAY + HOUR)
    assert spans([second, first]) == "2026-01-05 to 2026-01-06"
    assert spans([first, later]) == "2026-01-05, 2026-01-10T00:00:00Z to 2026-01-10T01:00:00Z"
