"""What a vendor declares: its targets, its streams, and what one read of a stream gives."""

import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import httpx
from pydantic import Field, create_model, field_validator

from exporter import __version__
from exporter.client.auth import Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.connection import proxy_at
from exporter.client.errors import PollError, RateLimitedError
from exporter.client.pace import Limit
from exporter.config.base import ConfigModel
from exporter.config.durations import Duration
from exporter.config.token_auth import TokenAuth
from exporter.model import MINUTE, Coverage, GroupSizes, Metric, Sample, Window
from exporter.streams.probe import Diagnosis

BASE_URL = r"^https?://[^\s?#/@]+(/[^\s?#]*)?$"
"""An address without user name, query and fragment."""


class StreamOptions(ConfigModel):
    """What every stream takes; a stream with more options adds fields to a subclass."""

    enabled: bool = True
    """Whether the stream is polled. A disabled stream makes no request."""
    interval: Duration = Field(default=300, ge=1)
    """Time from the start of one poll to the start of the next."""
    lookback: Duration = Field(default=86_400, ge=0)
    """How far back each poll reads again, because the vendor revises its data."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """A limit of this stream's own, besides that of its endpoints."""
    max_series: int | None = Field(default=None, ge=1)
    """Replaces limits.series_per_stream for this stream."""
    drop_labels: tuple[str, ...] = ()
    """Labels that the stream's series do not have; what differed only in them is added up."""


class Target(ConfigModel):
    """One configured account of a vendor."""

    vendor: str
    account: str = Field(min_length=1, max_length=200)
    """The value of the label `account`; unique per vendor."""
    base_url: str = Field(pattern=BASE_URL)
    """Where the vendor's API is."""
    auth: TokenAuth
    """Where the credential comes from."""
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Replaces the vendor's documented limits, for every endpoint group of this target."""
    timeout: Duration = Field(default=30, ge=1, le=600)
    """How long one request may take without progress."""
    proxy: str | None = None
    """The HTTP proxy to use; environment variables are not read."""
    ca_file: str | None = None
    """A bundle of certificate authorities to trust instead of the built-in one."""
    streams: Any

    @field_validator("base_url")
    @classmethod
    def _possible_port(cls, base_url: str) -> str:
        try:
            port = httpx.URL(base_url).port
        except httpx.InvalidURL as error:
            # Its message may repeat a password that looks like a port.
            raise ValueError("is not a URL: check its host and port") from error
        if port is not None and not 0 < port < 65_536:
            raise ValueError(f"has the port {port}; a port is a number from 1 to 65535")
        return base_url

    @field_validator("proxy")
    @classmethod
    def _usable_proxy(cls, proxy: str | None) -> str | None:
        if proxy is not None:
            proxy_at(proxy)
        return proxy

    def client_settings(self, headers: Mapping[str, str]) -> ClientSettings:
        """What the client needs to know of this target; `headers` go with every request."""
        return ClientSettings(
            base_url=self.base_url,
            headers=headers,
            user_agent=f"usage-exporter/{__version__}",
            timeout=self.timeout,
            proxy=self.proxy,
            ca_file=self.ca_file,
        )

    def quotas(self) -> frozenset[str]:
        """What the vendor's limits may hang on, in words: targets with one in common share them."""
        auth = self.auth
        if auth.token_file is not None:
            return frozenset({f"file {Path(auth.token_file).resolve()}"})
        return frozenset({f"variable {auth.token_env}"} if auth.token_env else ())


class Shape(enum.StrEnum):
    """How a vendor gives its data; all four end in samples."""

    SNAPSHOT = "snapshot"
    BUCKETS = "buckets"
    EVENTS = "events"
    REPORT = "report"


TargetT = TypeVar("TargetT", bound=Target)
OptionsT = TypeVar("OptionsT", bound=StreamOptions)


@dataclass(frozen=True, slots=True)
class Poll(Generic[TargetT, OptionsT]):
    """What one read of a stream is given.

    `window` is the part that counts: whole buckets that may have changed, the last one cut at `now`.
    `progress` is what the last committed read left for this one. `people` says whether families of
    people are shown; where they are not, nothing is asked that only they need. `tell` says how far a walk
    over many things has come, and how many they are.
    """

    client: Client
    target: TargetT
    options: OptionsT
    window: Window
    now: float
    progress: Mapping[str, Any]
    people: bool
    tell: Callable[[int, int], None]


