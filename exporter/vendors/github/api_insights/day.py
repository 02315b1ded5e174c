"""One UTC day of API Insights: it is asked for as one window, and counted as one bucket."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from exporter.streams import kit
from exporter.vendors.github.api_insights import api, metrics
from exporter.vendors.github.api_insights.options import Options
from exporter.vendors.github.vendor import PAGING, GithubTarget

RowT = TypeVar("RowT", api.Subject, api.Route, api.UserActor)

InsightsSource: TypeAlias = kit.Source[GithubTarget, Options]


@dataclass(frozen=True, slots=True)
class Listing(Generic[RowT]):
    """A list of counts; `total` is of all of it, also of what is beyond the last page that is read."""

    rows: kit.Endpoint
    total: kit.Endpoint
    kind: type[list[RowT]]
    table: kit.Table[api.Counts]


SUBJECTS = Listing(api.SUBJECTS, api.SUMMARY, list[api.Subject], metrics.OF_SUBJECT)
ROUTES = Listing(api.ROUTES, api.SUMMARY_ACTOR, list[api.Route], metrics.OF_ROUTE)
USERS = Listing(api.USERS, api.SUMMARY_USER, list[api.UserActor], metrics.OF_USER)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose requests are asked for: of one actor or user, or of all who send any.

    `path` names it in paths, `labels` are what its series have in common.
    """

    partition: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


ALL = Sender()


class Day:
    """What was read of one day: the samples, and what the answers speak for."""

    def __init__(self, source: InsightsSource, window: kit.Window) -> None:
        self.name = kit.iso_day(window.start)
        self.samples: list[kit.Sample] = []
        self.covers: list[kit.Coverage] = []
        self._source = source
        self._window = window

    @property
    def is_open(self) -> bool:
        """Whether the day is of the lookback, and not only read because it may be told late."""
        return self._window.start >= self._source.lookback_start

    async def count_slices(
        self, endpoint: kit.Endpoint, table: kit.Table[api.Counts], sender: Sender = ALL
    ) -> int | None:
        """Count slices of five minutes; returns the end of the newest one with requests."""
        request = api.ask(
            self._source.target, endpoint, self._window, sender.path, timestamp_increment="5m"
        )
        rows = await self._source.get(request, list[api.TimeStat], records=len)
        slices: dict[int, api.Counts] = {}
        for row in rows:
            if row.start in slices:
                raise kit.SchemaError(f"{endpoint.path}: the answer repeats {row.timestamp}")
            slices[row.start] = row
        if not slices:
            # The counters of an account that has no traffic are there, at zero.
            slices[self._window.start] = api.Counts(0, 0)
        self._cover(table, sender)
        newest = None
        for start in sorted(slices):
            if start in self._window:
                counts = slices[start]
                self.samples += table.samples(counts, sender.labels, start, sender.partition)
                newest = start + api.SLICE if counts.total_request_count else newest
        return newest

    async def count_rows(
        self,
        listing: Listing[RowT],
        labels: Callable[[RowT], tuple[str, str]],
        sender: Sender = ALL,
    ) -> list[RowT]:
        """Count the rows of a list, and what is left of the total of a cut one as `other`."""
        rows, is_cut = await self.rows(listing, sender.path)
        self._cover(listing.table, sender)
        for row in rows:
            self._count(listing, row, sender, labels(row), row.key)
        if is_cut:
            request = api.ask(self._source.target, listing.total, self._window, sender.path)
            total = await self._source.get(request, api.Counts, records=lambda _: 1)
            self._count(listing, total.less(rows), sender, (kit.OTHER, kit.OTHER), kit.OTHER)
        return rows

    async def rows(
        self, listing: Listing[RowT], path: Mapping[str, str]
    ) -> tuple[list[RowT], bool]:
        """The rows of a list by key, and whether it was cut at the limit of pages."""
        request = api.ask(self._source.target, listing.rows, self._window, path)
        found: dict[str, RowT] = {}
        pages_read = 0
        pages = self._source.pages(request, PAGING, listing.kind, lambda page: page)
        async with aclosing(pages):
            async for page in pages:
                pages_read += 1
                found.update((row.key, row) for row in page)
                if pages_read == self._source.options.max_pages:
                    return list(found.values()), bool(page)
        return list(found.values()), False

    def show_last(self, subject: api.Subject, labels: tuple[str, str]) -> None:
        """Show when a subject last did something on this day."""
        self.samples += metrics.LAST.samples(subject, labels, partition=self.name)

    def batch(self) -> kit.Batch:
        last = kit.Coverage(metrics.LAST.metrics, partition=self.name)
        return kit.Batch(self.samples, [*self.covers, last], partition=self.name)

    def _count(
        self,
        listing: Listing[RowT],
        counts: api.Counts,
        sender: Sender,
        labels: tuple[str, str],
        key: str,
    ) -> None:
        self.samples += listing.table.samples(
            counts, sender.labels + labels, self._window.start, sender.partition, key
        )

    def _cover(self, table: kit.Table[api.Counts], sender: Sender) -> None:
        partition = sender.partition or None
        self.covers.append(kit.Coverage(table.metrics, self._window, partition))
