"""Anthropic's reports: buckets of time with results, read day by day, as they are revised."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from exporter.streams import kit
from exporter.vendors.anthropic.pages import Report, report_pages
from exporter.vendors.anthropic.vendor import AnthropicTarget

CLOSED_AFTER = kit.HOUR
"""Anthropic tells of usage within minutes, "occasionally longer"."""


class ReportOptions(kit.CountingOptions):
    """What the streams have in common that read reports."""

    recent: kit.Duration = kit.Field(default=kit.DAY, ge=0)
    """How much of the lookback every poll reads again; what is older is read once a day."""
    expected_workspaces: int = kit.Field(default=20, ge=1)
    """How many workspaces the plan of `check` reckons with; all are counted, however many they are."""


_Source: TypeAlias = kit.Source[AnthropicTarget, Any]


class Bucket(msgspec.Struct, kw_only=True):
    """A slice of time; a subclass has its results."""

    starting_at: str
    ending_at: str

    def __post_init__(self) -> None:
        kit.checked("starting_at", kit.moment, self.starting_at)
        kit.checked("ending_at", kit.moment, self.ending_at)

    @property
    def window(self) -> kit.Window:
        return kit.Window(int(kit.moment(self.starting_at)), int(kit.moment(self.ending_at)))


BucketT = TypeVar("BucketT", bound=Bucket)
PageT = TypeVar("PageT", bound=Report)


@dataclass(slots=True)
class _Day:
    """What a report holds of a day: a bucket that comes twice counts as it came last."""

    window: kit.Window
    samples: dict[kit.Window, list[kit.Sample]] = field(default_factory=dict)

    def lacks(self, bucket: int) -> bool:
        """Whether a bucket of the day did not come: nothing is known of it, so it is no zero."""
        starts = {window.start for window in self.samples}
        return any(each.start not in starts for each in self.window.buckets(bucket))

    def covered(self) -> Iterator[kit.Window]:
        """What the buckets that came speak for."""
        for window in sorted(self.samples):
            yield kit.Window(window.start, min(window.end, self.window.end))


@dataclass(frozen=True, slots=True)
class BucketReport(Generic[PageT, BucketT]):
    """A report: where it is, how wide its buckets are, and what their results are grouped by.

    `buckets` finds those of a page. `count` adds a bucket's results to the tally, in the slot of its start,
    and leaves out odd ones; it returns how many results the bucket has.
    """

    endpoint: kit.Endpoint
    page: type[PageT]
    width: str
    seconds: int
    group_by: tuple[str, ...]
    metrics: tuple[kit.Metric, ...]
    buckets: Callable[[PageT], Sequence[BucketT]]
    count: Callable[[BucketT, int, kit.Tally, kit.Reject], int]

    async def read(self, source: _Source) -> kit.Batches:
        """The days that are due, each in a batch; one that lacks buckets is due again in the next poll."""
        due = kit.DueDays(
            source, recent=source.options.recent, closed_after=CLOSED_AFTER, end=source.now
        )
        for run in _runs(source, due):
            async with aclosing(self._days(source, run)) as days:
                async for day in days:
                    samples = [sample for found in day.samples.values() for sample in found]
                    is_whole = _is_whole(source, day.window) and not day.lacks(self.seconds)
                    yield kit.Batch(
                        samples,
                        [kit.Coverage(self.metrics, covered) for covered in day.covered()],
                        partition=kit.iso_day(day.window.start),
                        memory=due.noted(day.window) if is_whole else None,
                    )

    def asked(self, source: _Source, window: kit.Window) -> kit.Request:
        """The buckets of a window; those up to now have no end, so that the open one is among them."""
        query: dict[str, str | Sequence[str]] = {
            "starting_at": kit.iso(kit.floor(window.start, self.seconds)),
            "bucket_width": self.width,
            "group_by[]": self.group_by,
        }
        if window.end < int(source.now):
            query["ending_at"] = kit.iso(window.end)
        return kit.Request(self.endpoint, query=query)

    def newest(self, source: _Source) -> kit.Request:
        """One bucket, the last whole one: a cheap request."""
        until = kit.floor(source.now, self.seconds)
        window = kit.Window(until - self.seconds, until)
        return self.asked(source, window).with_parameters({"limit": 1})

    def plan(self, _: AnthropicTarget, options: Any) -> Sequence[kit.Cost]:
        """The recent days at each poll, the older ones of the lookback once a day."""
        recent = min(options.recent, options.lookback)
        pages = float(self._pages(options, recent + kit.DAY))
        if options.lookback > recent:
            older = self._pages(options, options.lookback - recent)
            pages += older * min(1, options.interval / kit.DAY)
        return [kit.Cost(self.endpoint.group, pages)]

    def first_read(self, _: AnthropicTarget, options: Any) -> Sequence[kit.Cost]:
        """All of the lookback, and the day that is open."""
        return [kit.Cost(self.endpoint.group, self._pages(options, options.lookback + kit.DAY))]

    def _pages(self, options: Any, span: float) -> int:
        pages: int = ceil(span / self.seconds / options.page_size)
        return max(1, pages)

    async def _days(self, source: _Source, run: Sequence[kit.Window]) -> AsyncGenerator[_Day, None]:
        """The days of a run, each as soon as a later one begins: not all of them are in memory."""
        request = self.asked(source, kit.Window(run[0].start, run[-1].end))
        paging = report_pages(source.options.page_size)
        found = source.pages(request, paging, self.page, self.buckets, counted=False)
        left = [_Day(window) for window in run]
        async with aclosing(found) as pages:
            async for page in pages:
                buckets = self.buckets(page)
                source.records += await asyncio.to_thread(self._add, source, buckets, left)
                newest = max((bucket.window.start for bucket in buckets), default=0)
                while len(left) > 1 and newest >= left[1].window.start:
                    yield left.pop(0)
        for day in left:
            yield day

    def _add(self, source: _Source, buckets: Iterable[BucketT], days: Sequence[_Day]) -> int:
        """Count buckets in their days; returns how many results they have."""
        total = 0
        for bucket in buckets:
            window = bucket.window
            day = next((day for day in days if window.start in day.window), None)
            if day is None:
                continue  # it began after the poll
            tally = kit.Tally()
            results = self.count(bucket, window.start, tally, source.reject)
            day.samples[window] = [*tally.samples()]
            source.has_data(min(window.end, source.now) if results else None)
            total += results
        return total


def _runs(source: _Source, days: Iterable[kit.Window]) -> Iterator[list[kit.Window]]:
    """Days that follow each other, within the window: each run of them is one list of pages."""
    run: list[kit.Window] = []
    for each in days:
        day = kit.Window(max(each.start, source.window.start), each.end)
        if run and run[-1].end != day.start:
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _is_whole(source: _Source, day: kit.Window) -> bool:
    """Whether no part of the day lies outside of the piece of the poll's window that is read."""
    start = kit.floor(day.start, kit.DAY)
    whole, piece = source.poll_window, source.window
    return max(start, whole.start) == day.start and min(start + kit.DAY, whole.end) <= piece.end
