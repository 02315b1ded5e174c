"""What is odd about Tabnine's usage: two versions, ratios, days that are missing, an agent that may be."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import SchemaError, State
from exporter.model import DAY, HOUR, Window
from exporter.streams.payload import decode
from exporter.vendors.tabnine.usage.api import days
from exporter.vendors.tabnine.usage.records import Usage
from tests.streams.harness import Pipeline, answer, unix
from tests.streams.tabnine.usage.case import CASE

USAGE, AGENT = "/api/v1/organization/usage", "/api/v1/organization/agent-usage"
COMPLETIONS = "tabnine_completions_total"
UUID = "5f0c2a7e-1b7d-4c0e-9a51-3f2d6f0e8a10"
MODEL = "3c9b6f1e-4d2a-4a7b-9c10-0000000000a1"

SOURCED = {
    "activeUsers": 131,
    "productivityFactor": 0.433,
    "codeCompletions": {
        "activeUsers": 75,
        "completions": 7_104,
        "charsCompleted": 617_672,
        "keystrokes": 831_400,
        "lines": 21_848,
        "automationFactor": 0.426,
    },
    "chat": {
        "activeUsers": 128,
        "interactions": 31_336,
        "usefulChatInteractions": 17_411,
        "lines": 38_495,
        "charsCompleted": 16_577,
        "chatConsumptionRate": 0.556,
    },
}
"""The one full example that the vendor gives."""


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ends(start: str, length: int = DAY) -> dict[str, str]:
    return {"from": start, "to": at(unix(start) + length)}


def bucket(day: str, completions: int = 10, **more: Any) -> dict[str, Any]:
    blocks = {"activeUsers": 3, "codeCompletions": {"activeUsers": 2, "completions": completions}}
    return ends(f"{day}T00:00:00Z") | blocks | more


def fill(run: Pipeline, *rows: dict[str, Any], of: str = "usage") -> None:
    run.vendor.bodies[of]["usage"]["data"] = list(rows)


def pipeline(tmp_path: Path, **more: Any) -> Pipeline:
    return Pipeline(CASE, tmp_path, **more)


def body(start: str, end: str, granularity: str, *rows: dict[str, Any]) -> Usage:
    """An answer of the usage API as a typed record."""
    whole = {
        "organizationId": UUID,
        "from": start,
        "to": end,
        "usage": {"granularity": granularity, "data": rows},
    }
    return decode(answer(whole).content, Usage, USAGE)


async def test_the_vendor_s_ratios_follow_from_the_counters(tmp_path: Path) -> None:
    """On the sourced example all three agree to three digits: what is counted is what they divide."""
    async with pipeline(tmp_path) as run:
        fill(run, ends("2026-01-06T00:00:00Z") | SOURCED)
        await run.poll()

        def counted(name: str) -> float:
            value = run.value(f"tabnine_{name}_total")
            assert value is not None
            return value

        completed, typed = counted("completion_characters"), counted("keystrokes")
        chat = counted("chat_characters")
        expected = {
            "automation_factor_ratio": completed / (completed + typed),
            "chat_consumption_ratio": (
                counted("chat_useful_interactions") / counted("chat_interactions")
            ),
            "productivity_factor_ratio": (completed + chat) / (completed + chat + typed),
        }
        for name, ratio in expected.items():
            assert run.value(f"tabnine_{name}") == round(ratio, 3)


@pytest.mark.parametrize(
    ("start", "end", "own", "expected"),
    [
        ("2026-01-05", "2026-01-06", [("2026-01-06", "2026-01-06")], ["2026-01-05"]),
        ("2026-01-05", "2026-01-08", [("2026-01-06", "2026-01-06")], ["2026-01-06"]),
        (
            "2026-01-05",
            "2026-01-08",
            [("2026-01-05", "2026-01-06"), ("2026-01-06", "2026-01-07")],
            ["2026-01-05", "2026-01-06"],
        ),
        ("2026-01-05", "2026-01-08", [("2026-01-06", "2026-01-07")] * 2, ["2026-01-06"]),
        (
            "2026-03-28",
            "2026-03-31",
            [("2026-03-29", "2026-03-29T23:00"), ("2026-03-29T23:00", "2026-03-30T23:00")],
            ["2026-03-29", "2026-03-29"],
        ),
    ],
    ids=["one day without length", "day of many", "days", "given twice", "two in one UTC day"],
)
def test_which_day_a_bucket_is_of(
    start: str, end: str, own: list[tuple[str, str]], expected: list[str]
) -> None:
    """That of its own `from`, but where the bucket is the whole range and its own ends are no range."""
    found = body(start, end, "daily", *(SOURCED | {"from": a, "to": b} for a, b in own))
    starts = [day for day, _ in days(found, Window(0, 2**31), USAGE)]
    assert starts == [unix(f"{day}T00:00:00Z") for day in expected]


@pytest.mark.parametrize(
    ("granularity", "rows", "problem"),
    [
        ("monthly", [bucket("2026-01-05")], r"\$\.usage\.granularity"),
        ("daily", [bucket("2026-01-05"), bucket("2026-01-05", 11)], "two buckets begin at"),
        ("daily", [SOURCED | {"from": "2026-01-08", "to": "2026-01-08"}], "where the range ends"),
    ],
    ids=["months", "two figures", "no length"],
)
def test_an_answer_that_is_not_by_day_is_refused(
    granularity: str, rows: list[dict[str, Any]], problem: str
) -> None:
    """Which day such a total belongs to cannot be known."""
    found = body("2026-01-05T00:00:00Z", "2026-01-08T00:00:00Z", granularity, *rows)
    with pytest.raises(SchemaError, match=problem) as caught:
        days(found, Window(0, 2**31), USAGE)
    assert str(caught.value).startswith(USAGE)


async def test_days_are_asked_for_in_whole_seconds(tmp_path: Path) -> None:
    """From the first day of the lookback up to now, with a `Z`; fractions are refused."""
    async with pipeline(tmp_path) as run:
        run.clock.now += 0.75
        await run.poll()
        for path in (USAGE, AGENT):
            [request] = run.vendor.asked(path)
            assert dict(request.url.params) == {
                "organizationId": UUID,
                "from": "2025-12-31T00:00:00Z",
                "to": "2026-01-07T12:00:00Z",
                "granularity": "daily",
            }


async def test_a_configured_organization_is_not_asked_for(tmp_path: Path) -> None:
    """It saves a request a poll, and the id is used as it stands."""
    async with pipeline(tmp_path, target={"organization_id": "my-own"}) as run:
        await run.poll()
        assert not run.vendor.asked("/organization")
        assert run.vendor.asked(USAGE)[0].url.params["organizationId"] == "my-own"


async def test_a_401_about_the_organization_does_not_blame_the_token(tmp_path: Path) -> None:
    """The reason names the setting that is wrong."""
    message = {"error": "unauthorized", "message": "Unauthorized: Invalid organization."}
    async with pipeline(tmp_path, target={"organization_id": "wrong"}) as run:
        run.vendor.fail(lambda: httpx.Response(401, json={**message, "status": 401}))
        await run.poll()
        assert run.status.state is State.UNAUTHORIZED
        assert "organization_id is wrong" in run.status.reason
        assert "not of the token" in run.status.reason


async def test_today_moves_and_yesterday_is_the_gauge(tmp_path: Path) -> None:
    """The open day counts at once; people are those of the newest day that is settled."""
    async with pipeline(tmp_path) as run:
        fill(run, bucket("2026-01-06", activeUsers=5), bucket("2026-01-07", 20, activeUsers=1))
        await run.poll()
        assert run.value(COMPLETIONS) == 30
        assert run.value("tabnine_active_users") == 5
        assert run.status.data_until == unix("2026-01-07T00:00:00Z")
        fill(run, bucket("2026-01-06", activeUsers=5), bucket("2026-01-07", 26, activeUsers=9))
        await run.poll(after=900)
        assert run.value(COMPLETIONS) == 36
        assert run.value("assistant_daily_active_users") == 5
        await run.poll(after=DAY)
        assert run.value("tabnine_active_users") == 9


async def test_a_day_that_is_missing_had_nobody(tmp_path: Path) -> None:
    """By default a gap is a zero: nobody was active, what was counted is corrected, no ratio is known."""
    async with pipeline(tmp_path) as run:
        fill(run, bucket("2026-01-05"), bucket("2026-01-06", productivityFactor=0.4))
        await run.poll()
        assert run.value("tabnine_productivity_factor_ratio") == 0.4
        fill(run, bucket("2026-01-05"))
        await run.poll()
        assert run.status.corrections == 2  # its completions, and the assistant's acceptances
        assert run.value("tabnine_active_users") == 0
        assert run.value("tabnine_completion_active_users") == 0
        assert run.value("tabnine_productivity_factor_ratio") is None
        fill(run, bucket("2026-01-05"), bucket("2026-01-06", 14))
        await run.poll()
        assert run.value(COMPLETIONS) == 24


async def test_a_day_that_is_missing_can_be_unknown(tmp_path: Path) -> None:
    """`missing_days: unknown` leaves what was counted as it is, and shows no gauge of that day."""
    async with pipeline(tmp_path, options={"missing_days": "unknown"}) as run:
        fill(run, bucket("2026-01-05"), bucket("2026-01-06"))
        await run.poll()
        fill(run, bucket("2026-01-05", 12))
        await run.poll()
        assert run.status.corrections == 0
        assert run.value(COMPLETIONS) == 22
        assert run.value("tabnine_active_users") is None


async def test_two_days_that_begin_in_one_utc_day_add_up(tmp_path: Path) -> None:
    """When a clock goes forward, the days of London begin at 00:00 and at 23:00 of one UTC day."""
    async with Pipeline(CASE, tmp_path, now="2026-03-29T12:00:00Z") as run:
        shorter = bucket("2026-03-29") | ends("2026-03-29T00:00:00Z", 23 * HOUR)
        agent = {"activeUsers": 1, "totalCost": 2}
        fill(run, shorter)
        fill(run, {**ends("2026-03-29T00:00:00Z", 23 * HOUR), **agent}, of="agent_usage")
        await run.poll()
        assert run.value(COMPLETIONS) == 10
        fill(run, shorter, bucket("2026-03-29", 7) | ends("2026-03-29T23:00:00Z"))
        fill(
            run,
            {**ends("2026-03-29T00:00:00Z", 23 * HOUR), **agent},
            {**ends("2026-03-29T23:00:00Z"), **agent},
            of="agent_usage",
        )
        for _ in range(5):
            await run.poll(after=DAY)
            assert run.status.state is State.OK
            assert run.value(COMPLETIONS) == 17
            assert run.value("tabnine_agent_cost_usd_total", "other") == 4
        assert run.status.corrections == 0


async def test_an_odd_day_of_a_vendor_with_local_days_costs_that_day(tmp_path: Path) -> None:
    """Its days begin at 22:00 UTC, and one of forty is there twice with different figures, for good."""
    first = int(unix("2026-01-07T22:00:00Z"))
    options = {"agent_usage": "off"}
    async with Pipeline(CASE, tmp_path, now="2026-01-07T23:00:00Z", options=options) as run:
        for number in range(40):
            starts = [at(first + day * DAY) for day in range(number + 1)]
            rows = [bucket("2026-01-01", 10) | ends(start) for start in starts]
            if number >= 20:
                rows.append(bucket("2026-01-01", 99) | ends(starts[20]))
            fill(run, *rows)
            for _ in range(4):
                await run.poll(after=6 * HOUR)
        assert run.value(COMPLETIONS) == 390
        assert run.status.state is State.OK
        assert run.status.reason.startswith("2026-01-27 is left out and asked for again every day")
        fill(run, *rows[:-1])
        for _ in range(5):
            await run.poll(after=6 * HOUR)
        assert (run.value(COMPLETIONS), run.status.state, run.status.reason) == (400, State.OK, "")
        assert run.status.corrections == 0


@pytest.mark.parametrize("of", ["totalCost", "cost"])
async def test_a_negative_cost_of_the_agent_is_an_odd_row(of: str, tmp_path: Path) -> None:
    """It costs its row, is told, and takes nothing back."""
    async with pipeline(tmp_path) as run:
        day = ends("2026-01-05T00:00:00Z") | {"activeUsers": 1, "totalCost": 2}
        models = {"modelBreakdown": [{"model": MODEL, "cost": 2}]}
        sound = [day | models | ends(f"2026-01-0{number}T00:00:00Z") for number in (4, 5)]
        fill(run, *sound, of="agent_usage")
        await run.poll()
        before = run.value("tabnine_agent_cost_usd_total", MODEL)
        assert before == 4
        odd = (
            {"totalCost": -1}
            if of == "totalCost"
            else {"modelBreakdown": [{"model": MODEL, "cost": -1}]}
        )
        fill(run, sound[0], sound[1] | odd, of="agent_usage")
        await run.poll()
        assert run.status.rejected.total() == 1
        assert run.value("tabnine_agent_cost_usd_total", MODEL) == before


@pytest.mark.parametrize(
    "odd", [{"activeUsers": None}, {"codeCompletions": {"completions": -1}}, {"to": "yesterday"}]
)
async def test_a_day_that_cannot_be_read_is_not_taken_back(
    odd: dict[str, Any], tmp_path: Path
) -> None:
    """It is rejected and told; the other days count, and what was counted of it stays."""
    async with pipeline(tmp_path) as run:
        fill(run, bucket("2026-01-05"), bucket("2026-01-06"))
        await run.poll()
        fill(run, bucket("2026-01-05") | odd, bucket("2026-01-06", 14))
        await run.poll()
        assert run.status.state is State.OK
        assert sum(run.status.rejected.values()) == 1
        assert (run.value(COMPLETIONS), run.status.corrections) == (24, 0)
        fill(run, bucket("2026-01-05", 11), bucket("2026-01-06", 14))
        await run.poll()
        assert run.value(COMPLETIONS) == 25


async def test_v2_has_other_names_for_the_same(tmp_path: Path) -> None:
    """Messages and lines added count where v1 has interactions and lines; v2 has no ratios."""
    row = bucket(
        "2026-01-06",
        chat={
            "activeUsers": 2,
            "messages": 170,
            "linesAdded": 610,
            "models": [{"model": MODEL, "messages": 150, "uniqueUsers": 2, "inputTokens": 7}],
        },
        agent={"activeUsers": 1, "messages": 310, "linesAdded": 20, "linesAddedAccepted": 19},
        ides="vscode",
        languages=None,
    )
    async with pipeline(tmp_path, target={"api_version": "v2"}) as run:
        fill(run, row)
        await run.poll()
        assert (run.status.state, run.status.drift) == (State.OK, {})
        assert not run.vendor.asked(USAGE)
        assert run.vendor.asked("/api/v2/organization/usage")
        assert run.value("tabnine_chat_interactions_total") == 170
        assert run.value("tabnine_chat_lines_total") == 610
        assert run.value("tabnine_agent_interactions_total") == 310
        assert run.value("tabnine_agent_lines_added_accepted_total") == 19
        assert run.values("tabnine_model_messages_total") == {
            ("chat", MODEL): 150,
            ("chat", "other"): 20,
        }
        assert run.value("tabnine_model_tokens_total", "chat", MODEL, "input") == 7
        assert run.value("tabnine_productivity_factor_ratio") is None


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("wanted", ["auto", "on"])
async def test_an_installation_without_agent_usage(
    wanted: str, status: int, tmp_path: Path
) -> None:
    """Whatever it answers, the rest keeps counting; `on` shows the refusal as the stream's state."""
    states = {403: State.FORBIDDEN, 404: State.NOT_FOUND, 500: State.UNAVAILABLE}
    body = {"error": "FEATURE_NOT_AVAILABLE", "message": "The Agent feature is not licensed."}
    async with pipeline(tmp_path, options={"agent_usage": wanted}) as run:
        await run.poll()
        cost, completions = run.value("assistant_cost_usd_total"), run.value(COMPLETIONS)
        run.vendor.bodies["agent_usage"] = {"status": status, "body": body}
        run.vendor.bodies["usage"]["usage"]["data"][0]["codeCompletions"]["completions"] += 6
        await run.poll()
        assert run.status.state is (State.OK if wanted == "auto" else states[status])
        assert run.value(COMPLETIONS) == (completions or 0) + 6
        assert run.value("assistant_cost_usd_total") == cost
        assert run.value("tabnine_agent_usage_available") == 0
        assert run.status.corrections == 0


