"""Walks over days and over partitions, by a vendor that fails half-way and a clock that may be wrong."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.client.errors import PollError, RateLimitedError, State, UnavailableError
from exporter.model import DAY, HOUR, Coverage, Sample, Window, floor
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from tests import one_thread
from tests.poll.rig import NOON, THINGS, TODAY, Rig
from tests.state_file import new_directory

LOOKBACK = 12 * HOUR
FIRST = floor(NOON - LOOKBACK, DAY)
"""The start of the first window."""
PARTS = ("a", "b", "c", "d")

Steps: TypeAlias = Sequence[tuple[int, int | None, int]]

steps = st.lists(
    st.tuples(
        st.integers(HOUR, 4 * DAY),
        st.none() | st.integers(0, 4),
        st.sampled_from([0, 0, 0, 2 * HOUR, -HOUR]),
    ),
    max_size=6,
)
"""How long after the poll before, after how many answers the vendor fails, how wrong the clock is."""


class Vendor(ABC):
    """Something happens every hour and is told up to eleven hours later. It is asked in a walk."""

    error: PollError

    def __init__(self, rig: Rig) -> None:
        self.now = NOON
        self.rig = rig
        self.walk: tuple[int, int] | None = None
        self._answers: int | None = None
        self._failed: State | None = None
        rig.reads["things"] = self.read

    @abstractmethod
    def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]: ...

    def told(self, start: float, end: float) -> int:
        """What happened from `start` to `end` and is told by now."""
        hours = range(floor(start, HOUR), int(end), HOUR)
        return sum(hour + hour // HOUR * 7 % 12 * HOUR <= self.now for hour in hours)

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        """Poll, `passed` seconds later by a clock that is wrong; the vendor fails after so many answers."""
        self.now += passed
        self.rig.clock.now = self.now + wrong
        self._answers, self._failed = answers, None
        job = self.rig.job(lookback=LOOKBACK)
        await self.rig.poller.poll(job)
        self.walk = job.status.walk
        assert job.status.state is (self._failed or State.OK), job.status.reason

    async def counted(self) -> dict[str, float]:
        """What was counted, by the only label."""
        state = await self.rig.store.load(self.rig.job().key)
        return {key[1][0]: float(s.counter - s.debt) for key, s in state.ledger.items()}

    def _things(self, source: Source[Any, Any], name: str, window: Window, **of: str) -> Batch:
        """What happened in a window, by day, where the vendor still answers."""
        if self._answers is not None:
            if self._answers == 0:
                self._failed = self.error.state
                raise self.error
            self._answers -= 1
        source.records += 1
        samples = [
            Sample(THINGS, (name,), self.told(day.start, day.end), day.start, **of)
            for day in window.buckets(DAY)
        ]
        covered = Coverage((THINGS,), window, of.get("partition"))
        return Batch(samples, [covered], partition=of.get("partition", iso_day(window.start)))


class Days(Vendor):
    """It is asked day by day, and does not answer at times."""

    error = UnavailableError("no answer")

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.asked: list[int] = []

    async def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for day in source.days():
            things = self._things(source, "a", day)
            self.asked.append((day.start - TODAY) // DAY)
            yield things

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        self.asked.clear()
        await super().poll(passed, answers, wrong)

    async def total(self) -> float:
        return (await self.counted())["a"]


class Parts(Vendor):
    """It has four parts that do the same, and its quota ends between them."""

    error = RateLimitedError("the quota is used up", retry_at=0)

    async def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for part in source.partitions(PARTS):
            yield self._things(source, part, source.window, partition=part)


async def interrupted(kind: type[Vendor], polls: Steps) -> dict[str, float]:
    """What is counted after these polls and two whole ones, less what the vendor tells of it."""
    with new_directory() as directory:
        rig = Rig(directory)
        rig.start()
        vendor = kind(rig)
        # The first of the last two may end a walk that began long ago.
        for passed, answers, wrong in [(0, None, 0), *polls, (HOUR, None, 0), (HOUR, None, 0)]:
            await vendor.poll(passed, answers, wrong)
            await rig.restart()
        counted = await vendor.counted()
        await rig.store.close()
    return {part: count - vendor.told(FIRST, vendor.now) for part, count in counted.items()}


@settings(max_examples=60, deadline=None)
@example([(HOUR, None, 0), (3 * DAY, 2, 0), (2 * DAY, 1, 0)])
@example([(3 * DAY, 3, 2 * HOUR), (HOUR, None, 0)])
@example([(61_201, 1, 0), (61_200, 1, 2 * HOUR)])
@given(steps)
def test_an_interrupted_walk_over_days_neither_adds_nor_loses(polls: Steps) -> None:
    """However often the vendor fails between days, the next whole walk has counted all, once."""
    assert one_thread.run(interrupted(Days, polls)) == {"a": 0}


@settings(max_examples=60, deadline=None)
@example([(DAY, 1, 0), (4 * DAY, None, 0)])
@example([(DAY, 2, 3 * DAY), (HOUR, None, 0), (4 * DAY, None, 0)])
@example([(HOUR, None, 0), (HOUR, None, 0), (16 * HOUR, None, 3 * DAY)])
@example([(DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0)])
@given(steps)
def test_an_interrupted_walk_over_parts_neither_adds_nor_loses(polls: Steps) -> None:
    """However often the quota ends and however long nothing runs, every part is counted whole, once."""
    assert one_thread.run(interrupted(Parts, polls)) == dict.fromkeys(PARTS, 0)


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[Days]:
    """A vendor that was polled once, at noon."""
    rig = Rig(tmp_path)
    rig.start()
    vendor = Days(rig)
    await vendor.poll(0)
    assert vendor.asked == [0]
    yield vendor
    await rig.store.close()


async def test_days_that_were_read_are_not_asked_for_again(vendor: Days) -> None:
    """After a failure half-way and a restart the poll goes on with the day that failed."""
    await vendor.poll(6 * DAY, answers=3)
    assert vendor.asked == [0, 1, 2]
    assert vendor.walk == (3, 7)
    assert await vendor.total() == vendor.told(TODAY, TODAY + 3 * DAY)
    await vendor.rig.restart()
    await vendor.poll(HOUR)
    assert vendor.asked == [3, 4, 5, 6]
    assert vendor.walk == (7, 7)
    assert await vendor.total() == vendor.told(TODAY, vendor.now)


async def test_days_within_the_lookback_are_revised_by_the_next_walk(vendor: Days) -> None:
    """One that was read before a failure is not read by the poll that goes on, but by the one after it."""
    await vendor.poll(5 * DAY + 10 * HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5]
    await vendor.poll(4 * HOUR, answers=1)
    assert vendor.asked == [5]
    yesterday = vendor.told(TODAY, TODAY + 6 * DAY)
    await vendor.poll(5 * HOUR)
    assert vendor.asked == [6]
    assert await vendor.total() == yesterday + vendor.told(TODAY + 6 * DAY, vendor.now)
    assert yesterday < vendor.told(TODAY, TODAY + 6 * DAY)
    await vendor.poll(HOUR)
    assert vendor.asked == [5, 6]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)


async def test_a_clock_that_was_ahead_settles_nothing(vendor: Days) -> None:
    """Days that it took for over, and that had not ended, are read again."""
    await vendor.poll(HOUR, answers=3, wrong=5 * DAY)
    assert vendor.asked == [0, 1, 2]
    await vendor.poll(2 * DAY)
    assert vendor.asked == [0, 1, 2]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)
