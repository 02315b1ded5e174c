"""What Cursor charges, end to end: money, tokens and events in Prometheus equal the simulator's truth."""

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.cursor.walks import SHIFTS_EVERY
from tests.chaos.campaign import Daemon
from tests.chaos.comparison import Sums, shown, truth
from tests.chaos.failpoints import Point, Strike
from tests.chaos.world import MonthOfWork, Settings, settle
from tests.counted import STREAMS
from tests.e2e.processes import Process, Prometheus, wait_for

pytestmark = pytest.mark.process

STREAM = "cursor/usage_events"
BEGIN = 1_781_208_000
"""2026-06-11T20:00:00Z, a Thursday: midnight is near."""
DEVELOPERS = 12
PAGE = 1_000
EVENTS, TOKENS = "cursor_usage_events_total", "cursor_tokens_total"
CHARGED, UNITS = "cursor_charged_usd_total", "cursor_request_units_total"
NEAR = Decimal("1e-6")
"""The page shows floats of exact decimals."""


def by_family(sums: Sums) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for (name, _), value in sums.items():
        found[name] = found.get(name, Decimal(0)) + value
    return found


def scraped(prometheus: Prometheus) -> dict[str, Decimal]:
    return {
        name: Decimal(prometheus.query(f"sum({name})")[0]["value"][1])
        for name in (EVENTS, TOKENS, CHARGED, UNITS)
    }


def assert_near(ours: Mapping[str, Decimal], true: Mapping[str, Decimal]) -> None:
    assert ours.keys() == true.keys()
    assert {n: (v, true[n]) for n, v in ours.items() if abs(v - true[n]) >= NEAR} == {}


def requests(month: MonthOfWork) -> int:
    return sum(request["count"] for request in month.simulator.requests())


def has_ended(process: Process) -> bool:
    return not process.running


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
    month = MonthOfWork(
        tmp_path, 20_261_128, DEVELOPERS, begin=BEGIN, streams={STREAM: STREAMS[STREAM]}
    )
    fill_two_days(month)
    daemon = Daemon(month, Random(17))
    process = daemon.start(Settings())
    prometheus = None
    try:
        prometheus = Prometheus(tmp_path, daemon.port)
        daemon.wait_for_polls(1)
        prometheus.wait_for_scrape()
        # New series are held at 0 for a moment.
        wait_for("two days are scraped", lambda: scraped(prometheus)[EVENTS] > 2 * PAGE)

        before = requests(month)
        wait_for("pages are asked for", lambda: requests(month) > before)
        process.kill()
        for strike in (Strike(Point.DURING_COMMIT, 4, 50), Strike(Point.AFTER_COMMIT, 3)):
            process = daemon.start(Settings(), strike)
            month.advance(6 * HOUR)
            wait_for(f"it is struck {strike.point}", partial(has_ended, process))

        process = daemon.start(Settings())
        wait_for("the page is back", daemon.page)
        daemon.wait_for_polls(1)
        month.advance(12 * HOUR)
        daemon.wait_for_polls(2)
        assert 'usage_exporter_corrections_total{vendor="cursor"' in daemon.page()
        pay_what_is_owed(month)
        settle(month)
        # The first began before; the others walk over two long days each, and one walk's pages move.
        daemon.wait_for_polls(1 + SHIFTS_EVERY // 2 + 1)

        true, page = truth(month), shown(daemon.page())
        assert_near(by_family(page), by_family(true))
        tokens = {key: value for key, value in true.items() if key[0] == TOKENS}
        assert {key: value for key, value in page.items() if key[0] == TOKENS} == tokens
        prometheus.wait_for_scrape()
        assert_near(scraped(prometheus), by_family(true))
        fell = prometheus.query(f"sum(resets({{__name__=~'{EVENTS}|{TOKENS}|{CHARGED}'}}[30m]))")
        assert fell[0]["value"][1] == "0"
    finally:
        if prometheus is not None:
            prometheus.stop()
        process.kill()
        month.stop()