@dataclass(slots=True)
class Reading:
    """What one read of a stream found.

    `complete` are the gauges that the samples give in full: what is not among the samples is gone.
    `by_part` are those that a walk reads part by part: of series that several parts add to, each reading of
    one walk holds a share.
    `groups` are the sizes of the groups of people among the label values; one that is missing is unknown.
    `data_until` is the end of the newest bucket with data. `drift` counts fields by name that no
    record knows.

    A walk that the vendor's quota ends gives what it read so far with the error in `interrupted`: that
    is committed, and the next poll goes on from `progress`. A long walk may also pause: what it read is
    committed, and the same poll goes on from `progress` with another read. `began` is when the first of
    such readings began (Unix seconds), None in the first itself. `read_until` is up to when every part
    was read, where that is before the end of the window.

    A complete reading of several parts, one of which the vendor refused, has the error in `problem`: the
    others are committed, and the stream's state shows it.
    """

    samples: list[Sample] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    complete: tuple[Metric, ...] = ()
    by_part: tuple[Metric, ...] = ()
    groups: GroupSizes = field(default_factory=dict)
    records: int = 0
    data_until: float | None = None
    drift: Counter[str] = field(default_factory=Counter)
    progress: dict[str, Any] = field(default_factory=dict)
    began: float | None = None
    read_until: int | None = None
    paused: bool = False
    interrupted: RateLimitedError | None = None
    problem: PollError | None = None

    @property
    def unfinished(self) -> bool:
        """Whether parts of the window are still to be read."""
        return self.paused or self.interrupted is not None


@dataclass(frozen=True, slots=True)
class Cost:
    """About how many requests one poll makes to an endpoint group, where each list fits a page or two."""

    group: str
    requests: float


@dataclass(frozen=True, slots=True)
class Stream(Generic[TargetT, OptionsT]):
    """One thing read from a vendor: a declaration and the function that reads it.

    `bucket` is the size in seconds of the coarsest slice that it counts in; `retention` how far back
    the vendor answers. `settled_after` is how long after a bucket's end its data are usually final.
    `inapplicable` says why a target cannot have this stream, or None. `label_sizes` is about how many
    values a label has beside the other labels of a metric, where that is known.
    """

    name: str
    shape: Shape
    summary: str
    metrics: tuple[Metric, ...]
    options: type[OptionsT]
    bucket: int
    retention: int
    settled_after: int
    read: Callable[[Poll[TargetT, OptionsT]], Awaitable[Reading]]
    plan: Callable[[TargetT, OptionsT], Sequence[Cost]]
    by_default: bool = True
    inapplicable: Callable[[TargetT], str | None] = lambda _: None
    label_sizes: Callable[[TargetT, OptionsT], Mapping[str, int]] = lambda _, __: {}

    def hidden(self, *, people: bool) -> str | None:
        """Why nothing of the stream is shown, where families of people are not; or None."""
        if people or not all(metric.people for metric in self.metrics):
            return None
        return (
            "shows nothing but people and privacy.users is off: set it to pseudonym or plain, or "
            "remove the stream"
        )


AnyStream = Stream[Any, Any]


@dataclass(frozen=True, slots=True)
class Vendor(Generic[TargetT]):
    """A kind of service. `limits` gives the documented limits by endpoint group.

    `credential` is given a client without one, for a credential that the vendor itself hands out.
    `diagnosis` is what the doctor asks of each stream and says of refusals.
    """

    name: str
    title: str
    target: type[TargetT]
    streams: tuple[AnyStream, ...]
    limits: Mapping[str, Sequence[Limit]]
    settings: Callable[[TargetT], ClientSettings]
    credential: Callable[[TargetT, Client], Credential]
    diagnosis: Diagnosis[TargetT]


AnyVendor = Vendor[Any]


def target_model(name: str, base: type[TargetT], streams: Sequence[AnyStream]) -> type[TargetT]:
    """The configuration of a vendor's target: `base` with one optional block for each stream."""
    blocks: dict[str, Any] = {
        stream.name: (stream.options | None, Field(default=None, description=stream.summary))
        for stream in streams
    }
    block = create_model(f"{name.title()}Streams", __base__=ConfigModel, **blocks)
    fields: dict[str, Any] = {
        "vendor": (Literal[name], Field(description="The kind of service.")),
        "streams": (block, Field(default_factory=block, description="Streams by name.")),
    }
    return create_model(f"{name.title()}Target", __base__=base, __doc__=base.__doc__, **fields)


def enabled_streams(vendor: AnyVendor, target: Target) -> list[tuple[AnyStream, StreamOptions]]:
    """The streams that a target polls: those it names, and its vendor's defaults that suit it."""
    chosen = []
    for stream in vendor.streams:
        options = getattr(target.streams, stream.name)
        if options is None and stream.by_default and stream.inapplicable(target) is None:
            options = stream.options()
        if options is not None and options.enabled:
            chosen.append((stream, options))
    return chosen


def limits_of(vendor: AnyVendor, target: Target) -> Mapping[str, Sequence[Limit]]:
    """The limits by endpoint group: the vendor's documented ones, or the target's own."""
    own = target.requests_per_minute
    if own is None:
        return vendor.limits
    return dict.fromkeys(vendor.limits, (per_minute(own),))


def per_minute(requests: float) -> Limit:
    """A limit of so many requests a minute; a fraction is kept by a longer span."""
    whole = max(1, int(requests))
    return Limit(whole, whole / requests * MINUTE)
