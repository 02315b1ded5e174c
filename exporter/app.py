"""Everything put together: configuration to targets, streams, polls, pages."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from random import Random
from socket import socket

from exporter import __version__, catalogue
from exporter.board.board import Board
from exporter.board.compress import Encoding
from exporter.board.render import Format
from exporter.board.self_metrics import ProcessMetrics, exporter_families
from exporter.client.client import Client
from exporter.clock import Clock
from exporter.config import Config, read_key, vendor_of
from exporter.model import StreamKey
from exporter.poll.points import Exposure
from exporter.poll.poller import Counting, Job, Poller
from exporter.poll.privacy import Privacy
from exporter.poll.scheduler import Scheduler
from exporter.status import RequestBudget, StreamStatus, TargetStatus
from exporter.store.sqlite import SQLiteStore
from exporter.vendors.base import AnyVendor, Target, enabled_streams, limits_of, per_minute
from exporter.web import app as web
from exporter.web import server, status
from exporter.web.guard import Guard, WebConfigFile
from exporter.web.listing import View

_log = logging.getLogger(__name__)

GRACE = 8.0
"""Seconds that running polls are given to end at a stop."""
TICK = 5.0
"""Seconds between updates of what changes without a poll."""
SWAP_GAP = 0.2
MOST_REQUESTS = 40
"""HTTP requests served at once."""


class App:
    """One exporter. Open it as an async context; then `serve` or `once`.

    `birth_hold` replaces the configured one, where nobody will scrape twice.
    """

    def __init__(
        self, config: Config, clock: Clock, random: Random, birth_hold: int | None = None
    ) -> None:
        self._config = config
        self._birth_hold = config.counting.birth_hold if birth_hold is None else birth_hold
        self._clock = clock
        self._random = random
        self._process = ProcessMetrics()
        self._started = clock.time()
        self._resources = AsyncExitStack()
        self.targets: list[TargetStatus] = []
        self.jobs: list[Job] = []

    async def __aenter__(self) -> "App":
        try:
            await self._open()
        except BaseException:
            await self._resources.aclose()
            raise
        return self

    async def _open(self) -> None:
        config = self._config
        self._store = SQLiteStore.open(config.state.path, self._clock.time())
        self._resources.push_async_callback(self._store.close)
        metrics = [*catalogue.metrics().values(), *self._process.metrics]
        self.board = Board(metrics, gap=SWAP_GAP, clock=self._clock)
        for target in config.targets:
            self._add_target(vendor_of(target), target)
        key_file = config.privacy.key_file
        self.poller = Poller(
            self._store,
            self.board,
            Privacy(config.privacy.users, read_key(key_file) if key_file else b""),
            Counting(
                Exposure(self._birth_hold, config.counting.expire_after, self._started),
                config.counting.history == "count",
                config.limits.series_per_stream,
            ),
            self._clock,
        )
        for job in self.jobs:
            await self.poller.restore(job)
        await self.board.put(
            "exporter", exporter_families(self._store.created, True, self._started)
        )
        await self.board.flush()

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    @property
    def ready(self) -> bool:
        """Whether every target was polled or has failed once."""
        return all(target.polled for target in self.targets)

    async def serve(
        self,
        sockets: Sequence[socket],
        telemetry_path: str,
        stop: asyncio.Event,
        web_config: WebConfigFile | None = None,
    ) -> None:
        """Poll and serve until `stop` is set; counts are safe at any moment."""
        application = web.create(
            self.board,
            telemetry_path=telemetry_path,
            status_page=lambda query: status.render(
                self.targets,
                self._clock.time(),
                View.of(query),
                telemetry_path=telemetry_path,
                version=__version__,
            ),
            ready=lambda: self.ready,
        )
        guard = Guard(application, web_config, MOST_REQUESTS)
        http = server.create(guard, web_config.config.tls_server_config if web_config else None)
        scheduler = Scheduler(self.poller, self._clock, self._random)
        await self._tick()
        serving = asyncio.create_task(http.serve(sockets=list(sockets)))
        scheduler.start(self.jobs)
        scheduler.every(TICK, self._tick)
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            await scheduler.stop(GRACE)
            http.should_exit = True
            await serving

    async def once(self) -> str:
        """Poll every stream once; the page as text, without the families of this short process."""
        await asyncio.gather(*(self.poller.poll(job) for job in self.jobs))
        await self.board.flush()
        return self.board.page.body(Format.PLAIN, Encoding.IDENTITY).decode()

    async def _tick(self) -> None:
        await self.board.put("process", self._process.families())
        for job in self.jobs:
            if job.status.polling_since is not None:
                await self.poller.show_status(job)

    def _add_target(self, vendor: AnyVendor, target: Target) -> None:
        limits = limits_of(vendor, target)
        budget = RequestBudget(limits, self._clock.time)
        watched = TargetStatus(vendor.name, target.account, budget=budget)
        bare = Client(
            vendor.settings(target),
            None,
            limits,
            watched,
            self._clock,
            self._random,
        )
        self._resources.push_async_callback(bare.close)
        client = bare.authorized(vendor.credential(target, bare))
        for stream, options in enabled_streams(vendor, target):
            key = StreamKey(vendor.name, target.account, stream.name)
            stream_status = StreamStatus(key, options.interval)
            watched.streams[stream.name] = stream_status
            limit = options.requests_per_minute
            self.jobs.append(
                Job(
                    key=key,
                    target=target,
                    stream=stream,
                    options=options,
                    client=client.narrowed(per_minute(limit) if limit else None),
                    status=stream_status,
                    target_status=watched,
                )
            )
        self.targets.append(watched)
