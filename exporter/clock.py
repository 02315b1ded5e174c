"""Time as a dependency: everything that reads or waits for it is handed a clock."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Unix time in seconds, and a way to wait."""

    def time(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