async def test_agent_usage_can_be_left_alone(tmp_path: Path) -> None:
    """`off` asks nothing and shows nothing of it."""
    async with pipeline(tmp_path, options={"agent_usage": "off"}) as run:
        await run.poll()
        assert not run.vendor.asked(AGENT)
        assert run.values("tabnine_agent_cost_usd_total") == {}
        assert run.value("tabnine_agent_usage_available") is None


async def test_what_the_models_leave_out_of_the_total_is_other(tmp_path: Path) -> None:
    """Tokens have one kind each, and the models add up to the total; cost is exact."""
    row = {
        **ends("2026-01-06T00:00:00Z"),
        "activeUsers": 2,
        "totalTokensConsumed": 1_000,
        "totalInputTokens": 700,
        "totalOutputTokens": 200,
        "totalCost": 0.3,
        "modelBreakdown": [
            {
                "model": MODEL,
                "tokensConsumed": 800,
                "inputTokens": 600,
                "outputTokens": 150,
                "cost": 0.1,
            }
        ],
    }
    async with pipeline(tmp_path) as run:
        fill(run, row, of="agent_usage")
        await run.poll()
        tokens = run.values("tabnine_agent_tokens_total")
        assert tokens == {
            (MODEL, "input"): 600,
            (MODEL, "output"): 150,
            (MODEL, "other"): 50,
            ("other", "input"): 100,
            ("other", "output"): 50,
            ("other", "other"): 50,
        }
        assert sum(tokens.values()) == 1_000
        assert run.values("tabnine_agent_cost_usd_total") == {(MODEL,): 0.1, ("other",): 0.2}
        assert 'tabnine_agent_cost_usd_total{account="acme",model="other"} 0.2\n' in run.page


async def test_what_an_installation_has_never_shown_starts_at_a_baseline(tmp_path: Path) -> None:
    """An old installation has no agent block; after its upgrade the past is not counted at once."""
    async with pipeline(tmp_path, count_history=False, options={"agent_usage": "off"}) as run:
        fill(run, bucket("2026-01-06"))
        await run.poll()
        assert run.values("tabnine_agent_interactions_total") == {}
        agent = {"interactions": 500}
        fill(run, bucket("2026-01-06", agent=agent))
        await run.poll()
        assert run.value("tabnine_agent_interactions_total") == 0
        fill(run, bucket("2026-01-06", agent={"interactions": 507}))
        await run.poll()
        assert run.value("tabnine_agent_interactions_total") == 7
