"""Copilot's reports against the truth of a simulated world."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY
from exporter.poll.transform.privacy import Users
from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.github.copilot_reports.test_copilot_reports import ACTIVE, pipeline
from tests.streams.harness import SECRET, Pipeline

FAMILIES = (
    *("interactions", "code_generations", "code_acceptances", "lines_added", "lines_deleted"),
    *("ide_code_acceptances", "language_code_acceptances", "model_code_generations"),
    *("cli_sessions", "cli_requests", "cli_prompts", "cli_tokens"),
    *("pull_requests_created", "pull_requests_merged_created_by_copilot"),
    *("repository_pull_requests_created", "repository_pull_requests_merged_reviewed_by_copilot"),
    *("repository_pull_requests_suggestions_by_copilot",),
    *("team_code_acceptances", "team_lines_added", "user_code_acceptances"),
)


def simulated(
    run_clock: Callable[[], float], developers: int
) -> tuple[World, Callable[[httpx.Request], Any]]:
    """A simulated GitHub in the time of a pipeline."""
    clock = WorldClock(run_clock, start=run_clock())
    world = World(WorldSettings(developers=developers), clock)
    simulator = Simulator(world, github=GitHubOptions(token=SECRET), wall=run_clock)
    return world, httpx.ASGITransport(simulator).handle_async_request


@pytest.mark.parametrize("scope", ["org", "enterprise"])
async def test_what_is_counted_is_what_was_done(scope: str, tmp_path: Path) -> None:
    """Two weeks of late and revised reports, with a restart: equal to the truth to the unit."""
    target = {"base_url": "http://simulator/github", "org": None, "enterprise": None, scope: "acme"}
    options = {"teams": True, "users": True, "repositories": True}
    run = pipeline(tmp_path, None, users=Users.PLAIN, target=target, options=options)
    world, vendor = simulated(lambda: run.clock.now, developers=48)
    run.vendor = vendor  # type: ignore[assignment]  # the same for the transport
    async with run:
        first = int((run.clock.now - 7 * DAY) // DAY * DAY)
        for number in range(13):
            await run.poll(after=DAY if number else 0)
            assert (run.status.state, run.status.reason) == (State.OK, "")
            if number == 6:
                await run.restart()
        truth = await _truth(vendor, first, run.clock.now)
        ledger = (await run.state()).ledger
        for family in FAMILIES:
            name = f"github_copilot_{family}_total"
            # What the vendor took back is a debt beside the counter, which never falls.
            shown = {key[1]: s.counter for key, s in ledger.items() if key[0] == name}
            assert run.values(name) == shown
            newest = {
                key[1]: int(s.counter - s.debt) for key, s in ledger.items() if key[0] == name
            }
            assert {key: value for key, value in newest.items() if value} == truth[name]
        assert run.value(ACTIVE) == len(world.copilot.active(_newest(run), 1))


def _newest(run: Pipeline) -> int:
    assert run.status.data_until is not None
    return int(run.status.data_until) - DAY


async def _truth(
    vendor: Callable[[httpx.Request], Any], since: float, now: float
) -> dict[str, dict[tuple[str, ...], int]]:
    url = f"http://simulator/_simulator/truth?since={since}&at={now}"
    response = await vendor(httpx.Request("GET", url))
    found: dict[str, dict[tuple[str, ...], int]] = {}
    for metric in json.loads(await response.aread())["metrics"]:
        found.setdefault(metric["name"], {})[tuple(metric["labels"].values())] = metric["value"]
    return found
