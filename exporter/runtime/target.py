"""One configured account: its connection to the vendor, and a job for each of its streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from exporter.client.body_limit import LargeBodyLimit
from exporter.client.client import Client
from exporter.clock import Clock
from exporter.config.blocks import vendor_of
from exporter.config.text import ConfigError
from exporter.model import StreamKey
from exporter.poll.job import Job
from exporter.poll.windows import REFUSED
from exporter.runtime.secret_files import SecretFiles
from exporter.telemetry.request_budget import RequestBudget
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import Target, enabled_streams, limits_of, per_minute


@dataclass(frozen=True, slots=True)
class Connection:
    """A client with its pace and ETags; `identity` is everything that it depends on."""

    identity: Any
    place: str
    bare: Client
    client: Client
    budget: RequestBudget

    async def close(self) -> None:
        await self.bare.close()


@dataclass(frozen=True, slots=True)
class RunningTarget:
    """A target that runs, with its jobs in the order of its vendor's streams."""

    connection: Connection
    status: TargetStatus
    jobs: Mapping[StreamKey, Job]
    secrets: SecretFiles

    @property
    def refused(self) -> list[Job]:
        """The jobs whose credential or right was refused: only the operator can help."""
        return [job for job in self.jobs.values() if job.status.state in REFUSED]

    def begin(self) -> None:
        """Let the status, which a reload may have handed on, show the jobs of this one."""
        self.status.streams = {key.stream: job.status for key, job in self.jobs.items()}
        self.status.budget = self.connection.budget
        self.status.place = self.connection.place
        for job in self.jobs.values():
            job.status.interval = job.options.interval

    def end(self) -> None:
        """Let the status show no stream."""
        self.status.streams = {}


def create(
    target: Target,
    former: RunningTarget | None,
    clock: Clock,
    random: Random,
    large_bodies: LargeBodyLimit,
    *,
    keep_jobs: bool,
) -> RunningTarget:
    """The target as it runs; raises ConfigError.

    What did not change since `former` is taken from there: the connection with its pace, and with
    `keep_jobs` the jobs too. The status always is, so that its counts go on.
    """
    vendor = vendor_of(target)
    status = TargetStatus(vendor.name, target.account) if former is None else former.status
    connected = former is not None and former.connection.identity == _identity(target)
    kept = former if connected else None
    connection = (
        _connect(target, status, clock, random, large_bodies) if kept is None else kept.connection
    )
    jobs: dict[StreamKey, Job] = {}
    for stream, options in enabled_streams(vendor, target):
        key = StreamKey(vendor.name, target.account, stream.name)
        old = None if kept is None else kept.jobs.get(key)
        if old is not None and keep_jobs and old.options == options:
            jobs[key] = old
            continue
        limit = options.requests_per_minute
        if old is not None and old.options.requests_per_minute == limit:
            client = old.client
        else:
            client = connection.client.narrowed(per_minute(limit) if limit else None)
        known = None if former is None else former.jobs.get(key)
        jobs[key] = Job(
            key=key,
            target=target,
            stream=stream,
            options=options,
            client=client,
            status=StreamStatus(
                key,
                options.interval,
                of_account=stream.of_account,
                dated=stream.bucket is not None,
            )
            if known is None
            else known.status,
            target_status=status,
        )
    secrets = SecretFiles(target) if kept is None else kept.secrets
    return RunningTarget(connection, status, jobs, secrets)


def _connect(
    target: Target, status: TargetStatus, clock: Clock, random: Random, large_bodies: LargeBodyLimit
) -> Connection:
    vendor = vendor_of(target)
    limits = limits_of(vendor, target)
    try:
        settings = vendor.settings(target)
        bare = Client(settings, None, limits, status, clock, random, large_bodies=large_bodies)
    except ValueError as error:
        raise ConfigError([f"target {vendor.name}/{target.account}: {error}"]) from error
    client = bare.authorized(vendor.credential(target, bare))
    return Connection(
        _identity(target), target.place, bare, client, RequestBudget(limits, clock.time)
    )


def _identity(target: Target) -> Any:
    """Equal for targets whose connections are the same."""
    try:
        authorities = Path(target.ca_file).stat().st_mtime_ns if target.ca_file else None
    except OSError as error:
        raise ConfigError([f"ca_file {target.ca_file} cannot be read: {error.strerror}"]) from error
    return type(target), target.model_dump(exclude={"streams"}), authorities
