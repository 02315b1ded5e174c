"""Stream `enterprise_usage`: tokens, requests and dollars of a Claude Enterprise organization, by UTC day.

The money by person (`user_cost_report`) is the same money once more, so it is not read.
"""

import asyncio
from collections.abc import Sequence
from math import ceil
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from pydantic import BeforeValidator

from exporter.streams import kit
from exporter.vendors.anthropic.enterprise_usage.exports import (
    LONGEST_RANGE,
    NEWER,
    OLDER,
    ROWS_A_PAGE,
    Told,
)
from exporter.vendors.anthropic.enterprise_usage.metrics import (
    COMMON_COST,
    COMMON_TOKENS,
    COST,
    METRICS,
    REQUESTS,
    TOKENS,
)
from exporter.vendors.anthropic.enterprise_usage.records import UsageBuckets
from exporter.vendors.anthropic.enterprise_usage.sums import ExportSums
from exporter.vendors.anthropic.refusals import CURSOR
from exporter.vendors.anthropic.rights import ANALYTICS as RIGHT
from exporter.vendors.anthropic.vendor import ANALYTICS as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_analytics

_USAGE = (*TOKENS.metrics, *REQUESTS.metrics, *COMMON_TOKENS.metrics)
_COST = (*COST.metrics, *COMMON_COST.metrics)
_NOT_THERE = (400, 403, 404)
_OLDER_REQUESTS = 4


class Options(kit.CountingOptions):
    """Options of `enterprise_usage`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=30 * kit.DAY, ge=0)
    beta: Annotated[Literal["auto", "on", "off"], BeforeValidator(kit.word)] = "auto"
    """Whether the newer reports are read, a beta that shows all groups: `auto` is where they answer."""
    expected_groups: int = kit.Field(default=30, ge=0)
    """How many pairs of product and model the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[AnthropicTarget, Options]


class _Memory(msgspec.Struct):
    """Whether the newer reports have answered, or when they were refused (Unix seconds)."""

    answered: bool = False
    refused: float | None = None


async def read(source: _Source) -> kit.Batches:
    memory = source.recall(_Memory)
    for window in source.window.split(LONGEST_RANGE):
        reports = await _read(source, window, memory)
        if all(told.refreshed is None for told in reports):
            source.remark(
                f"Anthropic has exported nothing of {kit.iso_day(window.start)} and later",
                "wait a day; it exports use that is paid for by use, not that which a seat includes",
            )
        for told, counters in zip(reports, (_USAGE, _COST), strict=True):
            sums = await asyncio.to_thread(ExportSums, window, told, counters)
            source.records += sums.rows
            for _ in range(sums.foreign):
                source.leave_out("currency")
            source.has_days(day for day in sums.days if day + kit.DAY <= sums.window.end)
            yield kit.Batch(
                [*sums.samples()], [*sums.covers()], memory=msgspec.structs.asdict(memory)
            )


async def _read(source: _Source, window: kit.Window, memory: _Memory) -> Sequence[Told]:
    """Usage and cost of a window, and in the memory which reports told of them.

    Once the newer reports have answered they are what is counted: a refusal is then an error, because the two
    need not tell the same.
    """
    beta = source.options.beta
    lately = memory.refused is not None and 0 <= source.now - memory.refused < kit.DAY
    if beta == "on" or (beta == "auto" and (memory.answered or not lately)):
        try:
            found = [await report.read(source, window) for report in NEWER]
        except kit.PollError as error:
            refused = error.status in _NOT_THERE and CURSOR not in str(error).lower()
            if beta == "on" or memory.answered or not refused:
                raise
            memory.refused = source.now
        else:
            memory.answered, memory.refused = True, None
            return found
    return [await report.read(source, window) for report in OLDER]


def plan(_: AnthropicTarget, options: Options) -> Sequence[kit.Cost]:
    """The newer reports tell all groups in pages of rows; the older ones are asked for with and without them.

    The first poll of a day reads a day more, which may be one too many for the last range.
    """
    span = options.lookback + kit.DAY
    more = min(1, options.interval / kit.DAY) if span % LONGEST_RANGE == 0 else 0
    ranges = ceil(span / LONGEST_RANGE)
    rows = options.expected_groups * span / kit.DAY
    newer = len(NEWER) * (max(ranges, ceil(rows / ROWS_A_PAGE)) + more)
    older = _OLDER_REQUESTS * (ranges + more)
    requests = {"on": newer, "off": older, "auto": max(newer, older)}
    return [kit.Cost(GROUP, requests[options.beta])]


def _last_day(source: kit.Source[Any, Any]) -> kit.Request:
    """The usage of the last whole day, without groups."""
    today = kit.floor(source.now, kit.DAY)
    return OLDER[0].asked(kit.Window(today - kit.DAY, today), ())


STREAM = kit.Stream(
    name="enterprise_usage",
    summary="tokens, requests and cost of a Claude Enterprise organization, by product and model",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=plan,
    probe=kit.once(_last_day, UsageBuckets),
    right=RIGHT,
    inapplicable=needs_analytics,
    label_sizes=lambda _, options: {
        "product": 1,
        "model": options.expected_groups,
        "token_kind": 5,
        "price": 2,
    },
)
