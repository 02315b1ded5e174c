"""SIGHUP: a daemon is asked in this way to read its configuration again."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Sighup:
    """Catches SIGHUP from now to the end of the process; its default would end the process.

    One that comes before somebody listens is kept for them.
    """

    def __init__(self) -> None:
        self._came = False
        self._tell: Callable[[], object] | None = None
        signal.signal(signal.SIGHUP, self._catch)

    @contextmanager
    def heard(self, by: Callable[[], object]) -> Iterator[None]:
        """Call `by` in the running event loop at each; afterwards they are ignored for good."""
        loop = asyncio.get_running_loop()
        self._tell = lambda: loop.call_soon_threadsafe(by)
        if self._came:
            by()
        try:
            yield
        finally:
            # Not a handler of Python's: those are replaced by the default when the process ends.
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _catch(self, _: int, __: FrameType | None) -> None:
        self._came = True
        if self._tell is not None:
            self._tell()
