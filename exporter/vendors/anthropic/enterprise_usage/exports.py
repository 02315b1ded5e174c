"""What an export tells of usage or cost: by the newer reports, or by the older ones."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from exporter.streams import kit
from exporter.vendors.anthropic.enterprise_usage.metrics import Figures
from exporter.vendors.anthropic.enterprise_usage.records import (
    CostBuckets,
    CostRows,
    UsageBuckets,
    UsageRows,
)
from exporter.vendors.anthropic.pages import report_pages
from exporter.vendors.anthropic.restarts import walked
from exporter.vendors.anthropic.vendor import ANALYTICS

ROOT = "/v1/organizations/analytics"
BETA = (("anthropic-beta", "analytics-usage-cost-2026-08-24"),)
ROWS_A_PAGE = 1_000
LONGEST_RANGE = 31 * kit.DAY
BUCKETS_A_PAGE = 31
GROUPS = "product", "model"
TRIES = 2
"""How often a report is read that is exported anew meanwhile."""

Labels: TypeAlias = tuple[str, str]
PageT = TypeVar("PageT", bound=UsageBuckets | CostBuckets | UsageRows | CostRows)


@dataclass(slots=True)
class Told:
    """What a report tells: figures by day and group, and of all groups of a day where it says so.

    `days` are those that it has, None where one without rows is missing. `exports` are the times of the
    exports that its pages are of.
    """

    days: set[int] | None = None
    groups: list[tuple[int, Labels, Figures]] = field(default_factory=list)
    totals: list[tuple[int, Figures]] = field(default_factory=list)
    exports: set[str | None] = field(default_factory=set)

    @property
    def refreshed(self) -> float | None:
        """Up to when it tells."""
        [export] = self.exports
        return None if export is None else kit.moment(export)


@dataclass(frozen=True, slots=True)
class NewerReport:
    """A report in rows, without a limit of groups; it is a beta."""

    endpoint: kit.Endpoint
    kind: type[UsageRows] | type[CostRows]

    def asked(self, window: kit.Window) -> kit.Request:
        query = _times(window) | {"time_bucket_width": "1d", "group_by[]": GROUPS}
        return kit.Request(self.endpoint, query=query)

    async def read(self, source: kit.Source[Any, Any], window: kit.Window) -> Told:
        async def walk() -> Told:
            told = Told()
            async with aclosing(
                _pages(source, self.asked(window), self.kind, ROWS_A_PAGE)
            ) as pages:
                async for page in pages:
                    told.exports.add(page.data_refreshed_at)
                    told.groups += [(row.day, row.group.labels, row.figures) for row in page.data]
            return told

        return await _of_one_export(self.endpoint, walk)


@dataclass(frozen=True, slots=True)
class OlderReport:
    """A report in buckets, each with its largest groups and nothing of the rest.

    So it is asked for without groups too.
    """

    endpoint: kit.Endpoint
    kind: type[UsageBuckets] | type[CostBuckets]

    def asked(self, window: kit.Window, groups: Sequence[str] = GROUPS) -> kit.Request:
        by = {"group_by[]": groups} if groups else {}
        query = _times(window) | {"bucket_width": "1d", **by}
        return kit.Request(self.endpoint, query=query)

    async def read(self, source: kit.Source[Any, Any], window: kit.Window) -> Told:
        async def walk() -> Told:
            told = Told(days=set())
            for groups in (GROUPS, ()):
                request = self.asked(window, groups)
                async with aclosing(_pages(source, request, self.kind, BUCKETS_A_PAGE)) as pages:
                    async for page in pages:
                        _take(told, page, grouped=bool(groups))
            return told

        return await _of_one_export(self.endpoint, walk)


NEWER = (
    NewerReport(kit.Endpoint(f"{ROOT}/usage", ANALYTICS, headers=BETA), UsageRows),
    NewerReport(kit.Endpoint(f"{ROOT}/cost", ANALYTICS, headers=BETA), CostRows),
)
OLDER = (
    OlderReport(kit.Endpoint(f"{ROOT}/usage_report", ANALYTICS), UsageBuckets),
    OlderReport(kit.Endpoint(f"{ROOT}/cost_report", ANALYTICS), CostBuckets),
)


def _take(told: Told, page: UsageBuckets | CostBuckets, *, grouped: bool) -> None:
    told.exports.add(page.data_refreshed_at)
    for bucket in page.data:
        for row in bucket.results:
            if grouped:
                told.groups.append((bucket.day, row.group.labels, row.figures))
            else:
                told.totals.append((bucket.day, row.figures))
        if told.days is not None:
            told.days.add(bucket.day)


def _times(window: kit.Window) -> dict[str, Any]:
    return {"starting_at": kit.iso(window.start), "ending_at": kit.iso(window.end)}


def _pages(
    source: kit.Source[Any, Any], request: kit.Request, kind: type[PageT], size: int
) -> AsyncGenerator[PageT, None]:
    return source.pages(request, report_pages(size), kind, lambda page: page.data, counted=False)


async def _of_one_export(endpoint: kit.Endpoint, walk: Callable[[], Awaitable[Told]]) -> Told:
    """What a walk finds whose pages are all of one export."""
    for _ in range(TRIES):
        told = await walked(walk)
        if len(told.exports) == 1:
            return told
    raise kit.UnavailableError(
        f"{endpoint.path}: it is exported anew while it is read; the next poll reads it again"
    )
