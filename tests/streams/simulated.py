"""A stream through the whole pipeline against the simulator, whose world runs by the test's clock."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import httpx

from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.world.billing import Billing
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.harness import SECRET, Case, FakeVendor, Pipeline, unix


class SimulatedVendor(FakeVendor):
    """Hands requests to a simulator; `around` may stand between."""

    def __init__(self, case: Case, simulator: Simulator) -> None:
        super().__init__(case)
        self._transport = httpx.ASGITransport(simulator)
        self.around: Callable[[httpx.Request, httpx.Response], Awaitable[None]] | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = await self._transport.handle_async_request(request)
        if self.around is not None:
            await self.around(request, response)
        return response

    def __call__(self, request: httpx.Request) -> Any:
        return self.answer(request)

    def made(self, method: str) -> list[httpx.Request]:
        """The requests so far with a method."""
        return [request for request in self.requests if request.method == method]


class Simulated(Pipeline):
    """The pipeline of an enterprise whose bill begins at `first`; nobody is hurried by a quota."""

    vendor: SimulatedVendor

    def __init__(self, case: Case, directory: Path, *, first: str, **more: Any) -> None:
        target = {
            "base_url": "http://127.0.0.1:8080/github",
            "requests_per_minute": 1_000_000,
            **more.pop("target", {}),
        }
        super().__init__(case, directory, target=target, **more)
        clock = WorldClock(lambda: self.clock.now)
        self.world = World(WorldSettings(developers=9), clock)
        rollout = Rollout(3, "copilot", self.world.developers, int(unix(first)))
        self.world.billing = Billing(rollout, ("acme", "acme-labs"), self.world.repositories[:9])
        self.world.exports.nightly = False
        github = GitHubOptions(token=SECRET, requests_per_hour=None)
        self.simulator = Simulator(self.world, github=github, wall=lambda: self.clock.now)
        self.vendor = SimulatedVendor(case, self.simulator)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    def exact(self, metric: str) -> dict[str, Decimal]:
        """The values on the page, to the last digit, by their labels."""
        lines = [line for line in self.page.splitlines() if line.startswith(metric + "{")]
        pairs = [line.removeprefix(metric).rsplit(" ", 1) for line in lines]
        return {labels: Decimal(value) for labels, value in pairs}
