"""Everything put together: configuration to targets, streams, polls, pages."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from random import Random
from socket import socket

from exporter import __version__, log
from exporter.clock import Clock
from exporter.config.blocks import Config
from exporter.exposition import catalogue
from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.poll.job import Job
from exporter.poll.scheduler import Scheduler
from exporter.runtime.interpreter import Garbage
from exporter.runtime.policy import CollectionPolicy
from exporter.runtime.reload import Reloader, ReloadError
from exporter.runtime.sighup import Sighup
from exporter.runtime.targets import Targets
from exporter.store.sqlite import SQLiteStore
from exporter.telemetry.self_metrics import ProcessMetrics, exporter_families
from exporter.telemetry.status import TargetStatus
from exporter.web import routes as web
from exporter.web import server, status_page
from exporter.web.guard import Guard, WebConfigFile
from exporter.web.listing import View

_log = log.logger(__name__)

GRACE = 1.0
"""Seconds that running polls are given to end at a stop, and after them a commit that has begun."""
TICK = 5.0
"""Seconds between updates of what changes without a poll."""
SWAP_GAP = 0.2


class App:
    """One exporter. Open it as an async context; then `serve` or `once`.

    `birth_hold` replaces the configured one, where nobody will scrape twice. `read` gives the
    configuration when it is to be read again; without it, it never changes. `configuration` is the file
    that it comes from, for people.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        random: Random,
        birth_hold: int | None = None,
        read: Callable[[], Config] | None = None,
        configuration: str = "",
    ) -> None:
        self._config = config
        self._configuration = configuration
        self._started = clock.time()
        self._birth_hold = birth_hold
        self._read = read or (lambda: config)
        self._clock = clock
        self._random = random
        self._process = ProcessMetrics()
        self._garbage = Garbage()
        self._resources = AsyncExitStack()

    async def __aenter__(self) -> "App":
        try:
            await self._open()
        except BaseException:
            await self._resources.aclose()
            raise
        return self

    async def _open(self) -> None:
        config, clock = self._config, self._clock
        self._store = SQLiteStore.open(config.state.path, clock.time())
        self._resources.push_async_callback(self._close_store)
        metrics = [*catalogue.metrics().values(), *self._process.metrics]
        self.exposition = Exposition(metrics, gap=SWAP_GAP, clock=clock)
        self._scheduler = Scheduler(clock, self._random)
        policy = CollectionPolicy.of(config)
        self._targets = Targets(
            self._store,
            self.exposition,
            self._scheduler,
            policy,
            clock,
            self._random,
            self._birth_hold,
        )
        self._resources.push_async_callback(self._targets.close)
        self._reloader = Reloader(self._read, config, self._targets, self._show_reload, clock)
        await self._targets.change(config, policy)
        await self._show_reload(True, self._reloader.good_at)

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    @property
    def targets(self) -> list[TargetStatus]:
        return self._targets.targets

    @property
    def jobs(self) -> list[Job]:
        return self._targets.jobs

    async def serve(
        self,
        sockets: Sequence[socket],
        telemetry_path: str,
        stop: asyncio.Event,
        web_config: WebConfigFile | None = None,
        sighup: Sighup | None = None,
        *,
        lifecycle: bool = False,
    ) -> None:
        """Poll and serve until `stop` is set; counts are safe at any moment.

        With `lifecycle` the port takes orders to reload and to stop; `sighup` asks for a reload too.
        """
        if stop.is_set():
            # It was set while the exporter started: no poll begins that would be cut off at once.
            for listening in sockets:
                listening.close()
            return
        application = web.create(
            self.exposition,
            telemetry_path=telemetry_path,
            status_page=lambda query: status_page.render(
                self.targets,
                self._clock.time(),
                View.of(query),
                telemetry_path=telemetry_path,
                version=__version__,
                started=self._started,
                configuration=self._configuration,
            ),
            ready=lambda: self._targets.ready,
            lifecycle=web.Lifecycle(self._reload, stop.set) if lifecycle else None,
        )
        guard = Guard(application, web_config)
        http = server.create(guard, web_config.config.tls_server_config if web_config else None)
        await self._tick()
        with sighup.heard(self._reloader.request) if sighup else contextlib.nullcontext():
            serving = asyncio.create_task(http.serve(sockets=list(sockets)))
            self._scheduler.start()
            self._scheduler.every(TICK, self._tick)
            reloading = asyncio.create_task(self._reloader.run())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait(
                    {stopping, serving, reloading}, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                stopping.cancel()
                reloading.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reloading
                await self._scheduler.stop(GRACE)
                http.should_exit = True
                await serving

    async def once(self) -> str:
        """Poll every stream once; the page as text, without the families of this short process."""
        await self._targets.poll_once()
        await self.exposition.flush()
        return self.exposition.page.body(Format.PLAIN, Encoding.IDENTITY).decode()

    async def _reload(self) -> str:
        try:
            await self._reloader.reload()
        except ReloadError as error:
            return str(error)
        return ""

    async def _show_reload(self, successful: bool, good_at: float) -> None:
        await self.exposition.put(
            ("exporter",), exporter_families(self._store.created, successful, good_at)
        )
        await self.exposition.flush()

    async def _close_store(self) -> None:
        try:
            async with asyncio.timeout(GRACE):
                await self._store.close()
        except TimeoutError:
            _log.warning("left a commit unfinished: what it holds is read again at the next start")

    async def _tick(self) -> None:
        await self.exposition.put(("process",), self._process.families())
        await self._targets.show_running()
        await self._targets.retry_renewed()
        self._garbage.tick(
            sum(job.status.series for job in self.jobs if job.status.polling_since is not None)
        )
