"""A stream made of a function, whose vendor ends a read half-way and whose clock may be wrong."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from typing import Any

from hypothesis import strategies as st

from exporter.client.errors import PollError, State
from exporter.model import DAY, HOUR, floor
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.poll.test_poller import NOON, Rig

LOOKBACK = 12 * HOUR

steps = st.lists(
    st.tuples(
        st.integers(HOUR, 4 * DAY),
        st.none() | st.integers(0, 4),
        st.sampled_from([0, 0, 0, 2 * HOUR, -HOUR]),
    ),
    max_size=6,
)
"""How long after the poll before, after how many parts the vendor fails, how wrong the clock is."""


class Vendor(ABC):
    """Something happens every hour and is told up to eleven hours later."""

    def __init__(self, rig: Rig) -> None:
        self.now = NOON
        self.rig = rig
        self._answers: int | None = None
        self._failed: State | None = None
        rig.reads["things"] = self.read

    @abstractmethod
    def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]: ...

    def told(self, start: float, end: float) -> int:
        """What happened from `start` to `end` and is told by now."""
        hours = range(floor(start, HOUR), int(end), HOUR)
        return sum(hour + hour // HOUR * 7 % 12 * HOUR <= self.now for hour in hours)

    def answer(self, error: PollError) -> None:
        """Raise the error where the vendor has given all its answers."""
        if self._answers is None:
            return
        if self._answers == 0:
            self._failed = error.state
            raise error
        self._answers -= 1

    async def poll(self, passed: int, answers: int | None = None, wrong: int = 0) -> None:
        """Poll, `passed` seconds later by a clock that is wrong; the vendor fails after so many answers."""
        self.now += passed
        self.rig.clock.now = self.now + wrong
        self._answers, self._failed = answers, None
        job = self.rig.job(lookback=LOOKBACK)
        await self.rig.poller.poll(job)
        assert job.status.state is (self._failed or State.OK), job.status.reason

    async def counted(self) -> dict[str, float]:
        """What was counted, by the only label."""
        state = await self.rig.store.load(self.rig.job().key)
        return {key[1][0]: float(s.counter - s.debt) for key, s in state.ledger.items()}
