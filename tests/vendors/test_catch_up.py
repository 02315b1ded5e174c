"""Missed days that are read one by one, through the poller with a stream made of a function."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings

from exporter.client.errors import UnavailableError
from exporter.model import DAY, HOUR, Coverage, Sample, floor
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from tests.poll.test_poller import NOON, THINGS, TODAY, Rig
from tests.vendors.interrupted import LOOKBACK, Vendor, steps


class MissedDays(Vendor):
    """One that is asked day by day; it may fail between them."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.asked: list[int] = []

    async def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for day in source.days():
            self.answer(UnavailableError("no answer"))
            self.asked.append((day.start - TODAY) // DAY)
            source.records += 1
            done = self.told(day.start, day.end)
            sample = Sample(THINGS, ("a",), done, day.start)
            yield Batch([sample], [Coverage((THINGS,), day)], partition=iso_day(day.start))

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        self.asked.clear()
        await super().poll(passed, answers, wrong)

    async def total(self) -> float:
        return (await self.counted())["a"]


async def counted(directory: Path, polls: Sequence[tuple[int, int | None, int]]) -> None:
    rig = Rig(directory)
    rig.start()
    vendor = MissedDays(rig)
    first = floor(NOON - LOOKBACK, DAY)
    # The first of the last two may end a walk over days that began long ago.
    for passed, answers, wrong in [(0, None, 0), *polls, (HOUR, None, 0), (HOUR, None, 0)]:
        await vendor.poll(passed, answers, wrong)
        await rig.restart()
    assert await vendor.total() == vendor.told(first, vendor.now)
    await rig.store.close()


@settings(max_examples=60, deadline=None)
@example([(HOUR, None, 0), (3 * DAY, 2, 0), (2 * DAY, 1, 0)])
@example([(3 * DAY, 3, 2 * HOUR), (HOUR, None, 0)])
@given(steps)
def test_an_interrupted_catch_up_neither_adds_nor_loses(
    polls: list[tuple[int, int | None, int]],
) -> None:
    """However often the vendor fails between days, the next whole poll has counted all, once."""
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(counted(Path(directory), polls))


@pytest.fixture
async def vendor(tmp_path: Path) -> AsyncIterator[MissedDays]:
    """A vendor that was polled once, at noon."""
    rig = Rig(tmp_path)
    rig.start()
    vendor = MissedDays(rig)
    await vendor.poll(0)
    assert vendor.asked == [0]
    yield vendor
    await rig.store.close()


async def test_days_that_were_caught_up_are_not_asked_for_again(vendor: MissedDays) -> None:
    """After a failure half-way and a restart the poll goes on with the day that failed."""
    await vendor.poll(6 * DAY, answers=3)
    assert vendor.asked == [0, 1, 2]
    half = await vendor.total()
    assert half == vendor.told(TODAY, TODAY + 3 * DAY)
    await vendor.rig.restart()
    await vendor.poll(HOUR)
    assert vendor.asked == [3, 4, 5, 6]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)


async def test_days_within_the_lookback_are_read_again_by_the_next_walk(
    vendor: MissedDays,
) -> None:
    """They are revised still: a poll that goes on leaves them, the one after it does not."""
    await vendor.poll(5 * DAY + 10 * HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5]
    await vendor.poll(4 * HOUR, answers=1)
    assert vendor.asked == [5]
    await vendor.poll(HOUR)
    assert vendor.asked == [6]
    await vendor.poll(HOUR)
    assert vendor.asked == [5, 6]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)


async def test_a_clock_that_was_ahead_settles_nothing(vendor: MissedDays) -> None:
    """Days that it took for settled, and that had not ended, are read again."""
    await vendor.poll(HOUR, answers=3, wrong=5 * DAY)
    assert vendor.asked == [0, 1, 2]
    await vendor.poll(2 * DAY)
    assert vendor.asked == [0, 1, 2]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)
