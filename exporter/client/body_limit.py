"""A limit on memory for response bodies: small ones are read side by side, large ones in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

SMALL = 4 * 1024**2
"""Bytes up to which bodies are read side by side; hardly any real page of a list is larger."""


class LargeBodyLimit:
    """Shared by all clients of a process: many huge answers take little more memory than one."""

    def __init__(self, small: int = SMALL) -> None:
        self._small = small
        self._turn = asyncio.Lock()

    async def gather(self, pieces: AsyncIterator[bytes], deadline: asyncio.Timeout) -> bytes:
        """The whole body; waiting for another large one does not count towards `deadline`."""
        parts: list[bytes] = []
        size, waits = 0, True
        async with AsyncExitStack() as held:
            async for piece in pieces:
                parts.append(piece)
                size += len(piece)
                if waits and size > self._small:
                    waits = False
                    await self._wait(held, deadline)
            return b"".join(parts)

    async def _wait(self, held: AsyncExitStack, deadline: asyncio.Timeout) -> None:
        loop, until = asyncio.get_running_loop(), deadline.when()
        began = loop.time()
        deadline.reschedule(None)
        await held.enter_async_context(self._turn)
        if until is not None:
            deadline.reschedule(until + loop.time() - began)
