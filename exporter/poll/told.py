"""Up to when a vendor has told of its usage: what it has not told may come late, or never."""

from collections.abc import Iterable
from dataclasses import replace

from exporter.model import Coverage, Window
from exporter.poll.windows import Reach
from exporter.store.store import StreamState
from exporter.streams.contract import Batch


def told_until(reach: Reach, now: float, state: StreamState) -> float | None:
    """The end of what was told of usage: of the newest data, unless they are of long ago."""
    moments = [] if state.told_until is None else [state.told_until]
    if state.data_until is not None:
        moments.append(max(state.data_until, now - reach.silence))
    return min(moments, default=None)


def cut(start: int, state: StreamState) -> Window | None:
    """What was never told and lies before the start of a window, so that it cannot be counted."""
    until = state.told_until
    if until is None and state.walk is None:
        until = state.read_until
    return Window(int(until), start) if until is not None and until < start else None


def corrected_from(batch: Batch, start: int) -> Batch:
    """A batch that says of buckets before `start` what there is, and not what there is no more.

    They are read again because the vendor may tell of them late, and what it forgets is no correction.
    """

    def cut_off(cover: Coverage) -> Coverage:
        window = cover.window
        if window is None or window.start >= start:
            return cover
        return replace(cover, window=Window(start, max(start, window.end)))

    return replace(batch, covers=[cut_off(cover) for cover in batch.covers])


def newest_told(batches: Iterable[Batch], bucket: int) -> int:
    """The end of the newest bucket that batches speak for, in whatever partition; 0 where of none."""
    covered = (
        cover.window.end
        for batch in batches
        for cover in batch.covers
        if cover.window is not None and cover.window.start < cover.window.end
    )
    found = (s.bucket for batch in batches for s in batch.samples if s.bucket is not None)
    return max(max(covered, default=0), max((start + bucket for start in found), default=0))
