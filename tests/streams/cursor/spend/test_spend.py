"""What is odd about spending: members who join while it is read, limits, cents beside dollars."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.poll.transform.privacy import Users
from tests.streams.cursor.spend.case import CASE
from tests.streams.harness import Pipeline, Route

SPEND = "cursor_cycle_spend_usd"
AT_LIMIT = "cursor_members_at_spend_limit"


def member(number: int, **changed: Any) -> dict[str, Any]:
    return {
        "userId": f"user_{number}",
        "email": f"p{number}@example.com",
        "spendCents": 150.5,
        "overallSpendCents": 250.25,
        "effectivePerUserLimitDollars": 0,
        **changed,
    }


def fill(run: Pipeline, *members: dict[str, Any]) -> None:
    run.vendor.bodies["spend"].update(teamMemberSpend=[*members], totalMembers=len(members))


def altering(run: Pipeline, change: Callable[[dict[str, Any], int], None]) -> None:
    """Change each page; the number is that of the request."""

    def alter(_: Route, response: httpx.Response) -> httpx.Response:
        body = response.json()
        change(body, len(run.vendor.requests))
        return httpx.Response(200, json=body)

    run.vendor.alter = alter


async def test_who_comes_twice_because_somebody_joined_is_counted_once(tmp_path: Path) -> None:
    """The row of the first page's end comes again on the next page, and all announced members came."""

    def joining(body: dict[str, Any], number: int) -> None:
        if number == 2:
            body["teamMemberSpend"] = [member(2), member(3)]

    async with Pipeline(CASE, tmp_path) as run:
        fill(run, member(1), member(2), member(3))
        run.vendor.most = 2
        altering(run, joining)
        await run.poll()
        assert run.values(SPEND) == {("on_demand",): 4.515, ("overall",): 7.5075}
        assert len(run.vendor.requests) == 2


async def test_a_list_that_does_not_add_up_is_read_once_more(tmp_path: Path) -> None:
    """Somebody joined on a page that had been read."""

    def joined(body: dict[str, Any], number: int) -> None:
        if number <= 2:
            body["totalMembers"] = 2 + number

    async with Pipeline(CASE, tmp_path) as run:
        fill(run, member(1), member(2), member(3))
        run.vendor.most = 2
        altering(run, joined)
        await run.poll()
        assert run.status.state is State.OK
        assert [json.loads(r.content)["page"] for r in run.vendor.requests] == [1, 2, 1, 2]
        assert run.status.last_records == 3


async def test_a_list_that_never_adds_up_is_told_and_shows_nothing_new(tmp_path: Path) -> None:
    """A sum without some members would look like a fall."""

    def lying(body: dict[str, Any], _: int) -> None:
        body["totalMembers"] = 9

    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        page = run.page
        altering(run, lying)
        await run.poll(after=3_600)
        assert run.status.state is State.UNAVAILABLE
        assert "3 members came although totalMembers is 9, twice" in run.status.reason
        assert run.page == page


@pytest.mark.parametrize(
    ("cents", "dollars", "at_limit", "limited"),
    [(5_000, 50, 1, 1), (4_999.999, 50, 0, 1), (9_999, 0, 0, 0), (9_999, None, 0, 0)],
)
async def test_a_limit_is_in_dollars_and_reached_by_cents(
    cents: float, dollars: int | None, at_limit: int, limited: int, tmp_path: Path
) -> None:
    """0 and null are no limit."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, member(1, spendCents=cents, effectivePerUserLimitDollars=dollars))
        await run.poll()
        assert run.value(AT_LIMIT) == at_limit
        assert run.value("cursor_members_with_spend_limit") == limited
        assert run.value("cursor_member_spend_limits_usd") == (dollars or 0)


async def test_what_is_unknown_of_one_member_is_unknown_of_the_team(tmp_path: Path) -> None:
    """Rather than a sum that lacks somebody."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, member(1), member(2, overallSpendCents=None))
        await run.poll()
        assert run.values(SPEND) == {("on_demand",): 3.01}


async def test_a_new_cycle_begins_at_nothing(tmp_path: Path) -> None:
    """It is a gauge: it may fall."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        run.vendor.bodies["spend"]["subscriptionCycleStart"] = 1_769_904_000_000
        fill(run, member(1, spendCents=0, overallSpendCents=0))
        await run.poll(after=3_600)
        assert run.values(SPEND) == {("on_demand",): 0, ("overall",): 0}
        assert run.value("cursor_cycle_start_timestamp_seconds") == 1_769_904_000


async def test_users_are_shown_where_the_configuration_asks_for_them(tmp_path: Path) -> None:
    """With what each has spent, and the limit of those who have one."""
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN) as run:
        fill(run, member(1, effectivePerUserLimitDollars=20), member(2))
        await run.poll()
        assert run.values("cursor_user_cycle_spend_usd") == {
            ("p1@example.com", "on_demand"): 1.505,
            ("p1@example.com", "overall"): 2.5025,
            ("p2@example.com", "on_demand"): 1.505,
            ("p2@example.com", "overall"): 2.5025,
        }
        assert run.values("cursor_user_spend_limit_usd") == {("p1@example.com",): 20}
