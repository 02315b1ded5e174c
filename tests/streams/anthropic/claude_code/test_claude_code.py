"""Claude Code's rows: actors, estimates, repeated rows, days that are due, and a report that stays empty."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from exporter.preflight.doctor.finding import Level
from exporter.streams import common_metrics
from exporter.vendors.anthropic.claude_code.metrics import METRICS
from tests.doctor.world import asked, of_stream, target
from tests.streams.anthropic.claude_code.case import CASE
from tests.streams.harness import Pipeline, Route, answer, unix

FAMILY = "anthropic_claude_code"
SESSIONS, COST = f"{FAMILY}_sessions_total", f"{FAMILY}_estimated_cost_usd_total"
ACTIVE = f"{FAMILY}_active_actors"
WHERE = ("api", "vscode", "false")
YESTERDAY = "2026-11-25"


def row(name: str = "a@x.example", day: str = YESTERDAY, **more: Any) -> dict[str, Any]:
    found = {
        "date": f"{day}T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": name},
        "customer_type": "api",
        "terminal_type": "vscode",
        "is_remote": False,
        "core_metrics": {
            "num_sessions": 1,
            "lines_of_code": {"added": 5, "removed": 2},
            "commits_by_claude_code": 0,
            "pull_requests_by_claude_code": 0,
        },
    }
    return found | more


def used(model: str, cents: Decimal, currency: str = "USD") -> dict[str, Any]:
    tokens = dict.fromkeys(("input", "output", "cache_read", "cache_creation"), 1)
    cost = {"amount": float(cents), "currency": currency}
    return {"model": model, "tokens": tokens, "estimated_cost": cost}


def tell(run: Pipeline, *rows: dict[str, Any]) -> None:
    run.vendor.bodies["claude_code"]["data"] = list(rows)


def days_asked(run: Pipeline) -> list[str]:
    """The days that were asked for since the last look."""
    found = [request.url.params["starting_at"] for request in run.vendor.requests]
    run.vendor.requests.clear()
    return found


async def test_actors_are_counted_and_not_rows(tmp_path: Path) -> None:
    """At two terminals, also where the address is written in other letters; keys are no people."""
    key = {"type": "api_actor", "api_key_name": "ci"}
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row(), row("A@x.example", terminal_type="tmux"), row("b"), row("-", actor=key))
        await run.poll()
        assert run.values(ACTIVE) == {("user",): 2, ("api_key",): 1}
        assert run.value("assistant_daily_active_users") == 2
        assert sum(run.values(SESSIONS).values()) == 4


async def test_an_estimate_is_exact_and_never_a_cost(tmp_path: Path) -> None:
    """Cents are JSON numbers that no float holds; no family of money is fed with them."""
    assert not {common_metrics.COST, common_metrics.TOKENS}.intersection(METRICS)
    async with Pipeline(CASE, tmp_path) as run:
        cents = [Decimal("0.1"), Decimal("0.2"), Decimal("1025.000001")]
        tell(run, row(model_breakdown=[used("m", each) for each in cents]))
        await run.poll()
        [series] = [s for (name, _), s in (await run.state()).ledger.items() if name == COST]
        assert series.counter == Decimal("10.25300001")
        assert "assistant_cost_usd_total" not in run.page


async def test_an_estimate_in_another_currency_is_left_out(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row(model_breakdown=[used("m", Decimal(100)), used("n", Decimal(7), "EUR")]))
        await run.poll()
        assert run.status.state is State.OK
        assert run.values(COST) == {("m",): 1}
        assert dict(run.status.rejected) == {"currency": 1}


async def test_a_row_that_comes_again_counts_once(tmp_path: Path) -> None:
    """One that only looks like it counts: a team's and an organization's subscription of one person."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row(), row(), row(subscription_type="team"))
        await run.poll()
        assert run.value(SESSIONS, *WHERE) == 2


