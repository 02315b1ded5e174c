"""A clock that moves only when somebody sleeps on it."""

import asyncio


class ManualClock:
    """Sleepers wake in the order of their times, each moving the clock to its own."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []
        self._wakes: list[float] = []

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wake = self.now + seconds
        self._wakes.append(wake)
        try:
            await asyncio.sleep(0)
            while min(self._wakes) < wake:  # noqa: ASYNC110 - the others move the clock
                await asyncio.sleep(0)
            self.now = max(self.now, wake)
        finally:
            self._wakes.remove(wake)
