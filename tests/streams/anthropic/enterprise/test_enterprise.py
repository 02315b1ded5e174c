"""Summaries of both versions, unknown figures, days that are not built, cursors that expire."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.simulator.world.truth import enterprise_counts
from tests.streams.anthropic.enterprise.case import CASE, LATEST, USERS
from tests.streams.anthropic.simulated_organization import SimulatedOrganization
from tests.streams.harness import Pipeline

CHATS = "anthropic_enterprise_chat_messages_total"
COMMITS = "anthropic_enterprise_claude_code_commits_total"
ACTIVE = "anthropic_enterprise_active_users"
SEATS = "anthropic_enterprise_seats"
EXPIRED = {
    "type": "invalid_request_error",
    "message": "cursor expired, restart from the first page",
}


def days_asked(run: Pipeline) -> list[str]:
    """The days that people were asked for since the last look."""
    found = [request.url.params["date"] for request in run.vendor.asked(USERS)]
    run.vendor.requests.clear()
    return found


async def test_the_answer_of_either_version_is_read(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        page, days = run.page, run.vendor.bodies["summaries"]["summaries"]
        run.vendor.bodies["summaries"] = {"data": days, "next_page": None}
        await run.poll()
        assert run.page == page


async def test_an_answer_of_neither_version_is_a_schema_error(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["summaries"] = {"days": []}
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "neither `summaries` nor `data` is there" in run.status.reason


async def test_what_is_null_or_left_out_is_unknown(tmp_path: Path) -> None:
    """Seats, as where a group is chosen, and the people of a product that is not enabled."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert (run.value(SEATS), run.value(ACTIVE, "daily", "chat")) == (120, 60)
        newest = run.vendor.bodies["summaries"]["summaries"][-1]
        newest |= {"assigned_seat_count": None, "pending_invite_count": None}
        del newest["chat_daily_active_user_count"]
        await run.poll()
        assert run.value(SEATS) is run.value("assistant_seats") is None
        assert run.value("anthropic_enterprise_pending_invites") is None
        assert run.value(ACTIVE, "daily", "chat") is None
        assert run.value(ACTIVE, "daily", "all") == 75


async def test_a_day_is_asked_for_when_it_is_built(tmp_path: Path) -> None:
    """Recent ones by each poll, older ones once a day."""
    options = {"recent": "2d", "lookback": "7d"}
    async with Pipeline(CASE, tmp_path, options=options) as run:
        await run.poll()
        assert days_asked(run) == [f"2026-11-{day}" for day in range(19, 26)]
        for _ in range(3):
            await run.poll(after=6 * HOUR)
        assert days_asked(run) == ["2026-11-24", LATEST] * 3
        assert run.status.state is State.OK


async def test_as_many_requests_a_day_as_the_plan_says(tmp_path: Path) -> None:
    """Of an organization that goes on working: no more, and at most one fewer."""
    options = {"recent": "2d", "lookback": "7d"}
    async with SimulatedOrganization(CASE, tmp_path, enterprise_counts, **options) as run:
        await run.poll()
        run.vendor.requests.clear()
        for _ in range(4):
            await run.poll(after=6 * HOUR)
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert 4 * cost.requests == 17
        assert len(run.vendor.requests) in (16, 17)


async def test_a_day_that_is_refused_as_too_recent_is_waited_for(tmp_path: Path) -> None:
    """Though the summaries have it; what is built is counted, and no later day is asked for."""
    async with Pipeline(CASE, tmp_path) as run:
        newest = dict(run.vendor.bodies["summaries"]["summaries"][-1])
        newest |= {"starting_at": "2026-11-28T00:00:00Z", "ending_at": "2026-11-29T00:00:00Z"}
        run.vendor.bodies["summaries"]["summaries"].append(newest)
        await run.poll(after=3 * DAY)
        assert days_asked(run)[-2:] == [LATEST, "2026-11-26"]
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.value(CHATS) == 48


async def test_an_organization_that_is_new_has_no_day_yet(tmp_path: Path) -> None:
    """The summaries are refused too, and name an earlier day; nothing is shown and nothing is wrong."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.refuse = lambda request: httpx.Response(
            400,
            json={"error": {"message": "No data yet. The latest available day is 2026-11-01."}},
        )
        await run.poll()
        assert (run.status.state, run.page) == (State.EMPTY, "")


@pytest.mark.parametrize(
    "message", ["limit: must be a number", "date: there is nothing before 2026-13-40", ""]
)
async def test_another_bad_request_is_an_error(message: str, tmp_path: Path) -> None:
    """One that names no earlier day says nothing of what is built."""
    refused = httpx.Response(400, json={"error": {"message": message}})
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.refuse = lambda request: refused if request.url.path == USERS else None
        await run.poll()
        assert run.status.state is State.ERROR
        assert message in run.status.reason


@pytest.mark.parametrize("times", [1, 3])
async def test_a_walk_begins_again_where_its_cursor_has_expired(times: int, tmp_path: Path) -> None:
    """Nobody is counted twice; where it expires again and again, a later poll goes on."""
    left = times

    def expires(request: httpx.Request) -> httpx.Response | None:
        nonlocal left
        if "page" not in request.url.params or not left:
            return None
        left -= 1
        return httpx.Response(410, json={"error": EXPIRED})

    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.most = 1
        run.vendor.refuse = expires
        await run.poll()
        assert run.status.state is (State.OK if times == 1 else State.UNAVAILABLE)
        await run.poll()
        assert (run.status.state, run.value(CHATS)) == (State.OK, 48)


async def test_a_day_that_tells_nothing_of_claude_code_leaves_it_as_it_was(tmp_path: Path) -> None:
    """As where it is not enabled; a day of nobody is a day without use."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert run.value(COMMITS) == 8
        people: list[dict[str, Any]] = run.vendor.bodies["users"][LATEST]["data"]
        for person in people:
            del person["claude_code_metrics"]
        await run.poll(after=HOUR)
        assert (run.value(COMMITS), run.status.corrections) == (8, 0)
        run.vendor.bodies["users"][LATEST]["data"] = []
        await run.poll(after=HOUR)
        assert run.status.corrections > 0


async def test_who_comes_twice_counts_once(tmp_path: Path) -> None:
    """People of whom nothing is known but what they did are each somebody else."""
    async with Pipeline(CASE, tmp_path) as run:
        rows = run.vendor.bodies["users"][LATEST]["data"]
        unknown = {**rows[0], "user": None}
        run.vendor.bodies["users"] = {LATEST: {"data": [rows[0], rows[0], unknown, unknown]}}
        await run.poll()
        assert run.value(CHATS) == 3 * 24


async def test_everybody_is_read_in_pages_of_a_thousand(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert {request.url.params["limit"] for request in run.vendor.asked(USERS)} == {"1000"}
