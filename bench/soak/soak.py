"""A soak: simulator and daemon as processes, scraped each second, reloaded and sampled each hour."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.ports import free_port
from bench.soak import sample
from bench.soak.accounts import configuration
from bench.soak.sample import Sample
from exporter.demo import simulator
from exporter.model import HOUR

BEGIN = 1_780_920_000
"""2026-06-08T12:00:00Z, a Monday: the first midnight comes while the soak still warms up."""
DEVELOPERS = 12
SCRAPE_SECONDS = 1.0
LOOK_SECONDS = 0.05
PATIENCE = 120.0
"""Seconds that a start or an answer may take on a machine that has much else to do."""


class SoakError(Exception):
    """The daemon did not last."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, in simulated hours, at which speed and with how many targets."""

    hours: int
    speed: float
    targets: int


class Soak:
    """A soak in `directory`; each sample is also given to `say` when it is taken.

    `daemon` is the module that is run.
    """

    def __init__(
        self,
        plan: Plan,
        directory: Path,
        say: Callable[[str], None],
        daemon: str = "bench.soak.daemon",
    ) -> None:
        self._plan = plan
        self._directory = directory
        self._say = say
        self._module = daemon
        self._config_file = directory / "config.yaml"
        self._log = directory / "daemon.log"
        self._scrapes = 0
        self._failed_scrapes = 0
        self._reloads = 0
        self._turn = asyncio.Lock()

    async def run(self) -> list[Sample]:
        """Soak to the end; raises SoakError if the daemon ends, refuses a reload or does not answer."""
        options = (f"--start={BEGIN}", f"--speed={self._plan.speed}", f"--developers={DEVELOPERS}")
        async with (
            simulator(*options) as vendors,
            # No connection is kept: each scrape leaves one behind where any does.
            httpx.AsyncClient(timeout=PATIENCE, headers={"Connection": "close"}) as http,
        ):
            whole = configuration(vendors, self._directory, self._plan.targets)
            self._write(whole)
            now = (await http.get(f"{vendors}/_simulator/clock")).json()["now"]
            began, port = time.time(), free_port()
            async with self._daemon(port, now, began) as daemon:
                url = f"http://127.0.0.1:{port}/metrics"
                await self._answering(daemon, http, url)
                scraping = asyncio.create_task(self._scrape(http, url))
                try:
                    return await self._hours(daemon, http, url, whole, began)
                finally:
                    scraping.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await scraping

    async def _hours(
        self,
        daemon: asyncio.subprocess.Process,
        http: httpx.AsyncClient,
        url: str,
        whole: Mapping[str, Any],
        began: float,
    ) -> list[Sample]:
        kept = max(1, self._plan.targets * 9 // 10)
        fewer = {**whole, "targets": whole["targets"][:kept]}
        samples = []
        for hour in range(1, self._plan.hours + 1):
            for moment, wanted in ((hour - 2 / 3, fewer), (hour - 1 / 3, whole)):
                await _until(began, moment, self._plan.speed)
                await self._reload(daemon, http, url, wanted)
            await _until(began, hour, self._plan.speed)
            async with self._turn:
                samples.append(await self._sample(daemon, http, url, began))
            self._say(samples[-1].line())
        return samples

    async def _reload(
        self,
        daemon: asyncio.subprocess.Process,
        http: httpx.AsyncClient,
        url: str,
        wanted: Mapping[str, Any],
    ) -> None:
        before = sample.reloaded_at((await http.get(url)).text)
        self._write(wanted)
        self._signal(daemon, signal.SIGHUP)
        self._reloads += 1
        async with asyncio.timeout(PATIENCE):
            while sample.reloaded_at(page := (await http.get(url)).text) == before:
                self._check(daemon)
                if not sample.reloaded_well(page):
                    raise SoakError(
                        f"a reload was refused:\n{self._log.read_text('utf-8')[-2000:]}"
                    )
                await asyncio.sleep(LOOK_SECONDS)

    async def _sample(
        self, daemon: asyncio.subprocess.Process, http: httpx.AsyncClient, url: str, began: float
    ) -> Sample:
        self._check(daemon)
        self._signal(daemon, signal.SIGUSR1)
        assert daemon.stdout is not None
        told = await asyncio.wait_for(daemon.stdout.readline(), PATIENCE)
        page = (await http.get(url)).text
        figures = {
            **json.loads(told),
            **sample.state_figures(self._directory / "state.db"),
            **sample.page_figures(page),
            "scrapes": self._scrapes,
            "failed_scrapes": self._failed_scrapes,
            "reloads": self._reloads,
        }
        return sample.of((time.time() - began) * self._plan.speed / HOUR, figures)

    async def _scrape(self, http: httpx.AsyncClient, url: str) -> None:
        """Scrape as Prometheus does, without unpacking what comes."""
        while True:
            self._scrapes += 1
            try:
                async with self._turn, http.stream("GET", url) as answer:
                    answer.raise_for_status()
                    async for _ in answer.aiter_raw():
                        pass
            except httpx.HTTPError:
                self._failed_scrapes += 1
            await asyncio.sleep(SCRAPE_SECONDS)

    @contextlib.asynccontextmanager
    async def _daemon(
        self, port: int, now: float, began: float
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        with self._log.open("ab") as log:
            daemon = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module),
                f"--config.file={self._config_file}",
                f"--port={port}",
                f"--start={now}",
                f"--began={began}",
                f"--speed={self._plan.speed}",
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        try:
            yield daemon
        finally:
            if daemon.returncode is None:
                daemon.kill()
            await daemon.wait()

    async def _answering(
        self, daemon: asyncio.subprocess.Process, http: httpx.AsyncClient, url: str
    ) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                self._check(daemon)
                with contextlib.suppress(httpx.ConnectError):
                    await http.get(url)
                    return
                await asyncio.sleep(0.1)

    def _signal(self, daemon: asyncio.subprocess.Process, number: signal.Signals) -> None:
        self._check(daemon)
        daemon.send_signal(number)

    def _check(self, daemon: asyncio.subprocess.Process) -> None:
        if daemon.returncode is not None:
            raise SoakError(f"the daemon ended:\n{self._log.read_text('utf-8')[-2000:]}")

    def _write(self, settings: Mapping[str, Any]) -> None:
        """Replace the configuration file as one step: the daemon may be reading it."""
        beside = self._config_file.with_suffix(".tmp")
        beside.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
        beside.replace(self._config_file)


async def _until(began: float, hours: float, speed: float) -> None:
    await asyncio.sleep(began + hours * HOUR / speed - time.time())
