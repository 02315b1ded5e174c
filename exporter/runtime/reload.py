"""Reading the configuration again while the exporter runs: one reload at a time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from exporter import log
from exporter.clock import Clock
from exporter.config.blocks import Config
from exporter.config.text import ConfigError
from exporter.runtime.policy import CollectionPolicy
from exporter.runtime.targets import Difference, Targets
from exporter.store.store import StoreError

_log = log.logger(__name__)


class ReloadError(Exception):
    """The configuration that runs stays; the message has a line for each reason."""


class Reloader:
    """Reloads when asked. Who asks before a reload begins shares it; who asks later gets the next.

    `read` gives the configuration as it is in the file, or raises ConfigError. `show` is told
    whether the last reload was good, and when the last good one was.
    """

    def __init__(
        self,
        read: Callable[[], Config],
        running: Config,
        targets: Targets,
        show: Callable[[bool, float], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._read = read
        self._running = running
        self._targets = targets
        self._show = show
        self._clock = clock
        self.good_at = clock.time()
        self._asked = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._stopped = False

    def request(self) -> None:
        """Have the configuration read again; what comes of it is in the log and on the page."""
        self._asked.set()

    async def reload(self) -> None:
        """Read the configuration again; raises ReloadError."""
        if self._stopped:
            raise ReloadError("the exporter is stopping")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append(done)
        self._asked.set()
        await done

    async def run(self) -> None:
        """Serve whoever asks, until cancelled."""
        waiting: list[asyncio.Future[None]] = []
        try:
            while True:
                await self._asked.wait()
                self._asked.clear()
                waiting, self._waiting = self._waiting, []
                _settle(waiting, await self._attempt())
        finally:
            self._stopped = True
            _settle([*waiting, *self._waiting], ReloadError("the exporter is stopping"))

    async def _attempt(self) -> ReloadError | None:
        try:
            difference = await self._change()
        except (ConfigError, StoreError) as error:
            await self._show(False, self.good_at)
            _log.error("reload refused, the configuration before stays", reason=str(error))
            return ReloadError(str(error))
        except Exception as error:  # noqa: BLE001  # a bug in a reload must not end the exporter
            await self._show(False, self.good_at)
            _log.exception("reload broke, the configuration before stays")
            return ReloadError(f"{type(error).__name__} (a bug; see the log)")
        else:
            self.good_at = self._clock.time()
            await self._show(True, self.good_at)
            _log.info("configuration reloaded", **difference._asdict())
            return None

    async def _change(self) -> Difference:
        config = await asyncio.to_thread(self._read)
        path, running = config.state.path, self._running.state.path
        if _differ(path, running):
            raise ConfigError(
                [f"state.path: changed from {running} to {path}; a restart is needed for that"]
            )
        difference = await self._targets.change(config, CollectionPolicy.of(config))
        self._running = config
        return difference


def _differ(path: str, other: str) -> bool:
    return Path(path).absolute() != Path(other).absolute()


def _settle(waiting: list[asyncio.Future[None]], error: ReloadError | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
