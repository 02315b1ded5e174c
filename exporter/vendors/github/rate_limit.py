"""Stream `rate_limit`: what GitHub grants the credential itself, and what is left of it."""

from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.config.durations import Duration
from exporter.model import DAY, MINUTE, Merge, Metric, MetricType, Sample
from exporter.streams.payload import Count, decode, drift
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.github.target import RATE_GROUP, GithubTarget

ENDPOINT = Endpoint("/rate_limit", RATE_GROUP, free=True)

_API = "GitHub rate limit API, as last polled; not late"
_LABELS = ("resource",)

LIMIT = Metric(
    "github_rate_limit_limit",
    MetricType.GAUGE,
    f"Requests that the credential may send in one window of the resource ({_API}).",
    _LABELS,
    merge=Merge.DROP,
)
REMAINING = Metric(
    "github_rate_limit_remaining",
    MetricType.GAUGE,
    f"Requests that are left of the current window of the resource ({_API}).",
    _LABELS,
    merge=Merge.DROP,
)
USED = Metric(
    "github_rate_limit_used",
    MetricType.GAUGE,
    f"Requests that were sent in the current window of the resource ({_API}).",
    _LABELS,
    merge=Merge.DROP,
)
RESET = Metric(
    "github_rate_limit_reset_timestamp_seconds",
    MetricType.GAUGE,
    f"When the current window of the resource ends ({_API}).",
    _LABELS,
    merge=Merge.DROP,
)
METRICS = (LIMIT, REMAINING, USED, RESET)


class Options(StreamOptions):
    """Options of `rate_limit`."""

    interval: Duration = Field(default=MINUTE, ge=1)
    lookback: Duration = Field(default=0, ge=0)
    """Without effect: the stream reads the present."""


class _Allowance(msgspec.Struct):
    limit: Count
    remaining: Count
    reset: Count
    used: Count | None = None


class Overview(msgspec.Struct):
    """What is granted, by resource."""

    resources: dict[str, _Allowance]
    rate: Any = None
    """The same as `resources.core`; gone in version 2026-03-10."""


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    answer = await poll.client.get(Request(ENDPOINT))
    overview = decode(answer.body, Overview, ENDPOINT.path)
    reading = Reading(
        complete=METRICS,
        records=len(overview.resources),
        drift=drift(answer.body, Overview),
    )
    for resource, found in overview.resources.items():
        for metric, value in (
            (LIMIT, found.limit),
            (REMAINING, found.remaining),
            (USED, found.used),
            (RESET, found.reset),
        ):
            if value is not None:
                reading.samples.append(Sample(metric, (resource,), value))
    return reading


def plan(_: GithubTarget, __: Options) -> Sequence[Cost]:
    """GitHub does not count it against the primary limit."""
    return (Cost(RATE_GROUP, 1),)


STREAM = Stream(
    name="rate_limit",
    shape=Shape.SNAPSHOT,
    summary="What GitHub grants the credential itself, and what is left of it",
    metrics=METRICS,
    options=Options,
    bucket=MINUTE,
    retention=DAY,
    settled_after=0,
    read=read,
    plan=plan,
    label_sizes=lambda _, __: {"resource": 15},
)
