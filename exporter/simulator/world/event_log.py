"""Dated events of the world: generated a UTC day at a time, and injected ones."""

import functools
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

from exporter.model import DAY

DAY_MILLISECONDS = DAY * 1000
CACHED_DAYS = 75


class Event(Protocol):
    """Something that a vendor ingested at `created_ms` (Unix milliseconds)."""

    @property
    def created_ms(self) -> int: ...


E = TypeVar("E", bound=Event)
_created = attrgetter("created_ms")


class EventLog(Generic[E]):
    """All events of one kind; what the world has not reached yet is not visible.

    `generate` takes a day's number since 1970 and returns its events, oldest first. `told` is how an
    event is told at a moment, where that changes; `settled` seconds after its day it stays as it is.
    """

    def __init__(
        self,
        generate: Callable[[int], Sequence[E]],
        first_day: int,
        told: Callable[[E, float], E] | None = None,
        settled: float = math.inf,
    ) -> None:
        self._day = functools.lru_cache(maxsize=CACHED_DAYS)(generate)
        self._settled_day = functools.lru_cache(maxsize=CACHED_DAYS)(self._settle)
        self._told = told
        self._settled = settled
        self._first_day = first_day
        self._injected: list[tuple[int, E]] = []
        self._quiet_ms: int | None = None

    def inject(self, events: Sequence[E], now: float) -> None:
        """Add events that are visible from `now` on, whatever their own date."""
        self._injected.extend((int(now * 1000), event) for event in events)

    def quiet(self, since: float | None) -> None:
        """Generate nothing at or after `since`; None lifts it."""
        self._quiet_ms = None if since is None else int(since * 1000)

    def between(self, start_ms: int, end_ms: int, as_of: float) -> list[E]:
        """The events with `created_ms` in [start_ms, end_ms) visible at `as_of`, oldest first."""
        as_of_ms = int(as_of * 1000)
        limit = min(end_ms, as_of_ms + 1)
        if self._quiet_ms is not None:
            limit = min(limit, self._quiet_ms)
        events: list[E] = []
        first = max(start_ms // DAY_MILLISECONDS, self._first_day)
        for day in range(first, -(-limit // DAY_MILLISECONDS)):
            settled = as_of >= (day + 1) * DAY + self._settled
            rows = self._settled_day(day) if settled else self._day(day)
            low, high = 0, len(rows)
            if day * DAY_MILLISECONDS < start_ms:
                low = bisect_left(rows, start_ms, key=_created)
            if (day + 1) * DAY_MILLISECONDS > limit:
                high = bisect_left(rows, limit, key=_created)
            events.extend(rows[low:high] if settled else self._told_at(rows[low:high], as_of))
        injected = [
            event
            for visible_ms, event in self._injected
            if visible_ms <= as_of_ms and start_ms <= event.created_ms < end_ms
        ]
        if injected:
            events.extend(self._told_at(injected, as_of))
            events.sort(key=_created)
        return events

    def _settle(self, day: int) -> Sequence[E]:
        return self._told_at(self._day(day), math.inf)

    def _told_at(self, events: Sequence[E], as_of: float) -> Sequence[E]:
        told = self._told
        return events if told is None else [told(event, as_of) for event in events]
