"""What Cursor charges, end to end: money, tokens and events in Prometheus equal the simulator's truth."""

from pathlib import Path

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.cursor.walks import SHIFTS_EVERY
from tests.chaos.comparison import truth
from tests.chaos.world import MonthOfWork
from tests.e2e.struck_month import StruckMonth, assert_near, by_family

pytestmark = pytest.mark.process

STREAM = "cursor/usage_events"
BEGIN = 1_781_208_000
"""2026-06-11T20:00:00Z, a Thursday: midnight is near."""
DEVELOPERS = 12
PAGE = 1_000
EVENTS, TOKENS = "cursor_usage_events_total", "cursor_tokens_total"
CHARGED, UNITS = "cursor_charged_usd_total", "cursor_request_units_total"


def pay_what_is_owed(month: MonthOfWork) -> None:
    """Let every series grow by more than any correction took from it."""
    charged = [dict(labels) for name, labels in truth(month) if name == CHARGED]
    items = [
        {
            "model": labels["model"],
            "kind": labels["kind"],
            "isChargeable": labels["chargeable"] == "true",
            "chargedCents": 100_000,
            "requestsCosts": 100_000,
        }
        for labels in charged
    ]
    month.simulator.control("usage-events", {"items": items})


def fill_two_days(month: MonthOfWork) -> None:
    """Let the day that has begun and the one before have more events than a page."""
    midnight = BEGIN // DAY * DAY
    items = [
        {
            "timestamp": str((midnight + day * DAY + 60 * number) * 1000),
            "chargedCents": 3.25,
            "tokenUsage": {"inputTokens": number, "outputTokens": 7, "cacheReadTokens": 1},
        }
        for day in (-1, 0)
        for number in range(PAGE + 50)
    ]
    month.simulator.control("usage-events", {"items": items})


def test_money_tokens_and_events_equal_the_truth_through_kills_new_prices_and_moving_pages(
    tmp_path: Path,
) -> None:
    """Killed in a walk and twice in a commit, over a midnight, and read again while pages move."""
    families = (EVENTS, TOKENS, CHARGED, UNITS)
    with StruckMonth(tmp_path, STREAM, families, begin=BEGIN, developers=DEVELOPERS) as struck:
        month, daemon = struck.month, struck.daemon
        fill_two_days(month)
        struck.begin(lambda scraped: scraped[EVENTS] > 2 * PAGE)
        struck.kill_in_a_read()
        struck.kill_in_commits(passing=6 * HOUR)
        struck.resume()
        month.advance(12 * HOUR)
        daemon.wait_for_polls(2)
        assert 'usage_exporter_corrections_total{vendor="cursor"' in daemon.page()
        # The first began before; the others walk over two long days each, and one walk's pages move.
        true, page = struck.settle(polls=1 + SHIFTS_EVERY // 2 + 1, pay=pay_what_is_owed)
        assert_near(by_family(page), by_family(true))
        tokens = {key: value for key, value in true.items() if key[0] == TOKENS}
        assert {key: value for key, value in page.items() if key[0] == TOKENS} == tokens
        struck.assert_prometheus_has(true)
