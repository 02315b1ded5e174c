"""Cents as texts, credits, and what is revised: exact to the last digit."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exporter.client.errors import State
from exporter.model import DAY
from exporter.streams.dates import iso
from tests.streams.anthropic.cost.case import CASE
from tests.streams.harness import Pipeline, unix

DOLLARS = "anthropic_cost_usd_total"
TODAY = 2
"""The place of the open day in the fixture."""


def line(amount: Any, **more: Any) -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": "USD",
        "description": "Claude Example 5 Usage - Output Tokens",
        "cost_type": "tokens",
        "model": "claude-example-5",
        "token_type": "output_tokens",
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": "global",
        "workspace_id": None,
        **more,
    }


def today(run: Pipeline, *lines: dict[str, Any]) -> None:
    """Let the bill have these lines only, today."""
    for day in run.vendor.bodies["cost"]["data"]:
        day["results"] = []
    run.vendor.bodies["cost"]["data"][TODAY]["results"] = list(lines)


async def counted(run: Pipeline) -> Decimal:
    """All that is counted, less debts."""
    ledger = (await run.state()).ledger.items()
    return sum(
        (Decimal(each.counter - each.debt) for (name, _), each in ledger if name == DOLLARS),
        Decimal(0),
    )


@pytest.mark.parametrize("number", [1, 3])
async def test_cents_become_dollars_without_a_float(number: int, tmp_path: Path) -> None:
    """Neither a ten millionth of a cent nor a large bill loses a digit, however often they are added."""
    cents = Decimal("123456789012.1000001")
    async with Pipeline(CASE, tmp_path) as run:
        today(run, *(line(str(cents), workspace_id=f"wrkspc_{n}") for n in range(number)))
        await run.poll()
        assert await counted(run) == cents * number / 100


async def test_a_number_is_as_good_as_a_text(tmp_path: Path) -> None:
    """Another report of Anthropic's has JSON numbers."""
    async with Pipeline(CASE, tmp_path) as run:
        today(run, line(0.1), line("0.2"))
        await run.poll()
        assert await counted(run) == Decimal("0.003")


async def test_a_credit_takes_off_what_was_charged(tmp_path: Path) -> None:
    """The counter does not fall: the next charge first pays for the credit."""
    async with Pipeline(CASE, tmp_path) as run:
        labels = ("default", "claude-example-5", "tokens", "output")
        for lines, shown, total in (
            ([line("500")], 5, "5"),
            ([line("500"), line("-200")], 5, "3"),
            ([line("600"), line("-200")], 5, "4"),
            ([line("800"), line("-200")], 6, "6"),
        ):
            today(run, *lines)
            await run.poll(after=3_600)
            assert run.value(DOLLARS, *labels) == shown
            assert await counted(run) == Decimal(total)
        assert run.status.state is State.OK


async def test_another_currency_is_no_dollar(tmp_path: Path) -> None:
    """It costs its row only, and is told."""
    async with Pipeline(CASE, tmp_path) as run:
        today(run, line("500"), line("700", currency="EUR"))
        await run.poll()
        assert await counted(run) == 5
        assert run.status.rejected == {"currency": 1}


async def test_a_day_that_did_not_come_is_no_zero(tmp_path: Path) -> None:
    """What was counted of it stays; a day without lines takes it back."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        before = await counted(run)
        days = run.vendor.bodies["cost"]["data"]
        first, days[0] = days[0], {**days[0], "starting_at": "2020-01-01T00:00:00Z"}
        await run.poll(after=3_600)
        assert (await counted(run), run.status.corrections) == (before, 0)
        days[0] = {**first, "results": []}
        await run.poll(after=3_600)
        assert await counted(run) < before
        assert run.status.corrections > 0


async def test_old_days_are_read_again_once_a_day(tmp_path: Path) -> None:
    """Each poll reads the last three days, one poll a day what is older; `check` says as many requests."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["cost"]["data"] = [empty(day) for day in range(-40, 5)]
        begins: list[str] = []
        for number in range(2 * 24 + 1):
            await run.poll(after=3_600 if number else 0)
            begins += [r.url.params["starting_at"][:10] for r in run.vendor.requests[len(begins) :]]
        older = [begin for begin in begins if begin < "2026-11-01"]
        first, second, third = "2026-10-27", "2026-10-28", "2026-10-29"
        # The first read has two pages, and is of all days at once.
        assert older == [first, first, second, third]
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert len(begins) == pytest.approx(48 * cost.requests + 2, abs=1)


def empty(day: int) -> dict[str, Any]:
    """A day without lines, so many days after the fixture's."""
    start = unix("2026-11-27T00:00:00Z") + day * DAY
    return {"starting_at": iso(start), "ending_at": iso(start + DAY), "results": []}
