"""How the usage API is asked, and its answers by UTC day."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage.records import Answer, Slice
from exporter.vendors.tabnine.vendor import GROUP

_DAILY = (None, "daily", "day")

Buckets: TypeAlias = list[tuple[int, Any]]
"""Buckets, each with the start of the UTC day that it begins in."""


class UsageOptions(kit.CountingOptions):
    """Options of every stream that counts days of usage."""

    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    missing_days: Literal["zero", "unknown"] = "zero"
    """What a day means that is inside the range asked for and not in the answer: nobody used
    anything, or nothing is known of it and what was counted stays."""


def endpoint(subject: str, version: str) -> kit.Endpoint:
    """Where the usage of an `organization`, a `team` or a `user` is asked for."""
    return kit.Endpoint(f"/api/{version}/{subject}/usage", GROUP)


def question(at: kit.Endpoint, window: kit.Window, query: Mapping[str, str]) -> kit.Request:
    """Whole days from `window.start` on, the last one cut at `window.end`.

    Seconds are whole, because fractions are refused.
    """
    times = {"from": kit.iso(window.start), "to": kit.iso(window.end), "granularity": "daily"}
    return kit.Request(at, query={**query, **times})


async def ask(
    source: kit.Source[Any, Any], at: kit.Endpoint, query: Mapping[str, str], kind: type[Answer]
) -> tuple[Buckets, bool]:
    """The buckets of the window, and whether a day without one is a day on which nothing was used.

    Where a bucket was rejected, the day that lacks one may be its day.
    """
    rejected = source.rejects.fields.total()
    answer = await source.get(question(at, source.window, query), kind)
    buckets = days(answer, source.window, at.path)
    source.records += len(buckets)
    whole = source.rejects.fields.total() == rejected
    return buckets, whole and source.options.missing_days == "zero"


async def asked_day(source: kit.Source[Any, Any]) -> tuple[kit.Window, dict[str, str]]:
    """The last whole day and the organization, as a probe asks for them."""
    today = kit.floor(source.now, kit.DAY)
    query = {"organizationId": await lists.organization_id(source)}
    return kit.Window(today - kit.DAY, today), query


def days(answer: Answer, asked: kit.Window, place: str) -> Buckets:
    """The buckets of a daily answer, without days that were not asked for."""
    if answer.usage.granularity not in _DAILY:
        raise kit.SchemaError(
            f"{place}: $.usage.granularity is not the daily one that was asked for"
        )
    found: dict[int, Slice] = {}
    for start, bucket in _dated(answer, asked, place):
        if kit.floor(start, kit.DAY) not in asked:
            continue
        if found.setdefault(start, bucket) != bucket:
            raise kit.SchemaError(f"{place}: two buckets begin at {kit.iso(start)}")
    return [(kit.floor(start, kit.DAY), bucket) for start, bucket in found.items()]


def _dated(answer: Answer, asked: kit.Window, place: str) -> Iterator[tuple[int, Slice]]:
    """The buckets with the moments that they begin at.

    Where the only day is without length, its own ends are both its end.
    """
    start = asked.start if answer.start is None else _unix(answer.start, f"{place}: $.from")
    end = asked.end if answer.end is None else _unix(answer.end, f"{place}: $.to")
    for bucket in answer.usage.data:
        own = int(kit.moment(bucket.start))
        ends = None if bucket.end is None else int(kit.moment(bucket.end))
        if own == ends and end - start <= kit.DAY:
            own = start
        elif own == ends and own >= end:
            raise kit.SchemaError(f"{place}: a bucket begins and ends where the range ends")
        yield own, bucket


def _unix(text: str, place: str) -> int:
    try:
        return int(kit.moment(text))
    except ValueError as error:
        raise kit.SchemaError(f"{place} is not an ISO 8601 time") from error
