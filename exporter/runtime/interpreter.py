"""How the interpreter is shared: scrapes are answered while threads compute and much is in memory."""

import gc
import sys

SWITCH = 0.0005
"""Seconds after which a thread that computes gives way; Python's own 5 ms add up in a scrape."""
MANY = 20_000
"""Series in memory with which old garbage is left where it is."""
SOON, LATEST = 12, 720
"""Ticks between two collections of old garbage: where little is in memory, and in any case."""
_NEVER = 1_000_000_000


def share() -> None:
    """Give way often, and leave the collection of old garbage to `Garbage`.

    It looks at every object and holds the interpreter meanwhile: a second where the series of a large
    stream are in memory, and again and again while they are read.
    """
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.enable()


class Garbage:
    """Old garbage, of which there is little: what is left of exceptions and tasks in cycles."""

    def __init__(self) -> None:
        self._ticks = 0

    def tick(self, series: int) -> None:
        """Collect it if it is time, with so many series in memory."""
        self._ticks += 1
        if self._ticks >= (SOON if series < MANY else LATEST):
            self._ticks = 0
            gc.collect()
