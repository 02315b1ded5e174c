"""Stream `copilot_reports`: daily reports of how an organization or enterprise uses Copilot.

A day's report comes two days after the day and is revised for some days more. So the days of the
lookback that are old enough to have one are asked for one by one, again until they are settled.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil

import msgspec

from exporter.client.client import Request
from exporter.client.errors import NotFoundError, SchemaError
from exporter.model import DAY
from exporter.streams.progress import recalled
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.github.reports_count import DayCounts, count_entity, gauges_of
from exporter.vendors.github.reports_files import Downloads, NoReportError, Reports
from exporter.vendors.github.reports_metrics import GAUGE_METRICS, METRICS
from exporter.vendors.github.reports_options import SETTLED_AFTER, Options
from exporter.vendors.github.reports_people import Membership, PeopleTally
from exporter.vendors.github.reports_records import (
    Entity,
    TeamMember,
    TeamReport,
    UserDay,
    UserReport,
)
from exporter.vendors.github.vendor import GROUP, GithubTarget


class _Remembered(msgspec.Struct):
    """The newest day with a report, and the days that are not read again (Unix seconds)."""

    newest: int | None = None
    settled: list[int] = []


class _Read:
    """One read of the stream: a day after the other, each counted whole or not at all."""

    def __init__(self, poll: Poll[GithubTarget, Options]) -> None:
        self._poll = poll
        self._options = poll.options
        self._reports = Reports.of(poll.target)
        self._files = Downloads(poll.client, self._reports.scope)
        self._reading = Reading()
        self._users = poll.options.users and poll.people
        remembered = recalled(poll.progress, _Remembered)
        self._known = remembered.newest
        # What a clock that was set back since took for settled is not.
        self._settled = {d for d in remembered.settled if d in poll.window and self._final(d)}
        self._newest: tuple[int, Entity] | None = None
        self._gone: list[NotFoundError] = []

    async def run(self) -> Reading:
        days = self._days()
        for done, day in enumerate(days):
            self._poll.tell(done, len(days))
            await self._day(day)
        self._poll.tell(len(days), len(days))
        # A day that had a report before cannot be one that has none yet.
        suspicious = self._known is None or self._known in days
        if days and len(self._gone) == len(days) and suspicious:
            raise NotFoundError(
                f"{self._gone[-1]}; no day of {len(days)} has a report: check also that the policy "
                '"Copilot usage metrics" is enabled'
            ) from self._gone[-1]
        self._finish()
        return self._reading

    def _days(self) -> list[int]:
        """The days to ask for: those that can have a report, and are not known in full."""
        window, lag = self._poll.window, self._options.report_lag
        return [
            day
            for day in range(window.start, window.end, DAY)
            if day + DAY + lag <= self._poll.now
            # The newest one is read again even so: the gauges are of it.
            and (day not in self._settled or day == self._known)
        ]

    async def _day(self, day: int) -> None:
        entity = await self._entity(day)
        if entity is None:
            return
        counts = DayCounts(day)
        count_entity(counts, entity)
        complete = await self._people(counts, day)
        self._reading.samples += counts.samples
        self._reading.groups |= counts.groups
        self._reading.coverage.append(counts.coverage)
        self._newest = day, entity
        if complete and self._final(day):
            self._settled.add(day)

    def _final(self, day: int) -> bool:
        return self._poll.now >= day + DAY + self._options.settled_after

    async def _entity(self, day: int) -> Entity | None:
        date = _date(day)

        async def read(shards: Sequence[Request]) -> list[Entity]:
            return await self._files.whole(shards, Entity)

        try:
            found = await self._files.read(self._reports.entity, date, read)
        except NoReportError as error:
            if error.answer is not None:
                self._gone.append(error.answer)
            return None
        records = [
            record
            for outer in found
            for record in ([outer] if outer.day_totals is None else outer.day_totals)
            if record.day in (None, date)
        ]
        if any(record != records[0] for record in records):
            raise SchemaError(
                f"{self._reports.entity.files.path}: the files of {date} hold different totals"
            )
        return records[0] if records else None

    async def _people(self, counts: DayCounts, day: int) -> bool:
        """Count people's days by team and user; returns whether all reports that takes were there."""
        date = _date(day)

        async def read_teams(shards: Sequence[Request]) -> Membership:
            membership = Membership(date)
            await self._files.each(shards, TeamMember, TeamReport, membership.add)
            return membership

        async def read_users(shards: Sequence[Request]) -> PeopleTally:
            tally = PeopleTally(date, membership, users=self._users)
            await self._files.each(shards, UserDay, UserReport, tally.add)
            return tally

        if not (self._options.teams or self._users):
            return True
        membership = None
        try:
            if self._options.teams:
                membership = await self._files.read(self._reports.teams, date, read_teams)
            tally = await self._files.read(self._reports.users, date, read_users)
        except NoReportError:
            return False
        tally.count(counts)
        return True

    def _finish(self) -> None:
        reading, known = self._reading, self._known
        if self._newest is not None and self._newest[0] >= (known or 0):
            known, entity = self._newest
            reading.samples += gauges_of(entity)
            reading.complete = GAUGE_METRICS
            reading.data_until = known + DAY
        reading.records = self._files.records
        reading.drift = self._files.drift
        reading.progress = {"newest": known, "settled": sorted(self._settled)}


def _date(day: int) -> str:
    return datetime.fromtimestamp(day, UTC).strftime("%Y-%m-%d")


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    return await _Read(poll).run()


def plan(_: GithubTarget, options: Options) -> Sequence[Cost]:
    """A request for the links of each report of each day that is not settled; files are elsewhere."""
    open_for = min(options.lookback, options.settled_after) - options.report_lag
    reports = 3 if options.teams else 2 if options.users else 1
    return (Cost(GROUP, reports * max(1, ceil(open_for / DAY))),)


STREAM = Stream(
    name="copilot_reports",
    shape=Shape.REPORT,
    summary="Copilot usage by feature, IDE, language and model, active users, teams (daily reports)",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=SETTLED_AFTER,
    read=read,
    plan=plan,
)
