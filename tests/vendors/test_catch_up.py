"""Missed days that are read one by one, through the poller with a stream made of a function."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings

from exporter.client.errors import UnavailableError
from exporter.model import DAY, HOUR, Coverage, Sample, floor
from exporter.store.store import Changes
from exporter.streams.catch_up import CatchUp
from exporter.vendors.base import Poll, Reading
from tests.poll.test_poller import NOON, THINGS, TODAY, Rig
from tests.vendors.interrupted import LOOKBACK, Vendor, steps


class MissedDays(Vendor):
    """One that is asked day by day; it may fail between them."""

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.asked: list[int] = []

    async def read(self, poll: Poll[Any, Any]) -> Reading:
        catch_up = CatchUp.of(poll, poll.window.end)
        reading = Reading()
        for done, day in enumerate(catch_up.days, catch_up.done):
            poll.tell(done, catch_up.total)
            self.answer(UnavailableError("no answer"))
            self.asked.append((day.start - TODAY) // DAY)
            reading.samples.append(Sample(THINGS, ("a",), self.told(day.start, day.end), day.start))
            reading.coverage.append(Coverage((THINGS,), day))
            reading.records += 1
            if catch_up.pauses(reading, day):
                break
        return reading

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
    for passed, answers, wrong in [(0, None, 0), *polls, (3 * HOUR, None, 0)]:
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


async def test_days_within_the_lookback_are_read_together(vendor: MissedDays) -> None:
    """They are revised still: a failure between them keeps none, so each is read again."""
    await vendor.poll(5 * DAY + 10 * HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5]
    await vendor.poll(4 * HOUR, answers=1)
    assert vendor.asked == [5]
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


@pytest.mark.parametrize("left", [{"began": "x"}, {"until": -1}, 7, {"began": 1e300}])
async def test_damaged_progress_is_read_again(vendor: MissedDays, left: object) -> None:
    """What cannot be understood is as if there were none."""
    await vendor.poll(6 * DAY, answers=3)
    rig = vendor.rig
    state = await rig.store.load(rig.job().key)
    state.progress = {"catch_up": left}
    await rig.store.commit(rig.job().key, state, Changes(frozenset(), gauges=False))
    await vendor.poll(HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5, 6]
    assert await vendor.total() == vendor.told(TODAY, vendor.now)
