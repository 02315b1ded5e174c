"""Two targets of one form under one poller, as the daemon has them: real clients, store and board."""

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from exporter.client.client import Client
from exporter.config.blocks import vendor_of
from exporter.config.file import parse
from exporter.exposition import catalogue
from exporter.exposition.exposition import Exposition
from exporter.model import StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting, Job
from exporter.poll.poller import Poller
from exporter.poll.transform.privacy import Privacy, Users
from exporter.store.sqlite import SQLiteStore
from exporter.telemetry.request_budget import RequestBudget
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import Target, enabled_streams, limits_of, per_minute
from tests.clock import ManualClock
from tests.faults.forms import Form

SICK, WELL = "sick", "well"
UNHURRIED = 1_000_000


class Pair:
    """The sick target obeys the vendor's limits, the well one is not slowed; open it first."""

    def __init__(self, form: Form, directory: Path, clock: ManualClock) -> None:
        self._form = form
        self._directory = directory
        self._clock = clock
        self._resources = AsyncExitStack()
        self.jobs: list[Job] = []

    async def open(self, urls: Mapping[str, str], silence: Mapping[str, float]) -> None:
        """Take up what the state file has; `silence` is borne from each account, in seconds."""
        clock = self._clock
        self.store = SQLiteStore.open(self._directory / "state.db", clock.time())
        self._resources.push_async_callback(self.store.close)
        board = Exposition(list(catalogue.metrics().values()), clock=clock)
        exposure = Exposure(0, 86_400, clock.time())
        self.poller = Poller(
            self.store, board, Privacy(Users.PLAIN), Counting(exposure, True, 5_000), clock
        )
        for target in self._targets(urls):
            patient = target.model_copy(update={"timeout": silence[target.account]})
            self._add(patient)
        for job in self.jobs:
            await self.poller.restore(job)

    async def close(self) -> None:
        """As at the end of a process."""
        self.jobs.clear()
        await self._resources.aclose()

    def _targets(self, urls: Mapping[str, str]) -> list[Target]:
        blocks = [self._form.target(account, url, self._directory) for account, url in urls.items()]
        for block in blocks:
            if block["account"] == WELL:
                block["requests_per_minute"] = UNHURRIED
        settings = {"targets": blocks, "privacy": {"users": "plain"}}
        parsed = parse(json.dumps(settings), self._directory / "config.yaml")
        return list(parsed.targets)

    def _add(self, target: Target) -> None:
        vendor = vendor_of(target)
        limits = limits_of(vendor, target)
        budget = RequestBudget(limits, self._clock.time)
        status = TargetStatus(vendor.name, target.account, budget=budget)
        bare = Client(vendor.settings(target), None, limits, status, self._clock, Random(5))
        self._resources.push_async_callback(bare.close)
        client = bare.authorized(vendor.credential(target, bare))
        for stream, options in enabled_streams(vendor, target):
            key = StreamKey(vendor.name, target.account, stream.name)
            told = status.streams[stream.name] = StreamStatus(key, options.interval)
            limit = options.requests_per_minute
            own = client.narrowed(per_minute(limit) if limit else None)
            self.jobs.append(Job(key, target, stream, options, own, told, status))
