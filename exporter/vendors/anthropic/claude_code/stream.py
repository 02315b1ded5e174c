"""Stream `claude_code`: sessions, lines, commits and tokens of Claude Code, by UTC day.

Anthropic tells one day a call, the last hour of it missing, and revises it for some days. People with
subscriptions may be missing, so an answer without rows may hide use.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from math import ceil
from typing import Any, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.vendors.anthropic.claude_code.metrics import COUNTERS, GAUGES, METRICS
from exporter.vendors.anthropic.claude_code.records import ClaudeCodeReport
from exporter.vendors.anthropic.claude_code.sums import DaySums
from exporter.vendors.anthropic.pages import report_pages
from exporter.vendors.anthropic.rights import CLAUDE_CODE as RIGHT
from exporter.vendors.anthropic.vendor import CLAUDE_CODE as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_admin

CLAUDE_CODE = kit.Endpoint("/v1/organizations/usage_report/claude_code", GROUP)
ROWS_A_PAGE = 1_000
REPORTED_AFTER = kit.HOUR
"""Anthropic tells what is older than this."""
SILENT_AFTER = 7 * kit.DAY
"""After so long without a row, an empty day is no day on which nobody worked."""

_REMEDY = (
    "people with subscriptions can be missing in this report: if such people work here, read them by "
    "the stream enterprise, in a target with api: analytics, and turn this stream off; else there is "
    "nothing to do"
)
_SATURDAY = 5


class Options(kit.CountingOptions):
    """Options of `claude_code`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=3 * kit.DAY, ge=0)
    """How far back days are read again once a day."""
    recent: kit.Duration = kit.Field(default=kit.DAY, ge=0)
    """How much of the lookback every poll reads again, besides the day that is open."""
    expected_rows_per_day: int = kit.Field(default=1_000, ge=0)
    """How many rows the plan of `check` reckons with, some for each actor; all are read, however many they are."""


_Source: TypeAlias = kit.Source[AnthropicTarget, Options]


class _Memory(msgspec.Struct):
    """The newest day that had a row (Unix seconds)."""

    told: int | None = None


def asked(day: float) -> kit.Request:
    """The rows of a UTC day."""
    return kit.Request(CLAUDE_CODE, query={"starting_at": kit.iso_day(day)})


async def read(source: _Source) -> kit.Batches:
    settled = kit.floor(source.now - REPORTED_AFTER, kit.DAY) - kit.DAY
    told = source.recall(_Memory).told
    due = kit.DueDays(source, recent=source.options.recent, closed_after=REPORTED_AFTER)
    for day in due:
        found = await _read_day(source, day)
        source.records += found.rows
        if found.rows:
            told = max(day.start, told or 0)
            source.has_days((day.start,))
        samples = await asyncio.to_thread(found.samples)
        covers = [kit.Coverage(COUNTERS, day)]
        if day.start == settled:
            samples += found.active() if _speaks(source, told) else ()
            covers.append(kit.Coverage(GAUGES))
        memory = due.noted(day) | {"told": told}
        yield kit.Batch(samples, covers, partition=kit.iso_day(day.start), memory=memory)
    if not _speaks(source, told):
        since = "" if told is None else f" after {kit.iso_day(told)}"
        source.remark(f"Anthropic tells of nobody{since}", _REMEDY)


def _speaks(source: kit.Source[Any, Any], told: int | None) -> bool:
    """Whether the report has had rows lately, so that a day without any is one without use."""
    return told is not None and source.now - told < SILENT_AFTER


async def _read_day(source: _Source, day: kit.Window) -> DaySums:
    sums = DaySums(source, day.start)
    paging = report_pages(ROWS_A_PAGE)
    found = source.pages(
        asked(day.start), paging, ClaudeCodeReport, lambda page: page.data, counted=False
    )
    async with aclosing(found) as pages:
        async for page in pages:
            await asyncio.to_thread(sums.add, page.data)
    return sums


async def probe(source: kit.Source[Any, Any]) -> None:
    """A row of the last whole working day."""
    day = kit.floor(source.now - REPORTED_AFTER, kit.DAY) - kit.DAY
    day -= max(0, kit.date_of(day).weekday() - _SATURDAY + 1) * kit.DAY
    found = await source.get(asked(day).with_parameters({"limit": 1}), ClaudeCodeReport)
    if not found.data:
        source.remark(f"works, and has nobody on {kit.iso_day(day)}", _REMEDY)


def plan(_: AnthropicTarget, options: Options) -> Sequence[kit.Cost]:
    """The recent days and the open one at each poll, the older ones of the lookback once a day."""
    days = kit.days_a_poll(
        lookback=options.lookback, recent=options.recent, interval=options.interval
    )
    pages = max(1, ceil(options.expected_rows_per_day / ROWS_A_PAGE))
    return [kit.Cost(GROUP, days * pages)]


STREAM = kit.Stream(
    name="claude_code",
    summary="sessions, lines, commits, tokens and estimated cost of Claude Code, by day",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=plan,
    probe=probe,
    right=RIGHT,
    inapplicable=needs_admin,
    label_sizes=lambda _, options: {
        "customer_type": 2,
        "terminal": 6,
        "remote": 2,
        "change": 2,
        "tool": 4,
        "decision": 2,
        "token_kind": 4,
        "actor_type": 2,
        "user": max(1, options.expected_rows_per_day // 2),
    },
)
