"""Missed days of a stream, read one by one so that each is kept as soon as it was read."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from exporter.model import DAY, Window, floor
from exporter.streams.progress import recalled
from exporter.vendors.base import Poll, Reading

_KEY = "catch_up"

_Moment = Annotated[float, msgspec.Meta(ge=0, le=253_402_300_799)]


class _Remembered(msgspec.Struct):
    """When the catch-up began, when it last read a day, and the end of that day (Unix seconds)."""

    began: _Moment | None = None
    read_at: _Moment | None = None
    until: _Moment | None = None


class _Progress(msgspec.Struct):
    catch_up: _Remembered = msgspec.field(default_factory=_Remembered)


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What is left of the window of a poll.

    `days` are still to be read, of `total`. Those that end by `settled`, a lookback ago, are read once:
    the reading pauses after each. Later ones are read together, as every poll reads them again. `began` is
    when the first of several reads began, None in the first itself.
    """

    began: float | None
    now: float
    settled: int
    total: int
    days: tuple[Window, ...]

    @classmethod
    def of(cls, poll: Poll[Any, Any], end: int) -> "CatchUp":
        """The catch-up that an earlier read of the stream left, or another; `end` cuts the window."""
        before = recalled(poll.progress, _Progress).catch_up
        settled = floor(poll.now - poll.options.lookback, DAY)
        start, began = poll.window.start, None
        # What a clock that was set back since took for settled may have grown.
        if before.began is not None and (before.read_at or 0) <= poll.now:
            began = min(before.began, poll.now)
            start = max(start, min(floor(before.until or 0, DAY), settled))
        missed = len(list(Window(poll.window.start, start).buckets(DAY)))
        days = tuple(Window(start, end).buckets(DAY))
        return cls(began, poll.now, settled, missed + len(days), days)

    @property
    def done(self) -> int:
        """How many days were read before."""
        return self.total - len(self.days)

    def pauses(self, reading: Reading, day: Window) -> bool:
        """Whether the reading ends here for the time being, because `day` is read for good."""
        reading.began = self.began
        if day.end > self.settled:
            return False
        reading.paused = True
        reading.progress[_KEY] = {
            "began": self.now if self.began is None else self.began,
            "read_at": self.now,
            "until": day.end,
        }
        return True
