"""Stream `copilot_reports`: daily reports of how an organization or enterprise uses Copilot.

A day's report comes one to three days after the day and is revised for some days more. So the days of
the lookback are asked for one by one, until they have a report and again until they are settled.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from math import ceil
from typing import Any

import msgspec

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.counts import DayCounts, Totals
from exporter.vendors.github.copilot_reports.files import ENTITY, ReportsSource, ask
from exporter.vendors.github.copilot_reports.metrics import GAUGE_METRICS, METRICS, gauges_of
from exporter.vendors.github.copilot_reports.options import Options
from exporter.vendors.github.copilot_reports.records import Entity, Links
from exporter.vendors.github.copilot_reports.reports import PARTS, Reports
from exporter.vendors.github.copilot_reports.repository_metrics import REVIEW_MINUTES
from exporter.vendors.github.copilot_reports.review_times import ReviewTimes
from exporter.vendors.github.rights import COPILOT, REST, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget

_REPORTED_AFTER = 3 * kit.DAY
"""A report is there within two full days after its day."""
_SATURDAY = 5


class _Memory(msgspec.Struct):
    """The newest day with a report, the days that are not read again, and the day of review times.

    All in Unix seconds.
    """

    newest: int | None = None
    settled: list[int] = []
    reviewed: int | None = None


class _Read:
    """One read of the days of the window: what came of it so far, and what is remembered."""

    def __init__(self, source: ReportsSource) -> None:
        memory = source.recall(_Memory)
        self.reports = Reports(source)
        self.reviews = ReviewTimes(source, memory.reviewed)
        self.latest: Entity | None = None
        self._source = source
        self._before = self._newest = memory.newest
        # If the clock was set back, days that were remembered as settled may still change.
        self._settled = {
            day for day in memory.settled if day in source.poll_window and _is_final(source, day)
        }
        self._asked: list[int] = []
        self._found = False
        self._broken: kit.PollError | None = None

    async def days(self) -> kit.Batches:
        """A batch for each day that has a report."""
        until = kit.floor(self._source.now - self._source.options.report_lag, kit.DAY)
        for day in self._source.days(until):
            # The newest one is read again even if it is settled: the gauges are of it.
            if day.start in self._settled and day.start != self._before:
                continue
            self._asked.append(day.start)
            record = await self._record(kit.iso_day(day.start))
            if record is not None:
                yield await self._counted(day, record)

    async def _record(self, day: str) -> Entity | None:
        """What a day's report says of the account; a day that cannot be read costs itself."""
        try:
            totals = await self.reports.read(ENTITY[self._source.target.scope], day, Entity, Totals)
        except (kit.SchemaError, kit.UnavailableError) as error:
            # Two in a row are a vendor that is down.
            if self._broken is not None and isinstance(error, kit.UnavailableError):
                raise
            self._broken = error
            self._source.fail(f"the report of {day}", error)
            return None
        self._broken = None
        return None if totals is None else totals.record

    async def _counted(self, day: kit.Window, record: Entity) -> kit.Batch:
        source, name, counts = self._source, kit.iso_day(day.start), DayCounts(day)
        self._found = True
        counts.count(record)
        complete = await self.reports.count_people(name, counts)
        if source.options.repositories:
            complete = await self._count_repositories(day.start, counts) and complete
        if day.start >= (self._newest or 0):
            self._newest, self.latest = day.start, record
            source.has_days((day.start,))
        if complete and _is_final(source, day.start):
            self._settled.add(day.start)
        return kit.Batch(
            counts.samples, [counts.coverage], counts.groups, partition=name, memory=self._memory()
        )

    async def _count_repositories(self, day: int, counts: DayCounts) -> bool:
        """Count a day's repositories; returns whether they have a report."""
        repositories = await self.reports.repositories(kit.iso_day(day))
        if repositories is None:
            return False
        await asyncio.to_thread(repositories.count, counts)
        await asyncio.to_thread(self.reviews.take, day, repositories)
        return True

    async def review_times(self) -> kit.Batch:
        """The review times; where there are none, none are shown."""
        await self.reviews.read_again(self.reports, self._asked)
        covers = [kit.Coverage((REVIEW_MINUTES,))]
        return kit.Batch(self.reviews.samples or [], covers, memory=self._memory())

    def _memory(self) -> dict[str, Any]:
        memory = {"newest": self._newest, "settled": sorted(self._settled)}
        reviewed = self.reviews.day
        return memory if reviewed is None else {**memory, "reviewed": reviewed}

    def problem(self) -> kit.PollError | None:
        """Why no day could be read, where that is no matter of the days."""
        gone = None
        # A day that had a report before cannot be one that has none yet.
        if self._before is None or self._before in self._asked:
            gone = self.reports.gone(ENTITY[self._source.target.scope])
        return gone or (None if self._found else self._broken)


