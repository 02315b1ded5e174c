"""The parts of a poll that a token or an installation may lack: one that fails stops no other."""

from collections import Counter
from collections.abc import Awaitable, Collection

from exporter.streams import kit
from exporter.vendors.tabnine import lists

_MOST_FAILURES = 3


class Parts:
    """Reads parts by name and remembers the first that failed.

    A part that was refused, or has failed three times, is asked no more in this poll, and neither is one
    that is left out. A quota that ended and an answer of another shape are the whole poll's errors, as
    in every stream.
    """

    def __init__(self, left_out: Collection[str]) -> None:
        self._left_out = left_out
        self._failures: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._problem: kit.PollError | None = None
        self._absent: dict[str, kit.PollError] = {}

    def wanted(self, part: str) -> bool:
        return part not in self._left_out and self._failures[part] < _MOST_FAILURES

    async def read(self, part: str, found: Awaitable[list[kit.Sample]]) -> list[kit.Sample]:
        """The samples of a wanted part, or of a team's share in it; none where it fails."""
        try:
            samples = await found
        except (kit.RateLimitedError, kit.SchemaError):
            raise
        except kit.NotFoundError as error:
            # One team of many was removed since the list was read; all of them are no such endpoint.
            if part not in self._answered:
                self._failures[part] += 1
                self._absent.setdefault(part, _told(part, error))
            return []
        except kit.PollError as error:
            refused = isinstance(error, kit.ForbiddenError | kit.UnauthorizedError)
            self._failures[part] += _MOST_FAILURES if refused else 1
            self._problem = self._problem or _told(part, error)
            return []
        self._answered.add(part)
        return samples

    @property
    def problem(self) -> kit.PollError | None:
        """The first part's error, where one failed."""
        missing = (error for part, error in self._absent.items() if part not in self._answered)
        return self._problem or next(missing, None)


def _told(part: str, error: kit.PollError) -> kit.PollError:
    return type(error)(
        f"{lists.explain(error)}; the other parts were read, `leave_out: [{part}]` ends the asking"
    )
