"""The end of the process: what hangs in a thread must not hold it up."""

import asyncio
import logging
import os
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

from exporter import log

_log = log.logger(__name__)

LATEST = 9.0
"""Seconds from the order to stop to the end of the process, whatever hangs."""
_WORDS = 0.5
"""Seconds that the last words may take: what hangs may be the log."""


class Stop(asyncio.Event):
    """Set when the process is to end; from then on it has `latest` seconds.

    A commit is whole or leaves no trace, so the process may end at any moment.
    """

    def __init__(self, latest: float = LATEST) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._latest = latest
        self._counting = False

    def set(self) -> None:
        self._count_down()
        super().set()

    def order(self, *_: object) -> None:
        """Set it from a signal handler, also where the event loop itself hangs."""
        self._count_down()
        self._loop.call_soon_threadsafe(self.set)

    def _count_down(self) -> None:
        if not self._counting:
            self._counting = True
            threading.Thread(target=self._end, name="last resort", daemon=True).start()

    def _end(self) -> None:
        time.sleep(self._latest)
        words = threading.Thread(target=self._tell, daemon=True)
        words.start()
        words.join(_WORDS)
        os._exit(1)

    def _tell(self) -> None:
        _log.warning("ended without what hangs", seconds=self._latest, hangs=_threads())


def leave() -> NoReturn:
    """End with success, at once: what threads still make is of no use, and some cannot be stopped."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _threads() -> str:
    """Where each thread is that the interpreter would wait for."""
    frames = sys._current_frames()
    places = (
        f"{thread.name} in {_place(frames[thread.ident])}"
        for thread in threading.enumerate()
        if not thread.daemon and thread.ident in frames
    )
    return ", ".join(places)


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_name} at {frame.f_code.co_filename}:{frame.f_lineno}"
