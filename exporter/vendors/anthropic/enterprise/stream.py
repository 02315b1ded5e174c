"""Stream `enterprise`: seats, active people, chats and Claude Code of a Claude Enterprise organization.

What it uses and costs is in `enterprise_usage`: that is told by the hour and revised for thirty days, this is built
once a day and revised for some.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from math import ceil
from typing import Any, TypeAlias

from exporter.streams import kit
from exporter.vendors.anthropic.enterprise import summaries, users
from exporter.vendors.anthropic.enterprise.built import latest_before
from exporter.vendors.anthropic.enterprise.summaries import GAUGES, Summaries, Summary
from exporter.vendors.anthropic.enterprise.users import COUNTERS, ROWS_A_PAGE, DaySums, UsersPage
from exporter.vendors.anthropic.pages import report_pages
from exporter.vendors.anthropic.restarts import walked
from exporter.vendors.anthropic.rights import ANALYTICS as RIGHT
from exporter.vendors.anthropic.vendor import ANALYTICS as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_analytics

BUILT_AFTER = 10 * kit.HOUR
"""How long after its end a day is built."""


class Options(kit.CountingOptions):
    """Options of `enterprise`."""

    interval: kit.Duration = kit.Field(default=6 * kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    """How far back days are read again once a day: Anthropic revises them by a few percent."""
    recent: kit.Duration = kit.Field(default=2 * kit.DAY, ge=0)
    """How much of the lookback every poll reads again."""
    expected_users: int = kit.Field(default=1_000, ge=0)
    """How many people the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[AnthropicTarget, Options]


async def read(source: _Source) -> kit.Batches:
    newest = await _newest(source)
    # Counting starts here even if no day is built yet, so that the first one is no baseline.
    begun = kit.Coverage(COUNTERS, kit.Window(source.window.start, source.window.start))
    yield kit.Batch([] if newest is None else [*newest.samples()], [kit.Coverage(GAUGES), begun])
    end = kit.floor(source.now, kit.DAY) if newest is None else newest.day + kit.DAY
    recent = source.options.recent
    due = kit.DueDays(source, recent=recent, closed_after=BUILT_AFTER, end=end)
    for day in due:
        found = await _read_day(source, day)
        if found is None:
            break
        source.records += found.rows
        if found.rows:
            source.has_days((day.start,))
        samples = await asyncio.to_thread(found.samples)
        partition, memory = kit.iso_day(day.start), due.noted(day)
        yield kit.Batch(samples, [found.coverage], partition=partition, memory=memory)


async def _newest(source: _Source) -> Summary | None:
    """The summary of the newest day that is built; None where there is none in the last days."""
    since = kit.floor(source.now - summaries.SPAN, kit.DAY)
    try:
        found = await source.get(
            summaries.asked(since), Summaries, records=lambda found: len(found.days)
        )
    except kit.PollError as error:
        if latest_before(since, error) is None:
            raise
        return None
    return found.newest


async def _read_day(source: _Source, day: kit.Window) -> DaySums | None:
    """What people did on a day; None where it is not built yet, and so no later one is."""

    async def walk() -> DaySums:
        sums = DaySums(day)
        paging = report_pages(ROWS_A_PAGE)
        found = source.pages(
            users.asked(day.start), paging, UsersPage, lambda page: page.data, counted=False
        )
        async with aclosing(found) as pages:
            async for page in pages:
                await asyncio.to_thread(sums.add, page.data)
        return sums

    try:
        return await walked(walk)
    except kit.PollError as error:
        if latest_before(day.start, error) is None:
            raise
        return None


def _pages(options: Options, days: float) -> float:
    return days * max(1, ceil(options.expected_users / ROWS_A_PAGE))


def plan(_: AnthropicTarget, options: Options) -> Sequence[kit.Cost]:
    """The summaries and the recent days at each poll, the older ones of the lookback once a day."""
    days = kit.days_a_poll(
        lookback=options.lookback, recent=options.recent, interval=options.interval
    )
    # The day that is open is not built.
    return [kit.Cost(GROUP, 1 + _pages(options, days - 1))]


def _last_days(source: kit.Source[Any, Any]) -> kit.Request:
    return summaries.asked(source.now - summaries.SPAN)


STREAM = kit.Stream(
    name="enterprise",
    summary="seats, active people, chats and Claude Code of a Claude Enterprise organization",
    metrics=(*GAUGES, *COUNTERS),
    options=Options,
    read=read,
    plan=plan,
    probe=kit.once(_last_days, Summaries),
    right=RIGHT,
    inapplicable=needs_analytics,
    label_sizes=lambda _, __: {"window": 3, "product": 9, "change": 2, "tool": 4, "decision": 2},
)
