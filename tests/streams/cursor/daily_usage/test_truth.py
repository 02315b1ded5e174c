"""Members' days of the simulated team through late hours, people who join, restarts and midnights."""

from pathlib import Path

from exporter.model import DAY, HOUR
from exporter.simulator.cursor.walks import SHIFTS_EVERY
from exporter.simulator.world.truth import daily_usage_counts
from tests.streams.cursor.daily_usage.case import CASE
from tests.streams.cursor.simulated_team import SimulatedTeam

EVERY = 5 * HOUR


async def test_what_is_counted_is_the_truth_while_people_join(tmp_path: Path) -> None:
    """After every poll: of each seventh walk the pages move, and some people come twice."""
    async with SimulatedTeam(CASE, tmp_path, daily_usage_counts, page_size=12) as team:
        async for _ in team.work(4 * DAY, EVERY):
            counted, true = await team.counted(), team.truth()
            assert {name: counted[name] for name in true} == true
        assert true["cursor_lines_total"] > 0
        assert team.pages.count(2) > SHIFTS_EVERY
        members = team.world.cursor_team.members(team.clock.now)
        begun = team.world.member_days.rollout.people(team.clock.now)
        assert len(members) > len(begun), "nobody joined"
