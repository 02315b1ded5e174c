"""Downloads, parsed piece by piece as they come."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Protocol

from exporter.client.client import Client, Request

_SLICE = 512 * 1024
"""How much of a download is parsed at once, off the event loop."""


class Parser(Protocol):
    """What makes rows of pieces of a file."""

    def feed(self, data: bytes) -> Any:
        """The rows that a piece completes."""

    def close(self) -> Any:
        """The rows that the end completes."""


async def parsed(
    client: Client, request: Request, parser: Parser, add: Callable[[Any], Any]
) -> None:
    """Hand the rows of a download to `add`, off the event loop."""
    async with aclosing(_slices(client, request)) as slices:
        async for data in slices:
            await asyncio.to_thread(lambda piece: add(parser.feed(piece)), data)
    await asyncio.to_thread(lambda: add(parser.close()))


async def _slices(client: Client, request: Request) -> AsyncGenerator[bytes, None]:
    data = bytearray()
    async with client.stream(request) as chunks:
        async for chunk in chunks:
            data += chunk
            if len(data) >= _SLICE:
                yield bytes(data)
                data.clear()
    if data:
        yield bytes(data)
