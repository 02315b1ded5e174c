"""What models cost at GitHub, end to end: credits and dollars in Prometheus equal the simulator's truth."""

from pathlib import Path
from typing import Any

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.world.billing import AI_CREDIT, AUTO, PREMIUM_REQUEST, date_of
from tests.chaos.comparison import differences, truth
from tests.chaos.world import MonthOfWork
from tests.e2e.struck_month import StruckMonth, assert_near, by_family

pytestmark = pytest.mark.process

STREAM = "github/ai_credits"
BEGIN = 1_781_208_000
"""2026-06-11T20:00:00Z, a Thursday: midnight is near."""
DEVELOPERS = 12
CREDITS, CREDITS_NET = "github_ai_credit_quantity_total", "github_ai_credit_net_usd_total"
FAMILIES = (
    CREDITS,
    CREDITS_NET,
    "github_ai_credit_sku_net_usd_total",
    "github_premium_request_quantity_total",
    "github_premium_request_net_usd_total",
)
LINES: dict[str, dict[str, Any]] = {
    CREDITS: {"sku": AI_CREDIT, "unit": "ai-credits", "price": "0.01"},
    "github_premium_request_quantity_total": {
        "sku": PREMIUM_REQUEST,
        "unit": "requests",
        "price": "0.04",
    },
}


def post(month: MonthOfWork, days_ago: int, *lines: dict[str, Any]) -> None:
    """Post lines of the bill of a day."""
    date = date_of(int(month.now - days_ago * DAY)).isoformat()
    items = [{"product": "copilot", "date": date, **line} for line in lines]
    month.simulator.control("billing", {"items": items})


def pay_what_is_owed(month: MonthOfWork) -> None:
    """Let every series grow by more than any correction took from it."""
    lines = [
        {
            **LINES[name],
            "quantity": "100000",
            "model": f"{AUTO if labels['selection'] == 'auto' else ''}{labels['model']}",
            "cost_center": labels["cost_center"] or None,
        }
        for name, labels in ((name, dict(pairs)) for name, pairs in truth(month))
        if name in LINES
    ]
    post(month, 0, *lines)


def test_credits_and_dollars_equal_the_truth_through_kills_late_lines_and_credit_notes(
    tmp_path: Path,
) -> None:
    """Killed in a walk over cost centers and twice in a commit, over a midnight, while days are revised."""
    with StruckMonth(tmp_path, STREAM, FAMILIES, begin=BEGIN, developers=DEVELOPERS) as struck:
        month, daemon = struck.month, struck.daemon
        struck.begin(lambda scraped: scraped.get(CREDITS, 0) > 100)
        struck.kill_in_a_read()
        struck.kill_in_commits(passing=6 * HOUR)
        struck.resume()
        credit = {**LINES[CREDITS], "model": "GPT-5.2", "cost_center": "Engineering"}
        post(month, 4, {**credit, "quantity": "12.3456"})
        daemon.wait_for_polls(2)
        post(month, 4, {**credit, "discount": "0.0789"}, {**credit, "discount": "700"})
        month.advance(12 * HOUR)
        daemon.wait_for_polls(2)
        assert 'usage_exporter_corrections_total{vendor="github"' in daemon.page()
        # The first began before; what a walk found between two of its requests is put right by the next one.
        true, page = struck.settle(polls=3, pay=pay_what_is_owed)
        assert_near(by_family(page), by_family(true))
        assert differences(page, true) == {}
        centers = {dict(labels)["cost_center"] for name, labels in page if name == CREDITS}
        assert centers >= {"Engineering", "Research", "Old product", ""}
        struck.assert_prometheus_has(true)
