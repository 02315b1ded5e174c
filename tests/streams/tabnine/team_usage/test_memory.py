"""What a walk over many teams takes of memory."""

import tracemalloc
from pathlib import Path

from exporter.model import HOUR
from tests.streams.tabnine.team_usage.test_team_usage import team_run, teams, walked
from tests.streams.tabnine.usage.test_usage import bucket


async def test_five_hundred_teams_take_little_memory(tmp_path: Path) -> None:
    """A walk over 500 teams that were counted before takes less than 20 MB, and keeps its pace."""
    async with team_run(tmp_path) as run:
        teams(run, **{f"t{number:03}": f"Team {number}" for number in range(500)})
        week = [bucket(f"2026-01-0{day}") for day in range(1, 8)]
        run.vendor.bodies["usage"] = {"usage": {"granularity": "daily", "data": week}}
        await run.poll()
        began = run.clock.now
        tracemalloc.start()
        await run.poll(after=HOUR)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(set(walked(run))) == 500
        assert run.clock.now - began - HOUR >= 500
        assert peak < 20 * 2**20
