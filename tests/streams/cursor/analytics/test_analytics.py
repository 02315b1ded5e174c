"""What an answer tells of days without rows, what a refusal costs, and names that people type."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.config.file import parse
from exporter.model import DAY, Window
from exporter.poll.transform.privacy import Users
from exporter.vendors.cursor.analytics import days
from exporter.vendors.cursor.analytics.parts import DAILY
from tests.streams.cursor.analytics.case import CASE
from tests.streams.harness import Pipeline, unix
from tests.streams.odd_rows import Fails

OTHERS = {part.option: False for part in DAILY}
MCP = {**OTHERS, "mcp": True, "conversation_insights": (), "lookback": "7d"}
CALLS = "cursor_mcp_calls_total"


def call(date: str, usage: int, server: str = "tickets", tool: str = "search") -> dict[str, Any]:
    return {"event_date": date, "mcp_server_name": server, "tool_name": tool, "usage": usage}


def tell(run: Pipeline, *rows: dict[str, Any]) -> None:
    run.vendor.bodies["mcp"]["data"] = list(rows)


async def test_a_missing_day_of_the_last_two_changes_nothing(tmp_path: Path) -> None:
    """Cursor has not built it yet: what was counted stays, and no correction is told."""
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, call("2026-01-05", 10), call("2026-01-06", 5), call("2026-01-07", 2))
        await run.poll()
        assert run.value(CALLS, "tickets", "search") == 17
        tell(run, call("2026-01-05", 10))
        await run.poll()
        assert (run.value(CALLS, "tickets", "search"), run.status.corrections) == (17, 0)
        tell(run, call("2026-01-05", 10), call("2026-01-06", 5), call("2026-01-07", 3))
        await run.poll()
        assert run.value(CALLS, "tickets", "search") == 18


async def test_a_missing_day_is_a_zero_once_a_later_one_is_told(tmp_path: Path) -> None:
    """And an older one in any case."""
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, call("2026-01-04", 4), call("2026-01-06", 5))
        await run.poll()
        tell(run, call("2026-01-07", 1))
        await run.poll()
        assert run.status.corrections == 2
        # Nine were taken back, and one came.
        assert run.value(CALLS, "tickets", "search") == 9
        tell(run, call("2026-01-04", 4), call("2026-01-06", 5), call("2026-01-07", 2))
        await run.poll()
        assert run.value(CALLS, "tickets", "search") == 11


async def test_a_day_whose_row_cannot_be_read_is_not_taken_back(tmp_path: Path) -> None:
    """What is missing may be what was rejected."""
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, call("2026-01-04", 4), call("2026-01-05", 5))
        await run.poll()
        tell(run, {**call("2026-01-04", 4), "usage": "many"}, call("2026-01-05", 6))
        await run.poll()
        assert run.status.rejected == {"usage": 1}
        assert run.status.corrections == 0
        assert run.value(CALLS, "tickets", "search") == 10


@pytest.mark.parametrize("text", ["yesterday", "2026-00-01", ""])
async def test_a_row_of_no_day_is_left_out(text: str, tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, call(text, 4), call("2026-01-05", 5))
        await run.poll()
        assert run.status.rejected == {"event_date": 1}
        assert run.value(CALLS, "tickets", "search") == 5


async def test_an_address_in_a_name_is_a_person(tmp_path: Path) -> None:
    """By default it is nowhere, and what was done with it is in `other`; a scope is no address."""
    rows = [call("2026-01-05", 4, "jane.doe@example.org/db"), call("2026-01-05", 3, "@acme/db")]
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, *rows)
        await run.poll()
        assert run.values(CALLS) == {("other", "search"): 4, ("@acme/db", "search"): 3}
    (tmp_path / "plain").mkdir()
    async with Pipeline(CASE, tmp_path / "plain", options=MCP, users=Users.PLAIN) as run:
        tell(run, *rows)
        await run.poll()
        assert run.value(CALLS, "jane.doe@example.org/db", "search") == 4


async def test_names_without_end_are_folded(tmp_path: Path) -> None:
    """What does not fit is in `other`, and every use counts; what was suggested keeps its labels."""
    options = {**MCP, "agent_edits": True, "max_series": 20}
    async with Pipeline(CASE, tmp_path, options=options) as run:
        tell(run, *(call("2026-01-05", 1, f"server {number}") for number in range(500)))
        await run.poll()
        calls = run.values(CALLS)
        assert len(calls) <= 21
        assert sum(calls.values()) == 500
        assert calls["other", "other"] > 400
        assert set(run.values("cursor_agent_diffs_total")) == {
            ("accepted",),
            ("rejected",),
            ("undecided",),
        }


async def test_decisions_add_up_to_what_was_suggested(tmp_path: Path) -> None:
    """What is decided later is no new suggestion."""
    options = {**OTHERS, "agent_edits": True, "conversation_insights": ()}
    async with Pipeline(CASE, tmp_path, options=options) as run:
        [row, *_] = run.vendor.bodies["agent_edits"]["data"]
        run.vendor.bodies["agent_edits"]["data"] = [row]
        row.update(total_suggested_diffs=100, total_accepted_diffs=60, total_rejected_diffs=10)
        await run.poll()
        diffs = run.values("cursor_agent_diffs_total")
        assert diffs == {("accepted",): 60, ("rejected",): 10, ("undecided",): 30}
        row.update(total_accepted_diffs=70)
        await run.poll()
        assert sum(run.values("cursor_agent_diffs_total").values()) == 100


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-01-07T10:30:00Z", "2026-01-05"),
        ("2026-01-08T10:30:00Z", "2026-01-06"),
        ("2026-01-09T10:30:00Z", "nobody"),
    ],
)
async def test_gauges_are_of_the_newest_settled_day(now: str, day: str, tmp_path: Path) -> None:
    """Two days ago, or the day before one that is told; of a day without a row nobody was there."""
    async with Pipeline(CASE, tmp_path, now=now) as run:
        await run.poll()
        people = {"2026-01-05": 42, "2026-01-06": 38, "nobody": 0}[day]
        assert run.value("cursor_active_users", "all") == people


async def test_yesterday_is_shown_once_today_has_a_row(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        rows = run.vendor.bodies["dau"]["data"]
        rows.append({"date": "2026-01-07", "dau": 3})
        await run.poll()
        assert run.value("cursor_active_users", "all") == 38


async def test_gauges_need_no_lookback(tmp_path: Path) -> None:
    """The days of which they are shown are asked for in any case, and not counted."""
    options = {"lookback": "0s"}
    async with Pipeline(CASE, tmp_path, options=options) as run:
        await run.poll()
        assert run.value("cursor_active_users", "all") == 42
        assert not any(run.values(CALLS).values())


async def test_most_people_have_one_of_a_few_versions(tmp_path: Path) -> None:
    """The others are one series, together."""
    options = {**OTHERS, "client_versions": True, "most_client_versions": 2}
    async with Pipeline(CASE, tmp_path, options={**options, "conversation_insights": ()}) as run:
        run.vendor.bodies["client_versions"]["data"] = [
            {"event_date": "2026-01-05", "client_version": f"2.{n}", "user_count": n}
            for n in range(1, 6)
        ]
        await run.poll()
        assert run.values("cursor_client_version_users") == {
            ("2.5",): 5,
            ("2.4",): 4,
            ("other",): 6,
        }


def said(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"error": "Unauthorized", "message": message})


@pytest.mark.parametrize(
    ("status", "message", "state", "words"),
    [
        (401, "Invalid API key", State.UNAUTHORIZED, "check that the credential is right"),
        (401, "API key missing required scope: admin:*", State.FORBIDDEN, "without this scope"),
        (403, "Enterprise access required", State.FORBIDDEN, "and the plan"),
    ],
)
async def test_each_refusal_has_its_state_and_words(
    status: int, message: str, state: State, words: str, tmp_path: Path
) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.fail(lambda: said(status, message))
        await run.poll()
        assert run.status.state is state
        assert message in run.status.reason
        assert words in run.status.reason
        assert len(run.vendor.requests) == 1


async def test_a_feature_that_is_off_costs_itself_only(tmp_path: Path) -> None:
    """The state names it, the option that asks for it, and that the key is right."""
    message = "Conversation insights are not enabled for this team"
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.alter = Fails(
            "/analytics/team/conversation-insights", lambda: said(401, message)
        )
        await run.poll()
        assert run.status.state is State.FORBIDDEN
        assert "the key is right, but the team has switched this off" in run.status.reason
        assert "conversation_insights" in run.status.reason
        assert run.values(CALLS)
        assert run.value("cursor_active_users", "all") == 42


async def test_only_what_is_switched_on_is_asked_for(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        await run.poll()
        assert [request.url.path for request in run.vendor.requests] == ["/analytics/team/mcp"]
        assert dict(run.vendor.requests[0].url.params) == {
            "startDate": "2025-12-31",
            "endDate": "2026-01-07",
        }
        await run.poll(after=3_600)
        assert run.vendor.requests[1].headers["if-none-match"]


def test_a_stream_that_asks_for_nothing_is_refused() -> None:
    text = f"""
        targets:
          - vendor: cursor
            account: acme
            auth: {{token_env: HOME}}
            streams: {{analytics: {{{", ".join(f"{name}: false" for name in OTHERS)}}}}}
    """
    with pytest.raises(Exception, match="asks for no metric"):
        parse(text, "config.yaml")


async def test_a_long_outage_is_caught_up_in_ranges_of_thirty_days(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path, options=MCP) as run:
        tell(run, call("2026-01-05", 10))
        await run.poll()
        tell(run, call("2026-01-05", 10), call("2026-02-01", 5), call("2026-02-20", 2))
        await run.poll(after=45 * DAY)
        asked = [dict(request.url.params) for request in run.vendor.requests[1:]]
        assert [query["startDate"] for query in asked] == ["2025-12-31", "2026-01-30"]
        assert [query["endDate"] for query in asked] == ["2026-01-29", "2026-02-21"]
        assert run.value(CALLS, "tickets", "search") == 17


def test_a_row_from_tomorrow_does_not_widen_the_window() -> None:
    """A vendor's clock may be ahead."""
    now = unix("2026-01-07T10:30:00Z")
    window = Window(int(now) - 3 * DAY, int(now))
    assert days.told(window, now, int(now) + 5 * DAY) == window
