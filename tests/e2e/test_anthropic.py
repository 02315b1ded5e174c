"""What Anthropic reports, end to end: dollars and tokens in Prometheus equal the simulator's truth."""

from itertools import product
from pathlib import Path

import pytest

from exporter.model import HOUR
from tests.chaos.comparison import truth
from tests.chaos.world import MonthOfWork
from tests.e2e.struck_month import StruckMonth, assert_near, by_family

pytestmark = pytest.mark.process

USAGE, COST = "anthropic/usage", "anthropic/cost"
BEGIN = 1_781_179_200
"""2026-06-11T12:00:00Z, a Thursday: what the first polls read of both reports begins at a midnight."""
DEVELOPERS = 30
TOKENS, SEARCHES = "anthropic_tokens_total", "anthropic_web_search_requests_total"
DOLLARS = "anthropic_cost_usd_total"
KINDS = ("input_uncached", "input_cache_read", "cache_write_5m", "cache_write_1h", "output")
MANY = 10_000_000


def pay_what_is_owed(month: MonthOfWork) -> None:
    """Let every series of tokens and dollars grow by more than any correction or credit took from it.

    Of all that ever was used, because the bill goes further back than the hours; and in an hour that has its bucket.
    """
    seen = [dict(labels) for _, labels in truth(month)]
    workspaces, models, tiers = (
        {labels[name] for labels in seen if name in labels}
        for name in ("workspace", "model", "service_tier")
    )
    items = [
        {
            **_at(month, workspace),
            "model": model,
            "service_tier": tier,
            **dict.fromkeys(KINDS, MANY),
        }
        for workspace, model, tier in product(workspaces, models - {"unknown"}, tiers)
    ]
    items += [{**_at(month, workspace), "cents": 100_000} for workspace in workspaces]
    month.simulator.control("model-use", {"items": items})


def _at(month: MonthOfWork, workspace: str) -> dict[str, object]:
    """In a workspace, some hours ago."""
    use: dict[str, object] = {"timestamp": month.now - 3 * HOUR}
    return use if workspace == "default" else {**use, "workspace": workspace}


def test_dollars_and_tokens_equal_the_truth_through_kills_late_hours_and_corrections(
    tmp_path: Path,
) -> None:
    """Killed in a read and twice in a commit, over midnights, while hours are missing for a while."""
    families = (TOKENS, SEARCHES, DOLLARS)
    with StruckMonth(
        tmp_path, USAGE, families, begin=BEGIN, developers=DEVELOPERS, beside=[COST]
    ) as struck:
        month, daemon = struck.month, struck.daemon
        struck.begin(lambda scraped: all(scraped.get(name) for name in families))
        struck.kill_in_a_read()
        month.simulator.control("model-use/withhold", {"from": BEGIN + HOUR})
        struck.kill_in_commits(passing=9 * HOUR)
        struck.resume()
        month.simulator.control("model-use/withhold", {"from": None})
        month.advance(12 * HOUR)
        daemon.wait_for_polls(2)
        for stream in ("usage", "cost"):
            corrected = f'usage_exporter_corrections_total{{vendor="anthropic",account="anthropic",stream="{stream}"}} '
            [line] = [line for line in daemon.page().splitlines() if line.startswith(corrected)]
            assert float(line.rpartition(" ")[2]) > 0
        # The first began before, the second finds series that are held at 0 for a second, which is over in the fourth.
        true, page = struck.settle(polls=5, pay=pay_what_is_owed)
        assert_near(by_family(page), by_family(true))
        struck.assert_prometheus_has(true)
