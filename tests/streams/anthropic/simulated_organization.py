"""A stream of the simulated Anthropic organization through the whole pipeline, beside the truth of its world."""

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import httpx

from exporter.model import DAY, Window, floor
from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.world.truth import Count, View
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.harness import SECRET, Case, Pipeline
from tests.streams.simulated import SimulatedVendor


class KilledError(BaseException):
    """The process ends here; nothing catches it."""


class SimulatedOrganization(Pipeline):
    """An organization of many; nobody is hurried by a quota. `true` counts what the stream should."""

    vendor: SimulatedVendor

    def __init__(
        self,
        case: Case,
        directory: Path,
        true: Callable[[View], Iterator[Count]],
        *,
        options: Mapping[str, Any],
        developers: int = 40,
        **simulated: Any,
    ) -> None:
        target = {"base_url": "http://127.0.0.1:8080/anthropic", "requests_per_minute": 1_000_000}
        super().__init__(case, directory, target=target, options=options)
        self.world = World(WorldSettings(developers=developers), WorldClock(lambda: self.clock.now))
        kind = "analytics_key" if "api" in case.target else "admin_key"
        limits = {"requests_per_hour": None, "requests_per_minute": None}
        anthropic = AnthropicOptions(**{kind: SECRET, **limits, **simulated})
        simulator = Simulator(self.world, anthropic=anthropic, wall=lambda: self.clock.now)
        self.vendor = SimulatedVendor(case, simulator)
        self._true = true

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._first = floor(self.clock.now - self.job.reach.lookback, DAY)
        await self.poll()
        return self

    async def work(self, seconds: int, every: int) -> AsyncIterator[None]:
        """Poll while people work, and every poll must be good; each third time a poll is killed before."""
        for number in range(seconds // every):
            if number % 3 == 1:
                await self.kill_after(number % 2 + 1)
            await self.poll(after=every)
            assert (self.status.state, self.status.reason) == ("ok", "")
            yield

    async def kill_after(self, requests: int) -> None:
        """Begin a poll whose process ends with so many answers, and start anew."""
        left = requests

        async def kill(_: httpx.Request, __: httpx.Response) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise KilledError

        self.vendor.around = kill
        with contextlib.suppress(KilledError):
            await self.poll()
        self.vendor.around = None
        await self.restart()

    async def counted(self) -> dict[str, Decimal]:
        """What is counted less what is owed, by family."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (metric, _), series in (await self.state()).ledger.items():
            found[metric] += Decimal(series.counter - series.debt - series.moved)
        return found

    def truth(self) -> dict[str, Decimal]:
        """The true sums since the first day that was read, by family."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        view = View(self.world, Window(self._first, int(self.clock.now) + 1), self.clock.now)
        for name, _, value in self._true(view):
            found[name] += Decimal(value)
        return found

    def asked_for(self, path: str) -> int:
        """How many requests were made to a path."""
        return len(self.vendor.asked(path))
