"""The walk over teams or users, each with a usage request of its own."""

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from exporter.client.errors import NotFoundError
from exporter.model import Window
from exporter.streams.walk import walk
from exporter.vendors.base import Poll, Reading


async def walk_parts(
    poll: Poll[Any, Any],
    reading: Reading,
    parts: Collection[str],
    read_part: Callable[[str, Window], Awaitable[None]],
) -> None:
    """Walk over all parts; raises NotFoundError where not one of them is there.

    One that is missing was removed a moment ago. Where all are, the installation has no such API.
    """
    gone: list[NotFoundError] = []

    async def read_one(part: str, window: Window) -> None:
        try:
            await read_part(part, window)
        except NotFoundError as error:
            gone.append(error)
            raise

    await walk(poll, reading, parts, read_one)
    # Of a walk that goes on, earlier parts were there.
    if parts and len(gone) == len(parts):
        raise gone[-1]
