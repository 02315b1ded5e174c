"""Jobs of a vendor that exists in tests only."""

from collections.abc import Sequence
from typing import Any

import httpx

from exporter.config.token_auth import TokenAuth
from exporter.model import DAY, Metric
from exporter.poll.job import Job
from exporter.streams.contract import Read, Stream
from exporter.streams.options import CountingOptions
from exporter.streams.source import Source
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import Target
from tests.client.support import Setup


async def unasked(_: Source[Any, Any]) -> None:
    """The probe of a stream that no doctor examines."""
    raise AssertionError("nobody is a doctor here")


def fake_job(
    metrics: Sequence[Metric],
    read: Read,
    options: CountingOptions,
    status: StreamStatus,
    of: TargetStatus,
) -> Job:
    """The job of a stream with daily buckets, which `read` reads."""
    stream: Stream[Any, Any] = Stream(
        name=status.key.stream,
        summary="things",
        metrics=tuple(metrics),
        options=CountingOptions,
        bucket=DAY,
        retention=30 * DAY,
        read=read,
        plan=lambda target, options: (),
        probe=unasked,
    )
    target = Target(
        vendor=status.key.vendor,
        account=status.key.account,
        base_url="https://api.example.com",
        auth=TokenAuth(token_env="TOKEN"),
        streams=None,
    )
    return Job(status.key, target, stream, options, Setup(httpx.Response(200)).client, status, of)
