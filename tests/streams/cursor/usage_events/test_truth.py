"""Usage events of the simulated team through new prices, pages that move, restarts and midnights."""

from pathlib import Path

from exporter.model import DAY, HOUR
from exporter.simulator.cursor.walks import SHIFTS_EVERY
from exporter.simulator.world.truth import usage_event_counts
from tests.streams.cursor.simulated_team import SimulatedTeam
from tests.streams.cursor.usage_events.case import CASE

FAMILIES = {
    "cursor_usage_events_total",
    "cursor_tokens_total",
    "cursor_charged_usd_total",
    "cursor_request_units_total",
}
EVERY = 5 * HOUR


async def test_what_is_counted_is_the_truth_to_the_last_digit(tmp_path: Path) -> None:
    """Four days, with a restart before each third poll; of each family all that ever was, less debts."""
    async with SimulatedTeam(CASE, tmp_path, usage_event_counts, recent="1d") as team:
        async for _ in team.work(4 * DAY, EVERY):
            pass
        # What was too new, and the prices that change in the next two days.
        team.world.quiet(team.clock.now)
        for _ in range(3):
            await team.poll(after=DAY)
        counted, true = await team.counted(), team.truth()
        assert {name: counted[name] for name in true} == true
        assert true.keys() == FAMILIES
        assert counted["assistant_cost_usd_total"] == true["cursor_charged_usd_total"]
        assert team.status.corrections > 0
        # Of several walks one has pages that move, and is made again.
        assert team.pages.count(2) > SHIFTS_EVERY
