"""Stream `usage_events`: every request to a model, with its tokens and what was charged for it.

Events have no id, and Cursor prices them again for a while. So the days of the window are read whole, one by
one, and what a day held replaces what was known of it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from math import ceil
from typing import Any, TypeAlias

from exporter.streams import kit
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.pages import one_of_yesterday
from exporter.vendors.cursor.rights import USAGE
from exporter.vendors.cursor.usage_events.metrics import METRICS
from exporter.vendors.cursor.usage_events.records import EventsPage
from exporter.vendors.cursor.usage_events.sums import DaySums
from exporter.vendors.cursor.vendor import EVENTS as GROUP
from exporter.vendors.cursor.vendor import CursorTarget

EVENTS = AccountList("filtered-usage-events", GROUP)
CLOSED_AFTER = 5 * kit.MINUTE
"""How old an event is when it is read first: a list whose end has come does not move under its reader."""


class Options(kit.CountingOptions):
    """Options of `usage_events`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=3 * kit.DAY, ge=kit.HOUR)
    """How far back events are read again once a day: Cursor prices them again within a billing cycle (`31d`)."""
    recent: kit.Duration = kit.Field(default=kit.DAY, ge=0)
    """How much of the lookback every poll reads again."""
    page_size: int = kit.Field(default=1_000, ge=1, le=1_000)
    """Events a request."""
    expected_events_per_day: int = kit.Field(default=10_000, ge=0)
    """How many events the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]


def asked(source: kit.Source[Any, Any], window: kit.Window) -> kit.Request:
    """The events of a window."""
    return EVENTS.within(source.target, window)


async def read(source: _Source) -> kit.Batches:
    due = kit.DueDays(source, recent=source.options.recent, closed_after=CLOSED_AFTER)
    for day in due:
        found = await _read_day(source, day, is_known=due.is_known(day))
        if found is None:
            continue
        source.records += found.rows
        source.has_data(found.newest)
        samples = await asyncio.to_thread(found.samples)
        covers = [kit.Coverage(found.told, day)]
        partition = kit.iso_day(day.start)
        yield kit.Batch(samples, covers, partition=partition, memory=due.noted(day))


async def _read_day(source: _Source, day: kit.Window, *, is_known: bool) -> DaySums | None:
    """What a day holds; None where its pages move whenever they are read.

    Where nothing is known of the day, the walk ends there and goes on there: left out, a day of the first read
    would count as growth later.
    """
    found = await _walk(source, day)
    if found.agrees:
        return found
    again = await _walk(source, day)
    if again.agrees:
        return again
    path = EVENTS.endpoint(source.target).path
    part = f"the events of {kit.iso_day(day.start)}"
    if again.same_as(found):
        source.fail(part, kit.SchemaError(f"{path}: {again.disagreement}, twice; they count"))
        return again
    error = kit.UnavailableError(
        f"{path}: {again.disagreement}, and other events came before: the pages move; "
        "the day counts as it was, and the next poll reads it again"
    )
    if not is_known:
        raise error
    source.fail(part, error)
    return None


async def _walk(source: _Source, day: kit.Window) -> DaySums:
    """Read all pages of a day, keeping sums only."""
    sums = DaySums(day, people=source.people, reject=source.reject)
    request = asked(source, day)
    paging: kit.BodyFlag[EventsPage] = kit.BodyFlag(
        more=lambda page: page.pagination.has_next_page,
        page_param="page",
        size_param="pageSize",
        size=source.options.page_size,
    )
    before = source.rows_of(request.endpoint)
    found = source.pages(request, paging, EventsPage, lambda page: page.usage_events, counted=False)
    async with aclosing(found) as pages:
        async for page in pages:
            await asyncio.to_thread(sums.add, page)
    sums.rows = source.rows_of(request.endpoint) - before
    return sums


def _pages(options: Options, days: float) -> float:
    return days * max(1, ceil(options.expected_events_per_day / options.page_size))


def plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    """The recent days at each poll, the older ones of the lookback once a day."""
    days = kit.days_a_poll(
        lookback=options.lookback, recent=options.recent, interval=options.interval
    )
    return [kit.Cost(EVENTS.group, _pages(options, days))]


def first_read(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    """Every day of the lookback, and the day that is open."""
    return [kit.Cost(EVENTS.group, _pages(options, options.lookback / kit.DAY + 1))]


STREAM = kit.Stream(
    name="usage_events",
    summary="requests to models, their tokens, and what was charged for them",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=plan,
    probe=kit.once(one_of_yesterday(asked), EventsPage),
    right=USAGE,
    first_read=first_read,
    retention=90 * kit.DAY,
    label_sizes=lambda _, __: {"actor": 4, "token_kind": 4, "chargeable": 2},
)
