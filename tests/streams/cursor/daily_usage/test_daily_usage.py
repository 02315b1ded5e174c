"""Members' days: who comes twice, who is missing, days that nothing is known of, what chats are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from exporter.client.errors import State
from exporter.model import DAY
from exporter.poll.transform.privacy import Users
from tests.streams.cursor.daily_usage.case import CASE, members_page
from tests.streams.harness import Case, Pipeline, Route, answer

LINES = "cursor_lines_total"
SUGGESTED = ("suggested", "added")
ACTIVE = "assistant_daily_active_users"
PATH = CASE.routes[0].path


def row(email: str, day: str = "2026-01-05", added: int = 10, **more: Any) -> dict[str, Any]:
    found = {
        "userId": 7,
        "day": day,
        "email": email,
        "isActive": True,
        "totalLinesAdded": added,
        "totalLinesDeleted": 0,
        "acceptedLinesAdded": 0,
        "acceptedLinesDeleted": 0,
    }
    return found | more


def tell(run: Pipeline, *rows: dict[str, Any]) -> None:
    run.vendor.bodies["daily_usage"]["data"] = list(rows)


def seen_by(view: Callable[[Any, Any], httpx.Response]) -> Case:
    """The case with another view of the members."""
    return Case(**{**vars(CASE), "routes": (Route(PATH, "daily_usage", view, etag=False),)})


async def test_a_day_without_rows_is_unknown(tmp_path: Path) -> None:
    """Everybody has a row, so none at all is no day without use: what was counted stays."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row("a"), row("a", "2026-01-06", 5))
        await run.poll()
        tell(run, row("a", "2026-01-06", 6))
        await run.poll()
        assert run.value(LINES, *SUGGESTED) == 16
        assert run.status.corrections == 0
        tell(run, row("a", added=8), row("a", "2026-01-06", 6))
        await run.poll()
        assert (run.value(LINES, *SUGGESTED), run.status.corrections) == (16, 1)


async def test_whole_windows_are_asked_for_in_milliseconds(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        [request] = run.vendor.requests
        assert request.method == "POST"
        assert request.content == (
            b'{"startDate":1767052800000,"endDate":1767700799999,"page":1,"pageSize":1000}'
        )


async def test_people_are_counted_and_their_chats(tmp_path: Path) -> None:
    """Composer, chat and agent are one chat; edits in the editor and Bugbot are none."""
    requests: dict[str, Any] = {
        "composerRequests": 1,
        "chatRequests": 2,
        "agentRequests": 4,
        "cmdkUsages": 8,
        "bugbotUsages": 16,
    }
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row("a", **requests), row("b"), row("c", isActive=False))
        await run.poll()
        assert run.value("assistant_chat_interactions_total") == 7
        assert run.value(ACTIVE) == 2
        assert sum(run.values("cursor_requests_total").values()) == 31


async def test_people_of_a_day_are_shown_once_it_is_settled(tmp_path: Path) -> None:
    """Six hours after its end."""
    async with Pipeline(CASE, tmp_path, now="2026-01-07T05:59:00Z") as run:
        tell(run, row("a"), row("a", "2026-01-06"), row("b", "2026-01-06"))
        await run.poll()
        assert run.value(ACTIVE) == 1
        await run.poll(after=60)
        assert run.value(ACTIVE) == 2


async def test_a_number_that_is_absent_is_unknown(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row("a", totalApplies=5, totalAccepts=2), row("b"))
        await run.poll()
        assert run.values("cursor_applies_total") == {("accepted",): 2, ("undecided",): 3}
        assert run.values("cursor_billed_requests_total") == {}


async def test_somebody_who_comes_twice_counts_once(tmp_path: Path) -> None:
    """As when somebody joins while the pages are read; a name in other letters is the same."""

    def shifted(body: Any, asked: Any) -> httpx.Response:
        page = members_page(body, asked)
        found = page.json()
        if asked.body["page"] == 2:
            found["data"].append(row("A"))
        return answer(found)

    async with Pipeline(seen_by(shifted), tmp_path) as run:
        tell(run, row("a"), row("b"))
        run.vendor.most = 1
        await run.poll()
        assert run.value(LINES, *SUGGESTED) == 20


async def test_who_is_missing_is_looked_for_once_more(tmp_path: Path) -> None:
    """Somebody left while the pages were read, and one slipped through."""
    walks = 0

    def shifted(body: Any, asked: Any) -> httpx.Response:
        nonlocal walks
        walks += 1
        found = members_page(body, asked).json()
        if walks == 1:
            found["data"] = found["data"][1:]
        return answer(found)

    async with Pipeline(seen_by(shifted), tmp_path) as run:
        tell(run, row("a"), row("b"))
        await run.poll()
        assert run.status.state is State.OK
        assert run.value(LINES, *SUGGESTED) == 20
        assert walks == 2


async def test_who_is_missing_twice_is_told_and_the_others_count(tmp_path: Path) -> None:
    def fewer(body: Any, asked: Any) -> httpx.Response:
        found = members_page(body, asked).json()
        found["pagination"]["totalUsers"] += 1
        return answer(found)

    async with Pipeline(seen_by(fewer), tmp_path) as run:
        tell(run, row("a"), row("b"))
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "2 members came although totalUsers is 3, twice; they count" in run.status.reason
        assert run.value(LINES, *SUGGESTED) == 20


async def test_pages_that_move_all_the_time_count_nothing(tmp_path: Path) -> None:
    walks = 0

    def moving(body: Any, asked: Any) -> httpx.Response:
        nonlocal walks
        walks += 1
        found = members_page(body, asked).json()
        found["data"] = [row(f"somebody {walks}")]
        return answer(found)

    async with Pipeline(seen_by(moving), tmp_path) as run:
        tell(run, row("a"), row("b"))
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert "the pages move" in run.status.reason
        assert run.page == ""


async def test_a_long_outage_is_caught_up_in_ranges_of_thirty_days(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row("a"))
        await run.poll()
        tell(run, row("a"), row("a", "2026-02-10", 5))
        await run.poll(after=45 * DAY)
        assert len(run.vendor.requests) == 3
        assert run.value(LINES, *SUGGESTED) == 15


async def test_people_are_families_of_their_own(tmp_path: Path) -> None:
    """Of those who did nothing there is no series."""
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN) as run:
        tell(run, row("a@x.example", composerRequests=3), row("idle@x.example", added=0))
        await run.poll()
        assert run.value("cursor_user_lines_total", "a@x.example", *SUGGESTED) == 10
        assert run.value("cursor_user_requests_total", "a@x.example", "composer") == 3
        assert "idle@x.example" not in run.page


async def test_chats_that_are_not_told_are_unknown(tmp_path: Path) -> None:
    """Requests of other modes say nothing of them, so the common family is not there, not even at 0."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, row("a", cmdkUsages=8), row("b", bugbotUsages=1))
        await run.poll()
        assert run.value("assistant_chat_interactions_total") is None
        tell(run, row("a", cmdkUsages=8), row("b", chatRequests=2))
        await run.poll()
        assert run.value("assistant_chat_interactions_total") == 2
