"""What the usage API speaks, v1 and v2: its records, its daily buckets, how they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import SchemaError
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Window, floor
from exporter.streams.payload import Count
from exporter.vendors.base import Poll, Reading, StreamOptions
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.vendor import GROUP

RETENTION = 365 * DAY
"""Nothing is documented; utilization is kept for twelve months."""

SETTLED_AFTER = 6 * HOUR
"""Nothing is documented; the day that is open moves."""

_DAILY = ("daily", "day")


class UsageOptions(StreamOptions):
    """Options of every stream that counts days of usage."""

    lookback: Duration = Field(default=7 * DAY, ge=0)
    missing_days: Literal["zero", "unknown"] = "zero"
    """What a day means that is inside the range asked for and not in the answer: nobody used
    anything, or nothing is known of it and what was counted stays."""


class Model(msgspec.Struct, rename="camel", kw_only=True):
    """What one model did, v2; Tabnine knows models by UUID."""

    model: str
    messages: Count | None = None
    unique_users: Count | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class Completions(msgspec.Struct, rename="camel", kw_only=True):
    active_users: Count | None = None
    completions: Count | None = None
    chars_completed: Count | None = None
    keystrokes: Count | None = None
    lines: Count | None = None
    automation_factor: float | None = None


class Chat(msgspec.Struct, rename="camel", kw_only=True):
    """v1 has interactions and lines; v2 messages, lines added and models."""

    active_users: Count | None = None
    interactions: Count | None = None
    useful_chat_interactions: Count | None = None
    lines: Count | None = None
    chars_completed: Count | None = None
    chat_consumption_rate: float | None = None
    messages: Count | None = None
    lines_added: Count | None = None
    models: list[Model] | None = None


class Agent(msgspec.Struct, rename="camel", kw_only=True):
    """v1 has interactions, v2 messages and models."""

    active_users: Count | None = None
    interactions: Count | None = None
    messages: Count | None = None
    lines_added: Count | None = None
    lines_added_accepted: Count | None = None
    lines_removed: Count | None = None
    lines_removed_accepted: Count | None = None
    models: list[Model] | None = None


class Instruct(msgspec.Struct, rename="camel", kw_only=True):
    accepted_count: Count | None = None


class LegacyAgent(msgspec.Struct, rename="camel", kw_only=True):
    """Known and not counted: what it shares with `agent` is not documented."""

    active_users: Count | None = None
    interactions: Count | None = None


class Slice(msgspec.Struct, rename="camel", kw_only=True):
    """A bucket: its ends and who was active in it."""

    start: str = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to", default=None)
    active_users: Count


class Bucket(Slice, rename="camel", kw_only=True):
    """One slice of usage; old installations lack whole blocks."""

    productivity_factor: float | None = None
    code_completions: Completions | None = None
    chat: Chat | None = None
    agent: Agent | None = None
    instruct: Instruct | None = None
    agent_chat: LegacyAgent | None = None
    agent_agent: LegacyAgent | None = None
    ides: msgspec.Raw = msgspec.Raw()
    languages: msgspec.Raw = msgspec.Raw()


class Envelope(msgspec.Struct, rename="camel", kw_only=True):
    """What every answer of the usage API says around its buckets."""

    organization_id: str | None = None
    team_id: str | None = None
    user_id: str | None = None
    start: str | None = msgspec.field(name="from", default=None)
    end: str | None = msgspec.field(name="to", default=None)


class Buckets(msgspec.Struct, rename="camel", kw_only=True):
    granularity: str | None = None
    data: list[Bucket]


class Usage(Envelope, rename="camel", kw_only=True):
    """The answer of `/usage` for an organization, a team or a user."""

    usage: Buckets


OptionsT = TypeVar("OptionsT", bound=UsageOptions)
SliceT = TypeVar("SliceT", bound=Slice, covariant=True)


class _Sliced(Protocol[SliceT]):
    """The `usage` of an answer."""

    @property
    def granularity(self) -> str | None: ...

    @property
    def data(self) -> Sequence[SliceT]: ...


def dated(
    envelope: Envelope, usage: "_Sliced[SliceT]", asked: Window, place: str
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
        if usage.granularity == "all" or (no_length and end - start <= DAY):
            yield start, bucket
        elif no_length and own >= end:
            raise SchemaError(f"{place}: a bucket begins and ends where the range ends")
        else:
            yield own, bucket


def days(
    envelope: Envelope, usage: "_Sliced[SliceT]", asked: Window, place: str
) -> dict[int, SliceT]:
    """The buckets of a daily answer by the start of their day; those that were not asked for go."""
    if usage.granularity is not None and usage.granularity not in _DAILY:
        raise SchemaError(f"{place}: $.usage.granularity is not the daily one that was asked for")
    found: dict[int, SliceT] = {}
    for start, bucket in dated(envelope, usage, asked, place):
        day = floor(start, DAY)
        if day in found:
            raise SchemaError(f"{place}: the answer has a day twice")
        if day in asked:
            found[day] = bucket
    return found


def endpoint(target_kind: str, version: str) -> Endpoint:
    """Where the usage of an `organization`, a `team` or a `user` is asked for."""
    return Endpoint(f"/api/{version}/{target_kind}/usage", GROUP)


def question(at: Endpoint, window: Window, query: Mapping[str, str]) -> Request:
    """Whole days from `window.start` on, the last one cut at `window.end`."""
    times = {"from": _iso(window.start), "to": _iso(window.end), "granularity": "daily"}
    return Request(at, query={**query, **times})


async def ask(
    poll: Poll[Any, Any], at: Endpoint, window: Window, query: Mapping[str, str], reading: Reading
) -> dict[int, Bucket]:
    """The usage of each day in `window`; seconds are whole, because fractions are refused."""
    answer = await lists.get(poll, question(at, window, query))
    found = lists.decoded(answer, Usage, at, reading)
    return days(found, found.usage, window, at.path)


def settled_day(now: float) -> int:
    """The start of the newest day that is over and settled."""
    return floor(now - SETTLED_AFTER, DAY) - DAY


def _unix(text: str, place: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SchemaError(f"{place} is not an ISO 8601 time") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
