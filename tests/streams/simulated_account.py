"""A stream of a simulated account through the whole pipeline, beside the truth of its world."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from exporter.model import DAY, Window
from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.world.truth import Count, View
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.harness import SECRET, Case, Pipeline
from tests.streams.simulated import SimulatedVendor

LOOKBACK = 3 * DAY


class SimulatedAccount(Pipeline):
    """An account of many people, whose lists have several pages; nobody is hurried by a quota.

    `true` counts what the stream should. `anthropic` are the habits of the simulated Anthropic.
    """

    vendor: SimulatedVendor

    def __init__(
        self,
        case: Case,
        directory: Path,
        true: Callable[[View], Iterator[Count]],
        *,
        developers: int = 140,
        anthropic: AnthropicOptions | None = None,
        **options: Any,
    ) -> None:
        base_url = f"http://127.0.0.1:8080/{case.vendor}"
        target = {"base_url": base_url, "requests_per_minute": 1_000_000}
        options = {"lookback": f"{LOOKBACK}s", **options}
        super().__init__(case, directory, target=target, options=options)
        self.world = World(WorldSettings(developers=developers), WorldClock(lambda: self.clock.now))
        simulator = Simulator(
            self.world,
            anthropic=anthropic or AnthropicOptions(admin_key=SECRET, requests_per_hour=None),
            cursor=CursorOptions(key=SECRET, requests_per_minute=None),
            wall=lambda: self.clock.now,
        )
        self.vendor = SimulatedVendor(case, simulator)
        self._true = true
        self._first: int | None = None

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    async def poll(self, after: float = 0) -> None:
        """Poll once; the first poll says since when the truth counts."""
        await super().poll(after)
        if self._first is None:
            assert self.status.window is not None
            self._first = self.status.window.start

    async def work(self, seconds: int, every: int) -> AsyncIterator[None]:
        """Poll while people work; a restart follows each third poll, and every poll must be good."""
        for number in range(seconds // every):
            await self.poll(after=every)
            assert self.status.state in ("ok", "empty")
            assert self.status.reason == ""
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
        """The true sums since the first bucket that was read, by family."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        assert self._first is not None
        view = View(self.world, Window(self._first, int(self.clock.now) + 1), self.clock.now)
        for name, _, value in self._true(view):
            found[name] += Decimal(value)
        return found
