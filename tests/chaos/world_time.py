"""The simulated world's time, shared by the processes of a campaign through a file."""

import asyncio
import mmap
import struct
import time
from collections.abc import Callable
from pathlib import Path

_AHEAD = struct.Struct("d")


class WorldTime:
    """A clock that is ahead of the machine's by what the file says; it jumps when that changes."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        if not path.exists():
            path.write_bytes(_AHEAD.pack(0.0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _AHEAD.size)
        self._now = now

    def time(self) -> float:
        return self._now() + self.ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @property
    def ahead(self) -> float:
        """Seconds ahead of the machine's clock."""
        return float(_AHEAD.unpack_from(self._shared)[0])

    def set(self, world: float) -> None:
        """Let it be `world` at this moment."""
        _AHEAD.pack_into(self._shared, 0, world - self._now())