async def read(source: ReportsSource) -> kit.Batches:
    reading, problem = _Read(source), None
    try:
        async with aclosing(reading.days()) as batches:
            async for batch in batches:
                yield batch
    except kit.PollError as error:
        problem = error
    if reading.latest is not None:
        # Only once: the gauges of several days would be added up.
        yield kit.Batch([*gauges_of(reading.latest)], [kit.Coverage(GAUGE_METRICS)])
    problem = problem or reading.problem()
    if problem is None and source.options.repositories:
        yield await reading.review_times()
    if problem is not None:
        raise problem
    for report, part in PARTS.items():
        if gone := reading.reports.gone(report):
            source.fail(part, gone)


def _is_final(source: ReportsSource, day: int) -> bool:
    return source.now >= day + kit.DAY + source.options.settled_after


def plan(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """A request for the links of each report of each day that is not settled; files are elsewhere.

    With repositories one more, for the day whose review times are shown, where it is settled.
    """
    settled, last = options.settled_after, options.lookback - kit.DAY
    open_for = min(options.lookback, settled) - options.report_lag
    reports = (3 if options.teams else 2 if options.users else 1) + options.repositories
    again = options.repositories and options.report_lag < settled <= last
    return (kit.Cost(GROUP, reports * max(1, ceil(open_for / kit.DAY)) + again),)


def _working_day(source: ReportsSource) -> kit.Request:
    """The links of a working day: a day without any use has no report."""
    day = kit.floor(source.now - _REPORTED_AFTER, kit.DAY) - kit.DAY
    weekend = max(0, kit.date_of(day).weekday() - _SATURDAY + 1)
    day -= weekend * kit.DAY
    return ask(source.target, ENTITY[source.target.scope], kit.iso_day(day))


_DOCUMENT = f"{REST}/copilot/copilot-usage-metrics#get-copilot"
_POLICY = 'the policy "Copilot usage metrics" must be enabled'
_UNUSED = "a day on which nobody used Copilot has no report either"
_ORG_PERMISSION = 'the organization permission "Organization Copilot metrics" (read)'
_ENTERPRISE_PERMISSION = 'the enterprise permission "Enterprise Copilot metrics" (read)'

STREAM = kit.Stream(
    name="copilot_reports",
    summary="Copilot usage by feature, IDE, language and model, active users, teams, repositories (daily reports)",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=plan,
    probe=kit.once(_working_day, Links, none=True),
    right={
        "org": Right(
            document=f"{_DOCUMENT}-organization-usage-metrics-for-a-specific-day",
            who='an owner, or somebody with the role "View Organization Copilot Metrics"',
            classic=("read:org",),
            fine_grained=_ORG_PERMISSION,
            app=_ORG_PERMISSION,
            plan=COPILOT,
            policy=_POLICY,
            unused=_UNUSED,
        ),
        "enterprise": Right(
            document=f"{_DOCUMENT}-enterprise-usage-metrics-for-a-specific-day",
            who='an owner, a billing manager, or somebody with the role "View Enterprise Copilot Metrics"',
            classic=("manage_billing:copilot", "read:enterprise"),
            fine_grained=_ENTERPRISE_PERMISSION,
            app=_ENTERPRISE_PERMISSION,
            plan=COPILOT,
            policy=f"{_POLICY} everywhere",
            unused=_UNUSED,
        ),
    },
)
