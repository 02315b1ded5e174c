"""Who is a member, and whose membership is a seat."""

from pathlib import Path
from typing import Any

from tests.streams.cursor.members.case import CASE
from tests.streams.harness import Pipeline


def member(number: int, role: str, **more: Any) -> dict[str, Any]:
    email = f"dev{number}@example.com"
    return {"id": number, "name": "Dev", "email": email, "role": role, **more}


async def test_a_seat_is_a_member_who_was_not_removed_and_pays(tmp_path: Path) -> None:
    """Ids were numbers, and `isRemoved` is not always there."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["members"] = {
            "teamMembers": [
                member(1, "owner"),
                member(2, "member", isRemoved=False),
                member(3, "member", isRemoved=True),
                member(4, "free-owner"),
                member(5, "guest"),
            ]
        }
        await run.poll()
        assert run.values("cursor_members") == {
            ("owner",): 1,
            ("member",): 1,
            ("free-owner",): 1,
            ("guest",): 1,
        }
        assert run.value("assistant_seats") == 3
        assert run.status.drift == {}


async def test_who_is_listed_twice_is_one_member(tmp_path: Path) -> None:
    """By id, else by address; who was removed and came back is here. Nobody else can be told apart."""
    nameless = {"role": "member"}
    by_address = {"role": "member", "email": "ann@example.com"}
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["members"] = {
            "teamMembers": [
                *[member(1, "owner")] * 2,
                member(2, "member"),
                member(2, "member", isRemoved=True),
                *[by_address] * 2,
                *[nameless] * 2,
            ]
        }
        await run.poll()
        assert run.values("cursor_members") == {("owner",): 1, ("member",): 4}
        assert run.value("assistant_seats") == 5
        assert run.status.drift == {}


async def test_a_group_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["groups"] = {"groups": [group(1, "Engineering", 40, 1_000)] * 2}
        await run.poll()
        assert run.value("cursor_billing_group_members", "Engineering") == 40
        assert run.value("cursor_billing_group_spend_usd", "Engineering") == 10


def group(number: int, name: str, members: int, cents: float) -> dict[str, Any]:
    return {"id": f"g_{number}", "name": name, "memberCount": members, "spendCents": cents}


async def test_groups_of_few_people_are_added_to_other(tmp_path: Path) -> None:
    """What two people spent is almost what one of them did; how many they are says nothing of that."""
    async with Pipeline(CASE, tmp_path, min_group_size=5) as run:
        run.vendor.bodies["groups"] = {
            "groups": [
                group(1, "Engineering", 40, 245_000.125),
                group(2, "Data", 2, 100),
                group(3, "Data", 2, 50),
            ],
            "unassignedGroup": group(4, "Unassigned", 1, 25),
        }
        await run.poll()
        assert run.values("cursor_billing_group_spend_usd") == {
            ("Engineering",): 2450.00125,
            ("other",): 1.75,
        }
        assert run.value("cursor_billing_group_members", "Data") == 4


async def test_billing_groups_are_read_where_the_configuration_asks_for_them(
    tmp_path: Path,
) -> None:
    """Most teams have none."""
    async with Pipeline(CASE, tmp_path, options={"billing_groups": False}) as run:
        await run.poll()
        assert [request.url.path for request in run.vendor.requests] == ["/teams/members"]


async def test_a_role_that_nobody_has_any_more_is_gone(tmp_path: Path) -> None:
    """A gauge is replaced as a set."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert run.value("cursor_members", "owner") == 1
        run.vendor.bodies["members"] = {"teamMembers": [member(1, "member")]}
        await run.poll(after=3_600)
        assert run.values("cursor_members") == {("member",): 1}
