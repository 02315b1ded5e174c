"""The plan of a configuration, as numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from exporter.config.blocks import Config, vendor_of
from exporter.model import HOUR, MINUTE, StreamKey
from exporter.preflight.plan.repeats import read_twice
from exporter.preflight.plan.series import Series, expected
from exporter.preflight.plan.sharing import Needed, Sharing, an_hour, shared
from exporter.streams.contract import AnyStream
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.vendors.base import Target, enabled_streams, limits_of, per_minute


@dataclass(frozen=True, slots=True)
class Requests:
    """About how many requests an hour a stream makes to an endpoint group, and how many it may.

    `by_default` is what it would make at its default interval and lookback. `limit` is the target's,
    for all its streams together; `own_limit` is the stream's.
    """

    group: str
    hourly: float
    by_default: float
    limit: float
    own_limit: float | None

    @property
    def share(self) -> float:
        return self.hourly / self.limit


@dataclass(frozen=True, slots=True)
class FirstRead:
    """About how many requests the first poll of a stream makes to an endpoint group, and how long it takes."""

    group: str
    requests: float
    minutes: float


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One stream of one target; a stream that reads the present has no lookback.

    `first_read` is empty where the first poll is like any other. `hidden` is why nothing of it would be shown,
    or None; such a stream is refused before it asks.
    """

    key: StreamKey
    interval: int
    lookback: int | None
    requests: tuple[Requests, ...]
    series: Series
    hidden: str | None
    first_read: tuple[FirstRead, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All streams, the limits that several targets share, and warnings of what they both read."""

    streams: tuple[StreamPlan, ...]
    sharing: tuple[Sharing, ...]
    repeats: tuple[str, ...]


def of(config: Config) -> Plan:
    """The plan of a configuration."""
    streams = [
        _planned(config, target, stream, options)
        for target in config.targets
        for stream, options in enabled_streams(vendor_of(target), target)
    ]
    sharing = tuple(shared(config.targets, _needed(streams)))
    return Plan(tuple(streams), sharing, tuple(read_twice(config.targets)))


def _planned(
    config: Config, target: Target, stream: AnyStream, options: StreamOptions
) -> StreamPlan:
    vendor = vendor_of(target)
    limits, own = limits_of(vendor, target), options.requests_per_minute
    usual = stream.options()
    pace = {"interval", "lookback"} & stream.options.model_fields.keys()
    at_default = options.model_copy(update={name: getattr(usual, name) for name in pace})
    hidden = stream.hidden(people=config.privacy.shows_people)
    asks = 0 if hidden else 1
    defaults = {
        cost.group: asks * cost.requests * HOUR / usual.interval
        for cost in stream.plan(target, at_default)
    }
    requests = tuple(
        Requests(
            cost.group,
            asks * cost.requests * HOUR / options.interval,
            defaults.get(cost.group, 0),
            an_hour(limits[cost.group]),
            an_hour([per_minute(own)]) if own else None,
        )
        for cost in stream.plan(target, options)
    )
    return StreamPlan(
        StreamKey(vendor.name, target.account, stream.name),
        options.interval,
        options.lookback if isinstance(options, CountingOptions) else None,
        requests,
        expected(
            stream,
            stream.label_sizes(target, options),
            options,
            limit=options.max_series or config.limits.series_per_stream,
            people=config.privacy.shows_people,
        ),
        hidden,
        tuple(_first_reads(stream, target, options, asks)),
    )


def _first_reads(
    stream: AnyStream, target: Target, options: StreamOptions, asks: int
) -> Iterator[FirstRead]:
    """At the pace of the target's limits, or of the stream's own where that is slower."""
    limits, own = limits_of(vendor_of(target), target), options.requests_per_minute
    for cost in stream.first_read(target, options):
        allowed = min(an_hour(limits[cost.group]), an_hour([per_minute(own)]) if own else inf)
        requests = asks * cost.requests
        yield FirstRead(cost.group, requests, requests / allowed * HOUR / MINUTE)


def _needed(streams: Sequence[StreamPlan]) -> Needed:
    """Requests an hour by target and endpoint group, where there are any."""
    needed: dict[tuple[str, str], dict[str, float]] = {}
    for stream in streams:
        groups = needed.setdefault((stream.key.vendor, stream.key.account), {})
        for requests in stream.requests:
            if requests.hourly:
                groups[requests.group] = groups.get(requests.group, 0) + requests.hourly
    return needed
