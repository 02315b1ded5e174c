"""Lists whose pages end under their reader: the cursor of the next page may have expired."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from exporter.streams import kit

T = TypeVar("T")

EXPIRED = 410
MOST = 2
"""How often a walk is begun again."""


async def walked(walk: Callable[[], Awaitable[T]]) -> T:
    """What a walk over pages finds; where a cursor has expired, it begins again with the first page."""
    for _ in range(MOST):
        try:
            return await walk()
        except kit.PollError as error:
            if error.status != EXPIRED:
                raise
    return await walk()
