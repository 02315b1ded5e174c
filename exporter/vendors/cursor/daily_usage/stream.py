"""Stream `daily_usage`: lines and requests of the members of a team or organization, by UTC day.

Asked for in pages, Cursor has a row for everybody who was a member, busy or not: a day without rows is one
that nothing is known of.
"""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, TypeAlias

from exporter.streams import common_metrics, kit
from exporter.vendors.cursor.daily_usage.metrics import COUNTERS
from exporter.vendors.cursor.daily_usage.records import DailyUsage
from exporter.vendors.cursor.daily_usage.sums import MemberSums
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.pages import one_of_yesterday, pages, ranges
from exporter.vendors.cursor.rights import USAGE
from exporter.vendors.cursor.vendor import DAILY_USAGE as GROUP
from exporter.vendors.cursor.vendor import LONGEST_RANGE, CursorTarget

DAILY_USAGE = AccountList("daily-usage-data", GROUP)
SETTLED_AFTER = 6 * kit.HOUR
"""Cursor adds up by the hour, and does not say how late."""


class Options(kit.CountingOptions):
    """Options of `daily_usage`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    page_size: int = kit.Field(default=1_000, ge=1, le=1_000)
    """Members a request."""
    expected_members: int = kit.Field(default=1_000, ge=1)
    """How many members the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]


async def read(source: _Source) -> kit.Batches:
    settled = kit.floor(source.now - SETTLED_AFTER, kit.DAY) - kit.DAY
    for window in source.window.split(LONGEST_RANGE):
        found = await _members(source, window)
        source.records += found.rows
        source.has_days(found.days)
        samples = [*found.samples()]
        if settled in found.days:
            people = found.active(settled)
            samples.append(kit.Sample(common_metrics.DAILY_ACTIVE_USERS, (), people))
        # Counting starts here even if no day is told yet, so that the first one is no baseline.
        begun = kit.Coverage(COUNTERS, kit.Window(window.start, window.start))
        covers = [begun, *found.covers(), kit.Coverage((common_metrics.DAILY_ACTIVE_USERS,))]
        yield kit.Batch(samples, covers)


async def _members(source: _Source, window: kit.Window) -> MemberSums:
    """All members' days; read again where somebody is missing, as when pages move."""
    found = await _walk(source, window)
    if found.agrees:
        return found
    again = await _walk(source, window)
    if again.agrees:
        return again
    told = f"{DAILY_USAGE.endpoint(source.target).path}: {again.disagreement}"
    if again.members != found.members:
        raise kit.UnavailableError(f"{told}, and others came before: the pages move")
    source.fail("the list of members", kit.SchemaError(f"{told}, twice; they count"))
    return again


async def _walk(source: _Source, window: kit.Window) -> MemberSums:
    sums = MemberSums(window, people=source.people)
    odd = source.rejects.fields.total()
    request, size = asked(source, window), source.options.page_size
    found = pages(source, request, DailyUsage, lambda page: page.data, size, counted=False)
    async with aclosing(found) as walk:
        async for page in walk:
            sums.add(page)
    sums.odd = source.rejects.fields.total() - odd
    return sums


def asked(source: kit.Source[Any, Any], window: kit.Window) -> kit.Request:
    """The days of a window."""
    return DAILY_USAGE.within(source.target, window)


def _plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    pages_of_all = -(-options.expected_members // options.page_size)
    return [kit.Cost(DAILY_USAGE.group, pages_of_all * ranges(options))]


STREAM = kit.Stream(
    name="daily_usage",
    summary="lines, requests and active people of a team, by day",
    metrics=(*COUNTERS, common_metrics.DAILY_ACTIVE_USERS),
    options=Options,
    read=read,
    plan=_plan,
    probe=kit.once(one_of_yesterday(asked), DailyUsage),
    right=USAGE,
    retention=90 * kit.DAY,
)
