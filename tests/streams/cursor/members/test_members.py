"""Who is a member, and whose membership is a seat."""

from pathlib import Path
from typing import Any

from tests.streams.cursor.members.case import CASE
from tests.streams.harness import Pipeline


def member(role: str, **more: Any) -> dict[str, Any]:
    return {"id": 7, "name": "Dev", "email": "dev@example.com", "role": role, **more}


async def test_a_seat_is_a_member_who_was_not_removed_and_pays(tmp_path: Path) -> None:
    """Ids were numbers, and `isRemoved` is not always there."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["members"] = {
            "teamMembers": [
                member("owner"),
                member("member", isRemoved=False),
                member("member", isRemoved=True),
                member("free-owner"),
                member("guest"),
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


async def test_a_role_that_nobody_has_any_more_is_gone(tmp_path: Path) -> None:
    """A gauge is replaced as a set."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert run.value("cursor_members", "owner") == 1
        run.vendor.bodies["members"] = {"teamMembers": [member("member")]}
        await run.poll(after=3_600)
        assert run.values("cursor_members") == {("member",): 1}
