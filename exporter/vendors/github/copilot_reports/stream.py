"""Stream `copilot_reports`: daily reports of how an organization or enterprise uses Copilot.

A day's report comes two days after the day and is revised for some days more. So the days of the
lookback that are old enough to have one are asked for one by one, again until they are settled.
"""

from collections.abc import AsyncGenerator, Sequence
from math import ceil

import msgspec

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.counts import DayCounts
from exporter.vendors.github.copilot_reports.files import (
    ENTITY,
    TEAMS,
    USERS,
    NoReportError,
    ReportsSource,
    ask,
    read_large,
    read_report,
    read_small,
)
from exporter.vendors.github.copilot_reports.metrics import GAUGE_METRICS, METRICS, gauges_of
from exporter.vendors.github.copilot_reports.options import Options
from exporter.vendors.github.copilot_reports.people import Membership, PeopleTally
from exporter.vendors.github.copilot_reports.records import Entity, Links, TeamMember, UserDay
from exporter.vendors.github.rights import COPILOT, REST, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget

_REPORTED_AFTER = 3 * kit.DAY
"""A report is there within two full days after its day."""
_SATURDAY = 5


class _Memory(msgspec.Struct):
    """The newest day with a report, and the days that are not read again (Unix seconds)."""

    newest: int | None = None
    settled: list[int] = []


async def read(source: ReportsSource) -> AsyncGenerator[kit.Batch, None]:
    memory = source.recall(_Memory)
    # If the clock was set back, days that were remembered as settled may still change.
    settled = {d for d in memory.settled if d in source.window and _is_final(source, d)}
    newest, latest = memory.newest, None
    asked: list[int] = []
    gone: list[kit.NotFoundError] = []
    problem = None
    try:
        for day in source.days(kit.floor(source.now - source.options.report_lag, kit.DAY)):
            # The newest one is read again even if it is settled: the gauges are of it.
            if day.start in settled and day.start != memory.newest:
                continue
            asked.append(day.start)
            try:
                entity = await _entity(source, kit.iso_day(day.start))
            except NoReportError as error:
                gone += [error.answer] if error.answer is not None else []
                continue
            counts = DayCounts(day)
            counts.count(entity)
            complete = await _count_people(source, kit.iso_day(day.start), counts)
            if day.start >= (newest or 0):
                newest, latest = day.start, entity
                source.has_data(day.end)
            if complete and _is_final(source, day.start):
                settled.add(day.start)
            yield kit.Batch(
                counts.samples,
                [counts.coverage],
                counts.groups,
                partition=kit.iso_day(day.start),
                memory={"newest": newest, "settled": sorted(settled)},
            )
    except kit.PollError as error:
        problem = error
    if latest is not None:
        # Only once: the gauges of several days would be added up.
        yield kit.Batch([*gauges_of(latest)], [kit.Coverage(GAUGE_METRICS)])
    if problem is not None:
        raise problem
    _check_gone(memory.newest, asked, gone)


def _check_gone(known: int | None, asked: Sequence[int], gone: Sequence[kit.NotFoundError]) -> None:
    """Raise NotFoundError where no day has a report, and one had to have it.

    A day that had a report before cannot be one that has none yet.
    """
    if asked and len(gone) == len(asked) and (known is None or known in asked):
        raise kit.NotFoundError(
            f"{gone[-1]}; no day of {len(asked)} has a report: check also that the policy "
            '"Copilot usage metrics" is enabled'
        ) from gone[-1]


def _is_final(source: ReportsSource, day: int) -> bool:
    return source.now >= day + kit.DAY + source.options.settled_after


async def _entity(source: ReportsSource, day: str) -> Entity:
    """The totals of a day; raises NoReportError where there are none."""
    report = ENTITY[source.target.scope]

    async def shards(requests: Sequence[kit.Request]) -> list[Entity]:
        return await read_small(source, requests, Entity)

    records = [
        record
        for outer in await read_report(source, report, day, shards)
        for record in ([outer] if outer.day_totals is None else outer.day_totals)
        if record.day in (None, day)
    ]
    if not records:
        raise NoReportError
    if any(record != records[0] for record in records):
        raise kit.SchemaError(f"{report}-1-day: the files of {day} hold different totals")
    return records[0]


async def _count_people(source: ReportsSource, day: str, counts: DayCounts) -> bool:
    """Count people's days by team and user; returns whether all reports that takes were there."""
    teams, users = source.options.teams, source.options.users and source.people
    membership = None

    async def read_teams(requests: Sequence[kit.Request]) -> Membership:
        members = Membership(day)
        await read_large(source, requests, TeamMember, members.add)
        return members

    async def read_users(requests: Sequence[kit.Request]) -> PeopleTally:
        tally = PeopleTally(day, membership, users=users)
        await read_large(source, requests, UserDay, tally.add)
        return tally

    if not (teams or users):
        return True
    try:
        if teams:
            membership = await read_report(source, TEAMS, day, read_teams)
        tally = await read_report(source, USERS, day, read_users)
    except NoReportError:
        return False
    tally.count(counts)
    return True


def plan(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """A request for the links of each report of each day that is not settled; files are elsewhere."""
    open_for = min(options.lookback, options.settled_after) - options.report_lag
    reports = 3 if options.teams else 2 if options.users else 1
    return (kit.Cost(GROUP, reports * max(1, ceil(open_for / kit.DAY))),)


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
    summary="Copilot usage by feature, IDE, language and model, active users, teams (daily reports)",
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
