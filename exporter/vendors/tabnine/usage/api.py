"""How the usage API is asked, and its answers by UTC day."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage.records import Envelope, Slice
from exporter.vendors.tabnine.vendor import GROUP

_DAILY = ("daily", "day")


class UsageOptions(kit.CountingOptions):
    """Options of every stream that counts days of usage."""

    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    missing_days: Literal["zero", "unknown"] = "zero"
    """What a day means that is inside the range asked for and not in the answer: nobody used
    anything, or nothing is known of it and what was counted stays."""


SliceT = TypeVar("SliceT", bound=Slice, covariant=True)


class Sliced(Protocol[SliceT]):
    """The `usage` of an answer."""

    @property
    def granularity(self) -> str | None: ...

    @property
    def data(self) -> Sequence[SliceT]: ...


def endpoint(subject: str, version: str) -> kit.Endpoint:
    """Where the usage of an `organization`, a `team` or a `user` is asked for."""
    return kit.Endpoint(f"/api/{version}/{subject}/usage", GROUP)


def question(at: kit.Endpoint, window: kit.Window, query: Mapping[str, str]) -> kit.Request:
    """Whole days from `window.start` on, the last one cut at `window.end`.

    Seconds are whole, because fractions are refused.
    """
    times = {"from": kit.iso(window.start), "to": kit.iso(window.end), "granularity": "daily"}
    return kit.Request(at, query={**query, **times})


async def asked_day(source: kit.Source[Any, Any]) -> tuple[kit.Window, dict[str, str]]:
    """The last whole day and the organization, as a probe asks for them."""
    today = kit.floor(source.now, kit.DAY)
    query = {"organizationId": await lists.organization_id(source)}
    return kit.Window(today - kit.DAY, today), query


def dated(
    envelope: Envelope, usage: "Sliced[SliceT]", asked: kit.Window, place: str
) -> Iterator[tuple[int, SliceT]]:
    """The buckets with the moments that they begin at.

    With granularity `all` the window is the envelope's: the bucket's own ends are both its end.
    """
    start = asked.start if envelope.start is None else _unix(envelope.start, f"{place}: $.from")
    end = asked.end if envelope.end is None else _unix(envelope.end, f"{place}: $.to")
    for bucket in usage.data:
        own = _unix(bucket.start, f"{place}: $.usage.data[...].from")
        no_length = bucket.end is not None and own == _unix(
            bucket.end, f"{place}: $.usage.data[...].to"
        )
        if usage.granularity == "all" or (no_length and end - start <= kit.DAY):
            yield start, bucket
        elif no_length and own >= end:
            raise kit.SchemaError(f"{place}: a bucket begins and ends where the range ends")
        else:
            yield own, bucket


def days(
    envelope: Envelope, usage: "Sliced[SliceT]", asked: kit.Window, place: str
) -> dict[int, SliceT]:
    """The buckets of a daily answer by the start of their day, without days that were not asked for."""
    if usage.granularity is not None and usage.granularity not in _DAILY:
        raise kit.SchemaError(
            f"{place}: $.usage.granularity is not the daily one that was asked for"
        )
    found: dict[int, SliceT] = {}
    for start, bucket in dated(envelope, usage, asked, place):
        day = kit.floor(start, kit.DAY)
        if day in found:
            raise kit.SchemaError(f"{place}: the answer has a day twice")
        if day in asked:
            found[day] = bucket
    return found


def _unix(text: str, place: str) -> int:
    return int(lists.moment(text, f"{place} is not an ISO 8601 time"))
