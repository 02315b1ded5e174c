"""A bill checked: what was counted day by day is the invoice, to the last digit."""

from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR, Window
from exporter.simulator.world.billing import COST_CENTERS, Sku, UsageItem
from exporter.simulator.world.billing_truth import billing_counts
from tests.streams.github.billing_usage.case import CASE as BILLING_USAGE
from tests.streams.github.usage_reports.case import CASE as USAGE_REPORTS
from tests.streams.harness import unix
from tests.streams.simulated import Simulated

FIRST = "2026-01-01T00:00:00Z"
START, END = int(unix(FIRST)), int(unix("2026-02-01T00:00:00Z"))
LINUX = Sku("actions", "actions_linux", "minutes", Decimal("0.006"))
ENTERPRISE = {"org": None, "enterprise": "acme"}


def late_posting(day: int) -> UsageItem:
    """A line posted at the very end of the fifth day after its own."""
    posted = day + 6 * DAY - 1
    return UsageItem(
        day, posted, LINUX, Decimal("1234.56"), Decimal(0), "acme", "acme/api", COST_CENTERS[0]
    )


def credit_note(day: int, dollars: str) -> UsageItem:
    """More than the day's use is taken back, three days after it."""
    posted = day + 4 * DAY
    line = UsageItem(
        day, posted, LINUX, Decimal(0), Decimal(0), "acme", "acme/api", COST_CENTERS[0]
    )
    return line.credit(Decimal(dollars), posted)


def by_product(run: Simulated, metric: str) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for labels, value in run.exact(metric).items():
        product = labels.split('product="')[1].split('"')[0]
        sums[product] += value
    return dict(sums)


async def net_of_debts(run: Simulated, metric: str) -> dict[tuple[str, ...], Decimal]:
    """What each counter stands for: less what was taken back and is not grown over."""
    ledger = (await run.state()).ledger
    found = {
        key[1]: Decimal(series.counter - series.debt - series.moved)
        for key, series in ledger.items()
        if key[0] == metric
    }
    return {labels: value for labels, value in found.items() if value}


def truth(run: Simulated) -> dict[str, dict[tuple[str, ...], Decimal]]:
    """What the world says of the month, by family and labels."""
    families: defaultdict[str, defaultdict[tuple[str, ...], Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for name, labels, value in billing_counts(run.world.billing, Window(START, END), 10**12):
        families[name][tuple(text for _, text in labels)] += value
    return {name: {k: v for k, v in sums.items() if v} for name, sums in families.items()}


def trouble(run: Simulated) -> None:
    """One posting five days late, one credit note of more than was used that day."""
    run.world.billing.inject(
        [late_posting(START + 4 * DAY), credit_note(START + 8 * DAY, "61.2345")]
    )
    run.world.billing.quiet(END)


@pytest.mark.parametrize("cost_centers", ["auto", "off"])
async def test_the_daily_counters_of_a_month_are_the_invoice(
    tmp_path: Path, cost_centers: str
) -> None:
    """Late lines, a negative day and a restart: the sum is exact, and no counter ever fell."""
    options = {"cost_centers": cost_centers}
    async with Simulated(
        BILLING_USAGE,
        tmp_path,
        first=FIRST,
        now="2026-01-01T05:00:00Z",
        target=ENTERPRISE,
        options=options,
    ) as run:
        trouble(run)
        before: dict[str, Decimal] = {}
        corrections = 0
        while run.clock.now < END + 7 * DAY:
            await run.poll(after=DAY)
            assert run.status.state in (State.OK, State.EMPTY), run.status.reason
            shown = run.exact("github_billing_net_usd_total")
            assert all(value <= shown[labels] for labels, value in before.items())
            before = shown
            if run.clock.now < END:
                _month_to_date(run)
            if 8 * DAY < run.clock.now - START < 16 * DAY:
                corrections += run.status.corrections
                await run.restart()
        invoice = run.world.billing.invoice(2026, 1)
        assert corrections > 0
        assert by_product(run, "github_billing_net_usd_total") == invoice
        assert sum(run.exact("assistant_cost_usd_total").values()) == invoice["copilot"]
        for family in ("gross_usd", "discount_usd", "net_usd", "quantity"):
            name = f"github_billing_{family}_total"
            counted, expected = await net_of_debts(run, name), truth(run)[name]
            if cost_centers == "off":
                expected = without_organization(expected)
            assert counted == expected


def without_organization(
    sums: dict[tuple[str, ...], Decimal],
) -> dict[tuple[str, ...], Decimal]:
    """The summary does not tell whose use it was."""
    found: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for (product, sku, _, *unit), value in sums.items():
        found[product, sku, "", *unit] += value
    return dict(found)


def _month_to_date(run: Simulated) -> None:
    posted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in run.world.billing.items(START, END, run.clock.now):
        posted[item.sku.product] += item.net
    shown = by_product(run, "github_billing_month_net_usd")
    # Polling takes moments, in which lines are posted.
    assert set(shown) == set(posted)
    for product, value in shown.items():
        assert abs(value - posted[product]) < 5


async def test_the_exports_of_a_month_are_the_invoice(tmp_path: Path) -> None:
    """Created day by day, waited for across restarts, one at a time, never twice: exact in the end."""
    async with Simulated(
        USAGE_REPORTS,
        tmp_path,
        first=FIRST,
        now="2026-01-01T06:00:00Z",
        options={"create": True},
    ) as run:
        trouble(run)
        run.world.exports.processing_seconds = 5 * HOUR
        polls = 0
        while run.clock.now < END + 14 * DAY:
            await run.poll(after=6 * HOUR)
            assert run.status.state in (State.OK, State.EMPTY), run.status.reason
            polls += 1
            if polls % 4 == 2:
                await run.restart()
        made = run.world.exports.all(run.clock.now)
        assert len(run.vendor.made("POST")) == len(made)
        for report_type in ("summarized", "ai_credit", "premium_request"):
            times = sorted(one.created for one in made if one.report_type == report_type)
            assert len(times) > 30
            assert all(b - a >= DAY for a, b in pairwise(times))
        ranges = sorted((one.created, one.ready) for one in made)
        assert all(a[1] <= b[0] for a, b in pairwise(ranges))

        assert by_product(run, "github_usage_report_net_usd_total") == (
            run.world.billing.invoice(2026, 1)
        )
        expected = truth(run)
        checked = 0
        for metric in run.stream.metrics:
            if metric.name in expected:
                assert await net_of_debts(run, metric.name) == expected[metric.name], metric.name
                checked += 1
        assert checked == 9
