"""Walks over many parts, through the poller with a stream made of a function."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.client.errors import RateLimitedError, State
from exporter.model import DAY, HOUR, Coverage, Sample, Window, floor
from exporter.vendors.base import Poll, Reading
from exporter.vendors.walk import walk
from tests.poll.test_poller import NOON, THINGS, Rig

LOOKBACK = 12 * HOUR
PARTS = ("a", "b", "c", "d")

steps = st.lists(
    st.tuples(
        st.integers(HOUR, 4 * DAY),
        st.none() | st.integers(0, 4),
        st.sampled_from([0, 0, 0, 2 * HOUR, -HOUR]),
    ),
    max_size=6,
)
"""How long after the poll before, after how many parts the quota ends, how wrong the clock is."""


class Vendor:
    """Every part does something every hour, which is told up to eleven hours later."""

    def __init__(self, rig: Rig) -> None:
        self.now = NOON
        self.answers: int | None = None
        self.limited = False
        self.rig = rig
        rig.reads["things"] = self._read

    def told(self, start: float, end: float) -> int:
        """What a part did from `start` to `end` and is told by now."""
        hours = range(floor(start, HOUR), int(end), HOUR)
        return sum(hour + hour // HOUR * 7 % 12 * HOUR <= self.now for hour in hours)

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        """Poll, `passed` seconds later by a clock that is wrong; the quota ends after so many parts."""
        self.now += passed
        self.rig.clock.now = self.now + wrong
        self.answers, self.limited = answers, False
        job = self.rig.job(lookback=LOOKBACK)
        await self.rig.poller.poll(job)
        expected = State.RATE_LIMITED if self.limited else State.OK
        assert job.status.state is expected, job.status.reason

    async def _read(self, poll: Poll[Any, Any]) -> Reading:
        reading = Reading(records=1)

        async def part(name: str, window: Window) -> None:
            if self.answers is not None:
                if self.answers == 0:
                    self.limited = True
                    raise RateLimitedError("the quota is used up", retry_at=0)
                self.answers -= 1
            for day in window.buckets(DAY):
                done = self.told(day.start, day.start + DAY)
                reading.samples.append(Sample(THINGS, (name,), done, day.start, f"{name}:"))
            reading.coverage.append(Coverage((THINGS,), window, f"{name}:"))

        await walk(poll, reading, PARTS, part, pause_after=3)
        return reading

    async def counted(self) -> dict[str, float]:
        state = await self.rig.store.load(self.rig.job().key)
        return {key[1][0]: float(s.counter - s.debt) for key, s in state.ledger.items()}


async def counted(directory: Path, polls: Sequence[tuple[int, int | None, int]]) -> None:
    rig = Rig(directory)
    rig.start()
    vendor = Vendor(rig)
    first = floor(NOON - LOOKBACK, DAY)
    # The first of the last two may end a walk that began long ago.
    for passed, answers, wrong in [(0, None, 0), *polls, (HOUR, None, 0), (HOUR, None, 0)]:
        await vendor.poll(passed, answers, wrong)
        await rig.restart()
    assert await vendor.counted() == dict.fromkeys(PARTS, vendor.told(first, vendor.now))
    await rig.store.close()


@settings(max_examples=60, deadline=None)
@example([(DAY, 1, 0), (4 * DAY, None, 0)])
@example([(DAY, 2, 3 * DAY), (HOUR, None, 0), (4 * DAY, None, 0)])
@example([(HOUR, None, 0), (HOUR, None, 0), (16 * HOUR, None, 3 * DAY)])
@example([(DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0)])
@given(steps)
def test_an_interrupted_walk_neither_adds_nor_loses(
    polls: list[tuple[int, int | None, int]],
) -> None:
    """However often the quota ends and however long nothing runs, every part is counted whole, once."""
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(counted(Path(directory), polls))
