"""Days that are read again: recent ones by every poll, older ones once a day."""

from collections.abc import Iterator
from typing import Any

import msgspec

from exporter.model import DAY, Window, floor
from exporter.streams.dates import iso_day
from exporter.streams.source import Source


class _Memory(msgspec.Struct):
    """When each UTC day was last read whole (Unix seconds)."""

    read: dict[str, float] = {}


class DueDays:
    """The UTC days of a poll's window, up to `end`, without those that need not be read again yet.

    Every poll reads a day until it is closed, which is `closed_after` seconds after its end, and for
    `recent` seconds more; after that it is read once a day.
    """

    def __init__(
        self,
        source: Source[Any, Any],
        *,
        recent: float,
        closed_after: float = 0,
        end: float | None = None,
    ) -> None:
        first = iso_day(source.poll_window.start)
        memory = source.recall(_Memory)
        self._read = {day: at for day, at in memory.read.items() if day >= first}
        self._source = source
        self._recent, self._closed_after = recent, closed_after
        self._end = source.now - closed_after if end is None else end

    def __iter__(self) -> Iterator[Window]:
        """The days that are due; the partition of a day's batch is `iso_day(day.start)`."""
        return (day for day in self._source.days(self._end) if self._is_due(day))

    def is_known(self, day: Window) -> bool:
        """Whether a day was read before."""
        return iso_day(day.start) in self._read

    def noted(self, day: Window) -> dict[str, Any]:
        """Note that a day was read; returns what is to be remembered of all days."""
        self._read[iso_day(day.start)] = self._source.now
        return {"read": {**self._read}}

    def _is_due(self, day: Window) -> bool:
        now, read_at = self._source.now, self._read.get(iso_day(day.start))
        if read_at is None or read_at > now:
            return True
        closed = floor(day.start, DAY) + DAY + self._closed_after
        return closed > now - self._recent or read_at < closed or now - read_at >= DAY


def days_a_poll(*, lookback: int, recent: int, interval: int) -> float:
    """About how many days a poll reads: the recent ones and the open one, and its share of the older ones."""
    each_poll = min(recent, lookback) / DAY + 1
    older = max(0.0, lookback / DAY + 1 - each_poll)
    return each_poll + older * min(1, interval / DAY)
