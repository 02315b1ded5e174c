"""The demo's configuration: what its dashboards need of it."""

from collections import Counter
from pathlib import Path

import yaml

from exporter.config.durations import parse_duration
from exporter.demo import configuration
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock

ROOT = Path(__file__).parent.parent


def test_prometheus_sees_the_zero_before_the_history(tmp_path: Path) -> None:
    """The birth hold lasts two scrapes of the example, so that `increase()` has the 28 days."""
    counting = configuration("http://127.0.0.1:8080", tmp_path).counting
    scraping = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    interval = parse_duration(scraping["global"]["scrape_interval"])
    assert counting.history == "count"
    assert counting.birth_hold >= 2 * interval


def test_every_budget_tells_what_is_consumed(tmp_path: Path) -> None:
    """The list of budgets alone tells it for people only."""
    told = configuration("http://127.0.0.1:8080", tmp_path).model_dump()
    [enterprise] = [one for one in told["targets"] if one["account"] == "acme-enterprise"]
    assert enterprise["streams"]["billing_usage"]["budget_details"]


def test_the_teams_are_large_enough_to_be_shown_by_name(tmp_path: Path) -> None:
    """The demo hides small teams as every exporter does; it has none but one without anybody."""
    least = configuration("http://127.0.0.1:8080", tmp_path).privacy.min_group_size
    clock = WorldClock()
    world = World(WorldSettings(), clock)
    of_github = Counter(developer.team for developer in world.developers)
    users = [one for one in world.membership.members if one.active(clock.time())]
    of_tabnine = Counter(one.team for one in users if one.team is not None)
    assert least > 1
    assert of_github.keys() == set(TEAMS)
    assert min(of_github.values()) >= least
    assert len(of_tabnine) == len(world.membership.teams) - 1
    assert min(of_tabnine.values()) >= least
