"""Reading an account part by part: which parts are left, and what it means that one is gone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from exporter.client.errors import NotFoundError


class Partitions:
    """A walk over the parts of an account. One that is gone is passed over."""

    def __init__(self, ids: Sequence[str], after: str, tell: Callable[[int, int], None]) -> None:
        self._ids = ids
        self._after = after
        self._tell = tell
        self._gone: NotFoundError | None = None
        self._answered = False

    def __iter__(self) -> Iterator[str]:
        """The parts that are left; raises NotFoundError at the end where not one of all is there."""
        left = [part for part in self._ids if part > self._after]
        done = len(self._ids) - len(left)
        for number, part in enumerate(left, done):
            self._tell(number, len(self._ids))
            yield part
        self._tell(len(self._ids), len(self._ids))
        # One that is missing was removed a moment ago. Where all are, there is no such API.
        if self._gone and not self._answered and len(left) == len(self._ids):
            raise self._gone

    @contextmanager
    def passing_over(self) -> Iterator[None]:
        """Around a request for one part, which may be gone since the list was read."""
        try:
            yield
        except NotFoundError as error:
            self._gone = error
        else:
            self._answered = True
