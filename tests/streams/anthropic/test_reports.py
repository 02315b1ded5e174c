"""Tokens and dollars of the simulated organization through late buckets, corrections, restarts and midnights."""

from pathlib import Path
from typing import Any

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.world.model_use import LATEST
from exporter.simulator.world.truth import model_use_counts
from tests.streams.anthropic.cost.case import CASE as COST
from tests.streams.anthropic.usage.case import CASE as USAGE
from tests.streams.harness import Case
from tests.streams.simulated_account import SimulatedAccount

DOLLARS, TOKENS = "anthropic_cost_usd_total", "anthropic_tokens_total"
SEARCHES = "anthropic_web_search_requests_total"


@pytest.mark.parametrize(
    ("case", "families", "options"),
    [
        (USAGE, {TOKENS, SEARCHES}, {"recent": "6h", "page_size": 17}),
        (COST, {DOLLARS}, {"recent": "1d", "page_size": 2}),
    ],
    ids=lambda value: getattr(value, "stream", None),
)
async def test_what_is_counted_is_the_truth_to_the_last_digit(
    case: Case, families: set[str], options: dict[str, Any], tmp_path: Path
) -> None:
    """Three days, with reports that lack buckets for a while; of each family all that ever was, less debts."""
    async with SimulatedAccount(case, tmp_path, model_use_counts, **options) as account:
        withheld = iter([None] * 4 + [account.clock.now - HOUR] * 3 + [None] * 99)
        async for _ in account.work(3 * DAY, 5 * HOUR):
            account.world.model_usage.withheld_since = next(withheld)
        # What was too new, and what is corrected in the next two days.
        account.world.quiet(account.clock.now)
        for _ in range(3):
            await account.poll(after=LATEST / 2)
        counted, true = await account.counted(), account.truth()
        assert {name: counted[name] for name in families} == {name: true[name] for name in families}
        assert all(true[name] for name in families)
        assert account.status.corrections > 0
        assert {request.method for request in account.vendor.requests} == {"GET"}
        if case is COST:
            assert counted["assistant_cost_usd_total"] == true[DOLLARS]
        else:
            assert counted["assistant_tokens_total"] == true[TOKENS]