async def test_a_row_of_another_day_is_rejected(tmp_path: Path) -> None:
    """It would be counted in two days."""

    def misplaced(_: Route, response: httpx.Response) -> httpx.Response:
        body = response.json()
        return answer({**body, "data": [*body["data"], row(day="2026-11-01")]})

    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row())
        run.vendor.alter = misplaced
        await run.poll()
        assert run.value(SESSIONS, *WHERE) == 1
        assert set(run.status.rejected) == {"date"}


async def test_recent_days_are_read_by_each_poll_and_older_ones_once_a_day(tmp_path: Path) -> None:
    """As many requests as the plan says; a day is first asked for when it is an hour old."""
    options = {"recent": "1d", "lookback": "3d"}
    async with Pipeline(CASE, tmp_path, options=options, now="2026-11-26T23:30:00Z") as run:
        await run.poll()
        assert days_asked(run) == ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26"]
        await run.poll(after=HOUR)
        assert days_asked(run) == ["2026-11-25", "2026-11-26"]
        asked_for = 0
        for _ in range(24):
            await run.poll(after=HOUR)
            asked_for += len(days_asked(run))
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert asked_for == round(24 * cost.requests) == 50


async def test_a_quiet_day_is_a_zero_where_the_report_has_had_rows_lately(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row(day="2026-11-24"))
        await run.poll()
        assert run.values(ACTIVE) == {("user",): 0, ("api_key",): 0}
        assert (run.status.state, run.status.reason) == (State.OK, "")


async def test_a_report_that_stays_empty_is_told_and_no_zero(tmp_path: Path) -> None:
    """From the start, or from a week after its last row on; the first row ends it."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run)
        await run.poll()
        assert run.status.state is State.EMPTY
        assert "Anthropic tells of nobody; people with subscriptions can be" in run.status.reason
        assert run.page == ""
        tell(run, row())
        await run.poll(after=HOUR)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        await run.poll(after=7 * DAY)
        assert f"Anthropic tells of nobody after {YESTERDAY};" in run.status.reason
        assert run.values(ACTIVE) == {}
        assert run.value("assistant_daily_active_users") is None
        assert run.value(SESSIONS, *WHERE) == 1


@pytest.mark.parametrize(
    ("now", "day", "rows", "level"),
    [
        ("2026-11-26T12:00:00Z", YESTERDAY, [row()], Level.OK),
        ("2026-11-26T12:00:00Z", YESTERDAY, [], Level.WARN),
        ("2026-11-30T12:00:00Z", "2026-11-27", [], Level.WARN),
    ],
    ids=["somebody", "nobody", "after a weekend"],
)
async def test_the_doctor_warns_of_a_working_day_without_anybody(
    now: str, day: str, rows: list[Any], level: Level, tmp_path: Path
) -> None:
    """With what to do; days off are passed over."""
    requests: list[httpx.Request] = []

    def told(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer({"data": rows, "has_more": False, "next_page": None})

    others = {"organization": {"enabled": False}}
    configured = target("anthropic", tmp_path, "sk-ant-admin01-x", streams=others)
    found = of_stream(await asked(configured, told, now=unix(now)), "claude_code")
    [request] = [each for each in requests if each.url.path.endswith("claude_code")]
    assert dict(request.url.params) == {"starting_at": day, "limit": "1"}
    assert found.level is level
    if level is Level.WARN:
        assert found.message == f"works, and has nobody on {day}"
        assert "the stream enterprise" in str(found.remedy)


async def test_people_and_keys_are_named_on_request(tmp_path: Path) -> None:
    key = {"type": "api_actor", "api_key_name": "ci"}
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN) as run:
        tell(run, row(model_breakdown=[used("m", Decimal(250))]), row("-", actor=key))
        await run.poll()
        lines = f"{FAMILY}_user_lines_total"
        assert run.value(lines, "a@x.example", "user", "added") == 5
        assert run.value(lines, "ci", "api_key", "removed") == 2
        assert run.value(f"{FAMILY}_user_estimated_cost_usd_total", "a@x.example", "user") == 2.5
