"""A stream of the simulated Cursor team through the whole pipeline, beside the truth of its world."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import httpx

from exporter.model import DAY, Window, floor
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.world.truth import Count, View
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.harness import SECRET, Case, Pipeline
from tests.streams.simulated import SimulatedVendor

LOOKBACK = 3 * DAY


class SimulatedTeam(Pipeline):
    """A team of many, whose lists have several pages; nobody is hurried by a quota.

    `true` counts what the stream should; `pages` are the numbers of those that were asked for.
    """

    vendor: SimulatedVendor

    def __init__(
        self,
        case: Case,
        directory: Path,
        true: Callable[[View], Iterator[Count]],
        **options: Any,
    ) -> None:
        target = {"base_url": "http://127.0.0.1:8080/cursor", "requests_per_minute": 1_000_000}
        options = {"lookback": f"{LOOKBACK}s", **options}
        super().__init__(case, directory, target=target, options=options)
        self.world = World(WorldSettings(developers=140), WorldClock(lambda: self.clock.now))
        cursor = CursorOptions(key=SECRET, requests_per_minute=None)
        simulator = Simulator(self.world, cursor=cursor, wall=lambda: self.clock.now)
        self.vendor = SimulatedVendor(case, simulator)
        self.vendor.around = self._note
        self.pages: list[int] = []
        self._true = true
        self._first = floor(self.clock.now - LOOKBACK, DAY)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def work(self, seconds: int, every: int) -> AsyncIterator[None]:
        """Poll while the team works; a restart follows each third poll, and every poll must be good."""
        for number in range(seconds // every):
            await self.poll(after=every)
            assert (self.status.state, self.status.reason) == ("ok", "")
            yield
            if number % 3 == 0:
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

    async def _note(self, request: httpx.Request, _: httpx.Response) -> None:
        self.pages.append(json.loads(request.content)["page"])
