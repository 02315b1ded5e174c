"""Reading an account member by member, such as team by team: one that fails costs itself."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from exporter.client.errors import ForbiddenError, UnauthorizedError, UnavailableError
from exporter.streams.source import Part, Source

MOST_IN_A_ROW = 3
"""Where so many in a row are refused or do not answer, all are."""


class Members:
    """A walk over members. One that cannot be read is passed, and asked for again by the next walk.

    `what` stands for a member in the reason of the poll, which tells the first error. So that the walk gets
    beyond one that cannot be read, yield a batch with its partition for it too, unless it is gone.
    """

    def __init__(self, source: Source[Any, Any], ids: Iterable[str], what: str) -> None:
        self._source = source
        self._walk = source.partitions(ids)
        self._what = what
        self._unread = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._walk)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Part]:
        """Around the requests for one; it may be gone, refused or broken.

        Where the credential itself is refused, or several in a row, the rest is left to a later poll.
        """
        async with self._source.optional(self._what) as part:
            with self._walk.passing_over():
                yield part
        unread = isinstance(part.error, UnavailableError | ForbiddenError)
        self._unread = self._unread + 1 if unread else 0
        ends = isinstance(part.error, UnauthorizedError) or self._unread >= MOST_IN_A_ROW
        if part.error is not None and ends:
            raise part.error
