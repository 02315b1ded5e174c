"""Series in their order on the page, sorted in slices: one long sort would let nobody else run."""

from bisect import bisect_right
from collections.abc import Collection, Iterator

from exporter.model import SeriesKey

SLICE = 1_000
"""About how many series are sorted at once."""
_SAMPLES = 8
"""How many series of each slice are looked at to find its bounds."""


def in_order(series: Collection[SeriesKey]) -> Iterator[SeriesKey]:
    """What `sorted` gives."""
    if len(series) <= SLICE:
        yield from sorted(series)
        return
    bounds = _bounds(series)
    slices: list[list[SeriesKey]] = [[] for _ in range(len(bounds) + 1)]
    for key in series:
        slices[bisect_right(bounds, key)].append(key)
    slices.reverse()
    while slices:
        yield from sorted(slices.pop())


def _bounds(series: Collection[SeriesKey]) -> list[SeriesKey]:
    """Keys that cut the series into slices of about one size: every so many of a sorted sample."""
    every = max(1, SLICE // _SAMPLES)
    sample = sorted(key for index, key in enumerate(series) if not index % every)
    return sample[_SAMPLES::_SAMPLES]
