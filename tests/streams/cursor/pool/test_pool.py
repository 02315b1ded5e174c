"""The pool: contracts without dates, teams of few people, money that is overdrawn."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.poll.transform.privacy import Users
from tests.streams.cursor.pool.case import CASE, POOL, SPEND
from tests.streams.harness import Pipeline

TEAM_USED = "cursor_team_pool_used_usd"
START = "cursor_pool_contract_start_timestamp_seconds"
END = "cursor_pool_contract_end_timestamp_seconds"


def member(number: int, team: int, cents: float = 100) -> dict[str, Any]:
    return {
        "userId": f"user_{number}",
        "teamId": team,
        "email": f"p{number}@example.com",
        "spendCents": cents,
    }


def spent(run: Pipeline, *members: dict[str, Any], total: int | None = None) -> None:
    total = len(members) if total is None else total
    run.vendor.bodies["spend"].update(teamMemberSpend=[*members], totalMembers=total)


async def test_every_question_names_the_organization(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert [request.url.path for request in run.vendor.requests] == [POOL, SPEND]
        assert {request.method for request in run.vendor.requests} == {"POST"}
        assert run.vendor.requests[0].content == b'{"organizationId":"org_acme"}'
        assert b'"organizationId":"org_acme"' in run.vendor.requests[1].content


async def test_a_contract_without_dates_has_none(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["pool"]["pool"].update(contractStartDate=None, contractEndDate=None)
        await run.poll()
        assert (run.value(START), run.value(END)) == (None, None)
        assert run.value("cursor_pool_limit_usd") == 50_000


async def test_what_is_left_is_what_cursor_says_and_may_be_less_than_nothing(
    tmp_path: Path,
) -> None:
    """Nothing is computed of limit and use, which Cursor may round."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["pool"]["pool"].update(usedCents=5_000_150.5, remainingCents=-150.25)
        await run.poll()
        assert run.value("cursor_pool_remaining_usd") == -1.5025
        assert run.value("cursor_pool_used_usd") == 50_001.505


async def test_a_team_of_few_people_is_in_other(tmp_path: Path) -> None:
    """What three people took is almost what one of them did; the sum of all teams stays right."""
    async with Pipeline(CASE, tmp_path, min_group_size=5) as run:
        few = [member(number, 12346) for number in range(3)]
        spent(run, *(member(number, 12345) for number in range(5)), *few)
        await run.poll()
        assert run.values(TEAM_USED) == {("12345",): 10_000.0025, ("other",): 2_345.6725}
        assert run.values("cursor_team_pool_limit_usd") == {("12345",): 20_000}


@pytest.mark.parametrize("total", [3, 4])
async def test_somebody_in_two_teams_is_one_of_each(total: int, tmp_path: Path) -> None:
    """Whether Cursor announces the people, or the people in each of their teams."""
    rows = [member(1, 12345), member(1, 12346, 50), member(2, 12345), member(3, 12346)]
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN, min_group_size=2) as run:
        spent(run, *rows, total=total)
        await run.poll()
        assert run.status.state is State.OK
        assert set(run.values(TEAM_USED)) == {("12345",), ("12346",)}
        assert run.value("cursor_user_pool_used_usd", "p1@example.com") == 1.5


async def test_without_the_members_teams_are_of_unknown_size(tmp_path: Path) -> None:
    """The pool is told all the same, and the money of the teams, without their names."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        broken = request.url.path == SPEND
        return httpx.Response(403, json={"message": "no"}) if broken else None

    async with Pipeline(CASE, tmp_path, min_group_size=5) as run:
        run.vendor.refuse = refuse
        await run.poll()
        assert run.status.state is State.FORBIDDEN
        assert "the members' spending: POST /organizations/spend" in run.status.reason
        assert run.values(TEAM_USED) == {("other",): 12_345.675}
        assert run.value("cursor_pool_used_usd") == 12_345.675


@pytest.mark.parametrize(
    ("status", "body", "state", "says"),
    [
        (
            401,
            {"code": "error", "message": "Organization API key missing required scope: usage:*"},
            State.FORBIDDEN,
            "missing required scope: usage:*; the key is known",
        ),
        (
            401,
            {"code": "error", "message": "Invalid Organization API Key"},
            State.UNAUTHORIZED,
            "Invalid Organization API Key",
        ),
        (
            403,
            {"code": "error", "message": "Not authorized"},
            State.FORBIDDEN,
            "Not authorized; organization_id is not the organization of the key",
        ),
        (404, {"error": "Organization not found"}, State.NOT_FOUND, "Organization not found"),
    ],
)
async def test_each_refusal_has_its_words(
    status: int, body: dict[str, str], state: State, says: str, tmp_path: Path
) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.refuse = lambda _: httpx.Response(status, json=body)
        await run.poll()
        assert run.status.state is state
        assert says in run.status.reason
