"""The parts of a poll that a token or an installation may lack: one that fails stops no other."""

from collections import Counter
from collections.abc import Awaitable, Collection
from typing import Any

from exporter.streams import kit

_MOST_FAILURES = 3


class Parts:
    """Reads optional parts by name.

    A part that was refused, or has failed three times, is asked no more in this poll, and neither is one
    that is left out.
    """

    def __init__(self, source: kit.Source[Any, Any], left_out: Collection[str]) -> None:
        self._source = source
        self._left_out = left_out
        self._failures: Counter[str] = Counter()
        self.answered: set[str] = set()
        self._absent: dict[str, kit.PollError] = {}

    def wanted(self, part: str) -> bool:
        return part not in self._left_out and self._failures[part] < _MOST_FAILURES

    async def read(self, part: str, found: Awaitable[list[kit.Sample]]) -> list[kit.Sample]:
        """The samples of a wanted part, or of a team's share in it; none where it fails."""
        samples: list[kit.Sample] = []
        async with self._source.optional(part, _advice(part)) as read:
            try:
                samples = await found
            except kit.NotFoundError as error:
                # One team of many was removed since the list was read; all are no such endpoint.
                self._absent.setdefault(part, error)
                self._failures[part] += part not in self.answered
                return []
        if read.error is not None:
            refused = isinstance(read.error, kit.ForbiddenError | kit.UnauthorizedError)
            self._failures[part] += _MOST_FAILURES if refused else 1
            return []
        self.answered.add(part)
        return samples

    def tell_absent(self) -> None:
        """Tell which parts are nowhere to be found."""
        for part, error in self._absent.items():
            if part not in self.answered:
                self._source.fail(part, error, _advice(part))


def _advice(part: str) -> str:
    return f"the other parts were read, `leave_out: [{part}]` ends the asking"
