"""The parts of a poll that a token or an installation may lack: one that fails stops no other."""

from collections import Counter
from collections.abc import Awaitable, Callable

from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    RateLimitedError,
    SchemaError,
    UnauthorizedError,
)
from exporter.model import Sample

_MOST_FAILURES = 3


class Parts:
    """Reads parts by name and remembers the first that failed.

    A part that was refused, or has failed three times, is asked no more in this poll. A quota that
    ended and an answer of another shape are the whole poll's errors, as in every stream.
    """

    def __init__(self) -> None:
        self._failures: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._problem: PollError | None = None
        self._absent: dict[str, PollError] = {}

    async def read(self, part: str, found: Callable[[], Awaitable[list[Sample]]]) -> list[Sample]:
        """The samples of a part, or of a team's share in it; none where it fails."""
        if self._failures[part] >= _MOST_FAILURES:
            return []
        try:
            samples = await found()
        except (RateLimitedError, SchemaError):
            raise
        except NotFoundError as error:
            # One team of many was removed since the list was read; all of them are no such endpoint.
            if part not in self._answered:
                self._failures[part] += 1
                self._absent.setdefault(part, _left_out(part, error))
            return []
        except PollError as error:
            refused = isinstance(error, ForbiddenError | UnauthorizedError)
            self._failures[part] += _MOST_FAILURES if refused else 1
            self._problem = self._problem or _left_out(part, error)
            return []
        self._answered.add(part)
        return samples

    @property
    def problem(self) -> PollError | None:
        """The first part's error, where one failed."""
        missing = (error for part, error in self._absent.items() if part not in self._answered)
        return self._problem or next(missing, None)


def _left_out(part: str, error: PollError) -> PollError:
    return type(error)(f"{error}; the other parts were read, `leave_out: [{part}]` ends the asking")
