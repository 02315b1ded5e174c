"""The events of a window by type and day, each counted once."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from exporter.streams import kit


class Event(NamedTuple):
    """What is kept of an event."""

    id: str
    timestamp: str
    type: str


class Tally:
    """Counts the events of a window by type and day, each id once, without keeping them.

    `passed` turns true where a newest-first list has gone beyond the window: an installation that does
    not know `from` would be read to its beginning.
    """

    def __init__(self, window: kit.Window, reject: kit.Reject) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self.newest = 0.0
        self.passed = False
        self._window = window
        self._reject = reject
        self._seen: set[int] = set()

    @property
    def events(self) -> int:
        """How many different events there were, in the window or not."""
        return len(self._seen)

    def add(self, events: Iterable[Event]) -> None:
        """Count a page, or a piece of one."""
        times = []
        for event in events:
            try:
                at = kit.moment(event.timestamp)
            except ValueError:
                self._reject("timestamp")
                continue
            times.append(at)
            identity = hash(event.id)
            if identity in self._seen:
                continue
            self._seen.add(identity)
            if at in self._window:
                self.counts[event.type or kit.UNKNOWN, kit.floor(at, kit.DAY)] += 1
                self.newest = max(self.newest, at)
        if times and max(times) < self._window.start:
            self.passed = self.newest > 0 or times[0] > times[-1]
