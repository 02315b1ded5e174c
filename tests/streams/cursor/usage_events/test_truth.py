"""Usage events of the simulated team through new prices, pages that move, restarts and midnights."""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import httpx

from exporter.model import DAY, HOUR, Window, floor
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.cursor.team import SHIFTS_EVERY
from exporter.simulator.world.truth import View, totals
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.cursor.usage_events.case import CASE
from tests.streams.harness import SECRET, Pipeline
from tests.streams.simulated import SimulatedVendor

FAMILIES = (
    "cursor_usage_events_total",
    "cursor_tokens_total",
    "cursor_charged_usd_total",
    "cursor_request_units_total",
)
LOOKBACK = 3 * DAY
EVERY = 5 * HOUR


async def test_what_is_counted_is_the_truth_to_the_last_digit(tmp_path: Path) -> None:
    """Four days, with a restart before each third poll; of each family all that ever was, less debts."""
    run = Pipeline(
        CASE,
        tmp_path,
        target={"base_url": "http://127.0.0.1:8080/cursor", "requests_per_minute": 1_000_000},
        options={"recent": "1d", "lookback": f"{LOOKBACK}s"},
    )
    world = World(WorldSettings(developers=140), WorldClock(lambda: run.clock.now))
    options = CursorOptions(key=SECRET, requests_per_minute=None)
    run.vendor = vendor = SimulatedVendor(
        CASE, Simulator(world, cursor=options, wall=lambda: run.clock.now)
    )
    pages: list[int] = []

    async def note(request: httpx.Request, _: httpx.Response) -> None:
        pages.append(json.loads(request.content)["page"])

    vendor.around = note
    first = floor(run.clock.now - LOOKBACK, DAY)
    async with run:
        for number in range(4 * DAY // EVERY):
            await run.poll(after=EVERY)
            assert (run.status.state, run.status.reason) == ("ok", "")
            if number % 3 == 0:
                await run.restart()
        last_price = run.clock.now
        world.quiet(last_price)
        # What was too new, and the prices that change in the next two days.
        for _ in range(3):
            await run.poll(after=DAY)
        state = await run.state()
        counted: defaultdict[str, Decimal] = defaultdict(Decimal)
        for (metric, _), series in state.ledger.items():
            counted[metric] += Decimal(series.counter - series.debt - series.moved)
        true: defaultdict[str, Decimal] = defaultdict(Decimal)
        view = View(world, Window(first, int(run.clock.now) + 1), run.clock.now)
        for total in totals(view):
            true[total.name] += Decimal(total.value)
        assert {name: counted[name] for name in FAMILIES} == {name: true[name] for name in FAMILIES}
        assert counted["assistant_cost_usd_total"] == true["cursor_charged_usd_total"]
        assert run.status.corrections > 0
        # Of several walks one has pages that move, and is made again.
        assert pages.count(2) > SHIFTS_EVERY
