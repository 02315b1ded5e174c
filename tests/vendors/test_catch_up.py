"""Missed days that are read one by one, through the poller with a stream made of a function."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.client.errors import State, UnavailableError
from exporter.model import DAY, HOUR, Coverage, Sample, floor
from exporter.store.store import Changes
from exporter.vendors.base import Poll, Reading
from exporter.vendors.catch_up import CatchUp
from tests.poll.test_poller import NOON, THINGS, TODAY, Rig

LOOKBACK = 12 * HOUR

steps = st.lists(
    st.tuples(
        st.integers(HOUR, 4 * DAY),
        st.none() | st.integers(0, 4),
        st.sampled_from([0, 0, 0, 2 * HOUR, -HOUR]),
    ),
    max_size=6,
)
"""How long after the poll before, after how many days the vendor fails, how wrong the clock is."""


class Vendor:
    """Something happens every hour and is told up to eleven hours later; it may fail half-way."""

    def __init__(self, rig: Rig) -> None:
        self.now = NOON
        self.answers: int | None = None
        self.asked: list[int] = []
        self.failed = False
        self.rig = rig
        rig.reads["things"] = self._read

    def told(self, start: float, end: float) -> int:
        """What happened from `start` to `end` and is told by now."""
        hours = range(floor(start, HOUR), int(end), HOUR)
        return sum(hour + hour // HOUR * 7 % 12 * HOUR <= self.now for hour in hours)

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        """Poll, `passed` seconds later by a clock that is wrong; the vendor fails after so many days."""
        self.now += passed
        self.rig.clock.now = self.now + wrong
        self.answers, self.failed = answers, False
        self.asked.clear()
        job = self.rig.job(lookback=LOOKBACK)
        await self.rig.poller.poll(job)
        expected = State.UNAVAILABLE if self.failed else State.OK
        assert job.status.state is expected, job.status.reason

    async def _read(self, poll: Poll[Any, Any]) -> Reading:
        catch_up = CatchUp.of(poll, poll.window.end)
        reading = Reading()
        for done, day in enumerate(catch_up.days, catch_up.done):
            poll.tell(done, catch_up.total)
            if self.answers is not None:
                if self.answers == 0:
                    self.failed = True
                    raise UnavailableError("no answer")
                self.answers -= 1
            self.asked.append((day.start - TODAY) // DAY)
            reading.samples.append(Sample(THINGS, ("a",), self.told(day.start, day.end), day.start))
            reading.coverage.append(Coverage((THINGS,), day))
            reading.records += 1
            if catch_up.pauses(reading, day):
                break
        return reading

    async def counted(self) -> float:
        state = await self.rig.store.load(self.rig.job().key)
        [series] = state.ledger.values()
        return float(series.counter - series.debt)


async def counted(directory: Path, polls: Sequence[tuple[int, int | None, int]]) -> None:
    rig = Rig(directory)
    rig.start()
    vendor = Vendor(rig)
    first = floor(NOON - LOOKBACK, DAY)
    for passed, answers, wrong in [(0, None, 0), *polls, (3 * HOUR, None, 0)]:
        await vendor.poll(passed, answers, wrong)
        await rig.restart()
    assert await vendor.counted() == vendor.told(first, vendor.now)
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
async def vendor(tmp_path: Path) -> AsyncIterator[Vendor]:
    """A vendor that was polled once, at noon."""
    rig = Rig(tmp_path)
    rig.start()
    vendor = Vendor(rig)
    await vendor.poll(0)
    assert vendor.asked == [0]
    yield vendor
    await rig.store.close()


async def test_days_that_were_caught_up_are_not_asked_for_again(vendor: Vendor) -> None:
    """After a failure half-way and a restart the poll goes on with the day that failed."""
    await vendor.poll(6 * DAY, answers=3)
    assert vendor.asked == [0, 1, 2]
    half = await vendor.counted()
    assert half == vendor.told(TODAY, TODAY + 3 * DAY)
    await vendor.rig.restart()
    await vendor.poll(HOUR)
    assert vendor.asked == [3, 4, 5, 6]
    assert await vendor.counted() == vendor.told(TODAY, vendor.now)


async def test_days_within_the_lookback_are_read_together(vendor: Vendor) -> None:
    """They are revised still: a failure between them keeps none, so each is read again."""
    await vendor.poll(5 * DAY + 10 * HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5]
    await vendor.poll(4 * HOUR, answers=1)
    assert vendor.asked == [5]
    await vendor.poll(HOUR)
    assert vendor.asked == [5, 6]
    assert await vendor.counted() == vendor.told(TODAY, vendor.now)


async def test_a_clock_that_was_ahead_settles_nothing(vendor: Vendor) -> None:
    """Days that it took for settled, and that had not ended, are read again."""
    await vendor.poll(HOUR, answers=3, wrong=5 * DAY)
    assert vendor.asked == [0, 1, 2]
    await vendor.poll(2 * DAY)
    assert vendor.asked == [0, 1, 2]
    assert await vendor.counted() == vendor.told(TODAY, vendor.now)


@pytest.mark.parametrize("left", [{"began": "x"}, {"until": -1}, 7, {"began": 1e300}])
async def test_damaged_progress_is_read_again(vendor: Vendor, left: object) -> None:
    """What cannot be understood is as if there were none."""
    await vendor.poll(6 * DAY, answers=3)
    rig = vendor.rig
    state = await rig.store.load(rig.job().key)
    state.progress = {"catch_up": left}
    await rig.store.commit(rig.job().key, state, Changes(frozenset(), gauges=False))
    await vendor.poll(HOUR)
    assert vendor.asked == [0, 1, 2, 3, 4, 5, 6]
    assert await vendor.counted() == vendor.told(TODAY, vendor.now)
