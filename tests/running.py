"""The exporter and a simulator in the test's own process, on loopback."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bench.simulated import SECRETS
from exporter.clock import SystemClock
from exporter.config.blocks import Config
from exporter.config.file import load
from exporter.runtime.app import App
from exporter.runtime.sighup import Sighup
from exporter.simulator.application import Simulator
from exporter.simulator.server import listen, server_of, url_of
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from exporter.web import server

PATIENCE = 180.0
"""Seconds that something is waited for, far above what it takes."""


class Vendors:
    """The simulated vendors; requests are noted, held by their path, refused by their Bearer token.

    GitHub takes every other token.
    """

    def __init__(self, teams: int = len(TEAMS)) -> None:
        settings = WorldSettings(developers=9, teams=teams)
        self.simulator = Simulator(World(settings, WorldClock()))
        self.asked: Counter[str] = Counter()
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.held: dict[str, asyncio.Event] = {}
        self.refused: set[str] = set()
        self.shown: list[str] = []
        self.url = ""

    def hold(self, pattern: str) -> asyncio.Event:
        """Keep requests of these paths waiting until the event is set."""
        return self.held.setdefault(pattern, asyncio.Event())

    def count(self, pattern: str) -> int:
        """How many requests were made to these paths."""
        return sum(times for path, times in self.asked.items() if fnmatch(path, pattern))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
        self.shown.append(authorization)
        self.asked[path] += 1
        self.at_once[path] += 1
        self.most_at_once[path] = max(self.most_at_once[path], self.at_once[path])
        try:
            for pattern, event in self.held.items():
                if fnmatch(path, pattern):
                    await event.wait()
            if authorization.removeprefix("Bearer ") in self.refused:
                await PlainTextResponse("revoked", 401)(scope, receive, send)
            else:
                await self.simulator({**scope, "headers": _let_in(scope)}, receive, send)
        finally:
            self.at_once[path] -= 1

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Vendors"]:
        listener = listen("127.0.0.1", 0)
        self.url = url_of(listener)
        http = server_of(self)  # type: ignore[arg-type]  # any ASGI application will do
        task = asyncio.create_task(http.serve(sockets=[listener]))
        try:
            yield self
        finally:
            for event in self.held.values():
                event.set()
            http.should_exit = True
            await task


def _let_in(scope: Scope) -> list[tuple[bytes, bytes]]:
    known = f"Bearer {SECRETS['github']}".encode()
    github = scope["path"].startswith("/github/")
    return [
        (name, known if github and name == b"authorization" else value)
        for name, value in scope["headers"]
    ]


class Running:
    """An exporter that polls the vendors, and its configuration file."""

    def __init__(self, directory: Path, vendors: Vendors) -> None:
        self.directory = directory
        self.vendors = vendors
        self.file = directory / "config.yaml"
        self.stop = asyncio.Event()
        self.reads = 0
        self.app: App
        self.http: httpx.AsyncClient

    def target(
        self, vendor: str, streams: Mapping[str, Any], account: str = "acme", **more: Any
    ) -> dict[str, Any]:
        """A target of which only these streams run."""
        token = self.directory / f"{vendor}.token"
        if not token.exists():
            token.write_text(SECRETS[vendor], encoding="utf-8")
        off = {"github": ("api_insights", "copilot_reports", "copilot_seats", "rate_limit")}
        return {
            "vendor": vendor,
            "account": account,
            "base_url": f"{self.vendors.url}/{vendor}",
            "auth": {"token_file": str(token)},
            "requests_per_minute": 1_000_000,
            **({"org": "acme"} if vendor == "github" else {}),
            "streams": {**{name: {"enabled": False} for name in off.get(vendor, ())}, **streams},
            **more,
        }

    def write(self, *targets: Mapping[str, Any], **more: Any) -> None:
        """Write the configuration file."""
        content = {
            "targets": list(targets),
            "state": {"path": str(self.directory / "state.db")},
            "counting": {"history": "count", "birth_hold": "0s"},
            **more,
        }
        self.file.write_text(yaml.safe_dump(content), encoding="utf-8")

    def read(self) -> Config:
        """The configuration as it is in the file; how often that was read is counted."""
        self.reads += 1
        return load(self.file)

    @contextlib.asynccontextmanager
    async def serving(
        self, *, lifecycle: bool = True, sighup: Sighup | None = None
    ) -> AsyncIterator["Running"]:
        listening = server.listen("127.0.0.1:0")
        async with (
            App(self.read(), SystemClock(), Random(7), read=self.read) as self.app,
            httpx.AsyncClient(base_url=server.url_of(listening), timeout=PATIENCE) as self.http,
        ):
            serve = self.app.serve(
                [listening], "/metrics", self.stop, sighup=sighup, lifecycle=lifecycle
            )
            task = asyncio.create_task(serve)
            try:
                yield self
            finally:
                self.stop.set()
                await task

    async def reload(self) -> httpx.Response:
        return await self.http.post("/-/reload")

    async def values(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """The samples on the page by name and labels."""
        page = (await self.http.get("/metrics")).text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        """The sum of the samples with this name and among others these labels, None without any."""
        found = [
            value
            for (sample, shown), value in (await self.values()).items()
            if sample == name and labels.items() <= dict(shown).items()
        ]
        return sum(found) if found else None

    async def polled(self, stream: str, account: str = "acme") -> bool:
        """Whether a stream has succeeded."""
        name = "usage_exporter_last_success_timestamp_seconds"
        return await self.value(name, stream=stream, account=account) is not None

    async def until(self, condition: Callable[[], bool | Awaitable[bool]]) -> None:
        """Wait until the condition is true."""
        async with asyncio.timeout(PATIENCE):
            while True:
                result = condition()
                if result if isinstance(result, bool) else await result:
                    return
                await asyncio.sleep(0.02)
