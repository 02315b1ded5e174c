"""Time that passes faster than the machine's, for the daemon's clock and its plan."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from exporter.poll.scheduler import Scheduler


class FastClock:
    """A clock that read `start` when the machine's read `began`, and waits by its own time."""

    def __init__(self, start: float, began: float, speed: float) -> None:
        self._start = start
        self._began = began
        self._speed = speed

    def time(self) -> float:
        return self._start + (time.time() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def machine_time(self, moment: float) -> float:
        """When it is `moment` in the world, by the machine's clock."""
        return self._began + (moment - self._start) / self._speed


class FastScheduler(Scheduler):
    """Runs polls when they are due in the world's time; what keeps the plan knows only the machine's."""

    def __init__(self, clock: FastClock, random: Random) -> None:
        super().__init__(clock, random)
        self._fast = clock

    def _plan(self, name: str, due: float, *work: Any) -> None:
        super()._plan(name, self._fast.machine_time(due), *work)

    @asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Between polls: those that run have ended, those that come due are begun afterwards."""
        self._scheduler.pause()
        try:
            await asyncio.sleep(0)  # what came due before is begun in a task
            while self._running:
                await asyncio.wait(self._running)
            yield
        finally:
            self._scheduler.resume()
