"""What is odd about commits: they are amended, and fields may be absent."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from exporter.streams.dates import iso
from exporter.vendors.cursor.tracking import PAGE_SIZE
from tests.streams.cursor.ai_code_commits.case import CASE as COMMITS
from tests.streams.cursor.ai_code_commits.case import COLUMNS
from tests.streams.cursor.rows import commit, counted_commits, fill, swapped, without
from tests.streams.harness import Pipeline, answer
from tests.streams.views import cursor_csv, cursor_page


def tab_lines(run: Pipeline) -> float:
    values = run.values("cursor_commit_lines_added_total")
    return sum(value for labels, value in values.items() if labels[-1] == "tab")


async def test_alpha_columns_may_be_absent(tmp_path: Path) -> None:
    """A CSV of the required columns only is counted; what is missing is unknown or computed."""
    missing = {"commit_source", "is_primary_branch", "non_ai_lines_added", "non_ai_lines_deleted"}
    columns = [name for name in COLUMNS if name not in missing]
    case = swapped(COMMITS, ".csv", cursor_csv(columns))
    async with Pipeline(case, tmp_path, options={"format": "csv"}) as run:
        fill(run, *(without(commit(f"{n}"), "isPrimaryBranch") for n in range(3)))
        run.vendor.most = 1
        await run.poll()
        assert run.value("cursor_commits_total", "example/api", "unknown") == 3
        added = run.value("cursor_commit_lines_added_total", "example/api", "unknown", "non_ai")
        assert added == 3 * (15 - 10 - 2)


def _reversed(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(reversed(rows))


@pytest.mark.parametrize("order", [list, _reversed])
async def test_of_an_amended_commit_the_newest_counts(
    order: Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]], tmp_path: Path
) -> None:
    """A commit that comes again counts once, as ingested last, whichever row comes first."""
    rows = [
        commit("a", createdAt="2026-01-05T12:00:00.000Z"),
        commit("a", createdAt="2026-01-05T13:00:00.000Z", tabLinesAdded=11),
        commit("a", createdAt="2026-01-05T12:30:00.000Z", tabLinesAdded=500),
        commit("b"),
    ]
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, *order(rows))
        await run.poll()
        assert counted_commits(run) == 2
        assert tab_lines(run) == 11 + 10


async def test_a_commit_that_is_amended_on_a_later_day_moves_there(tmp_path: Path) -> None:
    """What its first day counted is taken back there and pays for the second: nothing twice."""
    async with Pipeline(COMMITS, tmp_path) as run:
        first = commit("a", createdAt="2026-01-04T12:00:00.000Z")
        fill(run, first)
        await run.poll()
        assert (counted_commits(run), tab_lines(run)) == (1, 10)
        again = commit("a", createdAt="2026-01-06T09:00:00.000Z", tabLinesAdded=12)
        for rows in ([first, again], [again, first]):
            fill(run, *rows)
            await run.poll()
            assert (counted_commits(run), tab_lines(run)) == (1, 12)


async def test_one_hash_of_two_users_or_branches_is_several_commits(tmp_path: Path) -> None:
    """The hash alone is no identity."""
    async with Pipeline(COMMITS, tmp_path, users=Users.PLAIN) as run:
        fill(
            run,
            commit("a"),
            commit("a", userId="user_2", userEmail="two@example.com"),
            commit("a", branchName="topic", isPrimaryBranch=False),
        )
        await run.poll()
        assert run.values("cursor_commits_total") == {
            ("example/api", "true"): 2,
            ("example/api", "false"): 1,
        }
        assert run.values("cursor_user_commits_total") == {
            ("dev@example.com",): 2,
            ("two@example.com",): 1,
        }


@pytest.mark.parametrize("absent", [False, True], ids=["null", "absent"])
async def test_lines_of_people_are_computed_where_they_are_not_given(
    absent: bool, tmp_path: Path
) -> None:
    """They are the total less Tab and Composer, and never less than none."""
    names = ("nonAiLinesAdded", "nonAiLinesDeleted")
    row = commit("a", nonAiLinesAdded=None, nonAiLinesDeleted=None, totalLinesDeleted=1)
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, without(row, *names) if absent else row)
        await run.poll()
        labels = ("example/api", "true", "non_ai")
        assert run.value("cursor_commit_lines_added_total", *labels) == 15 - 10 - 2
        assert run.value("cursor_commit_lines_deleted_total", *labels) == 0


async def test_gaps_of_privacy_mode_in_commits(tmp_path: Path) -> None:
    """Repository and branch may be null or absent; such commits count as unknown."""
    gaps = ("repoName", "branchName", "isPrimaryBranch")
    async with Pipeline(COMMITS, tmp_path, users=Users.PLAIN) as run:
        fill(
            run,
            commit("a", **dict.fromkeys(gaps)),
            without(commit("b"), *gaps),
            commit("c", userEmail=None, userId=7),
        )
        await run.poll()
        assert run.values("cursor_commits_total") == {
            ("unknown", "unknown"): 2,
            ("example/api", "true"): 1,
        }
        assert run.value("cursor_user_commits_total", "7") == 1


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        ("2026-01-06T00:59:00Z", 1),
        ("2026-01-06T01:00:00Z", 2),
        ("2026-01-06T23:59:00Z", 2),
    ],
)
async def test_committers_are_those_of_the_newest_settled_day(
    now: str, shown: int, tmp_path: Path
) -> None:
    """An hour after midnight the day before is settled; the open day never shows."""
    async with Pipeline(COMMITS, tmp_path, now=now) as run:
        fill(
            run,
            commit("a", createdAt="2026-01-04T10:00:00.000Z"),
            commit("b"),
            commit("c"),
            commit("d", userId="user_2", userEmail="two@example.com"),
            commit("e", userId="user_3", createdAt="2026-01-06T00:10:00.000Z"),
        )
        await run.poll()
        assert run.value("cursor_committers") == shown


async def test_a_settled_day_without_commits_has_no_committers(tmp_path: Path) -> None:
    """Where the vendor answers with other days, none on this day is a true zero."""
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, commit("a", createdAt="2026-01-03T10:00:00.000Z"))
        await run.poll()
        assert run.value("cursor_committers") == 0


async def test_rows_before_the_lookback_are_not_counted(tmp_path: Path) -> None:
    """The overlap is read because the vendor may mean the commit's time; its rows count nowhere."""
    async with Pipeline(COMMITS, tmp_path) as run:
        early = commit("a", createdAt="2025-12-29T23:59:59.999Z")
        first = commit("b", createdAt="2025-12-30T00:00:00.000Z")
        fill(run, early, first)
        for _ in range(2):
            await run.poll()
            assert counted_commits(run) == 1


async def test_a_commit_before_the_lookback_is_not_counted_under_another_name(
    tmp_path: Path,
) -> None:
    """Its day is still read and remembered, but no answer speaks for it: what it had would stay."""
    async with Pipeline(COMMITS, tmp_path) as run:
        rows = [commit("a", createdAt="2025-12-30T10:00:00.000Z"), commit("b")]
        fill(run, *rows)
        await run.poll()
        await run.poll(after=DAY)
        fill(run, *(row | {"repoName": "example/renamed"} for row in rows))
        await run.poll()
        counted = run.values("cursor_commits_total")
        assert counted["example/api", "true"] == 2
        assert counted.get(("example/renamed", "true"), 0) <= 1


async def test_a_day_that_leaves_the_lookback_is_not_taken_back(tmp_path: Path) -> None:
    """Its commits stay counted: while they are still read, and when the vendor forgets them."""
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, commit("a"), commit("b"))
        await run.poll()
        assert counted_commits(run) == 2
        for _ in range(10):
            await run.poll(after=DAY)
            assert counted_commits(run) == 2
        fill(run, commit("z", createdAt="2026-01-16T01:00:00.000Z"))
        await run.poll()
        assert counted_commits(run) == 3
        assert run.status.corrections == 0


async def test_both_times_of_a_row_may_lie_days_apart(tmp_path: Path) -> None:
    """A commit of last week that is ingested today counts today, once."""

    def by_commit_time(body: Any, asked: Any) -> httpx.Response:
        rows = [row | {"createdAt": row["commitTs"]} for row in body["items"]]
        shown = {row["commitHash"] for row in _items(cursor_page({"items": rows}, asked))}
        items = [row for row in body["items"] if row["commitHash"] in shown]
        return answer({"items": items, "totalCount": len(items), "page": 1, "pageSize": PAGE_SIZE})

    case = swapped(COMMITS, "/ai-code/commits", by_commit_time)
    async with Pipeline(case, tmp_path) as run:
        late = commit(
            "a", commitTs="2025-12-25T08:00:00.000Z", createdAt="2026-01-06T08:00:00.000Z"
        )
        fill(run, late)
        for _ in range(2):
            await run.poll()
            assert counted_commits(run) == 1


def _items(response: httpx.Response) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = response.json()["items"]
    return items


def _by_commit_time(body: Any, asked: Any) -> httpx.Response:
    """A vendor that selects by the day of the commit, and tells when it ingested it."""
    start, end = asked.query["startDate"], asked.query["endDate"]
    items = [row for row in body["items"] if start <= row["commitTs"] < end]
    return answer({"items": items, "totalCount": len(items), "page": 1, "pageSize": PAGE_SIZE})


@pytest.mark.parametrize("users", [Users.OFF, Users.PLAIN])
async def test_late_commits_stay_counted_when_the_query_has_passed_them(
    users: Users, tmp_path: Path
) -> None:
    """50 that were pushed ten days late leave the answers before their day leaves the lookback."""
    case = swapped(COMMITS, "/ai-code/commits", _by_commit_time)
    async with Pipeline(case, tmp_path, users=users) as run:
        made, pushed = "2025-12-27T08:00:00.000Z", "2026-01-06T08:00:00.000Z"
        late = [commit(f"late{n}", commitTs=made, createdAt=pushed) for n in range(50)]
        prompt = [commit(f"{n}", commitTs=pushed, createdAt=pushed) for n in range(200)]
        fill(run, *late, *prompt)
        await run.poll()
        assert counted_commits(run) == 250
        for _ in range(8):
            await run.poll(after=DAY)
            assert (counted_commits(run), run.status.corrections) == (250, 0)
        today = "2026-01-14T09:00:00.000Z"
        more = [commit(f"more{n}", commitTs=today, createdAt=today) for n in range(50)]
        fill(run, *late, *prompt, *more)
        await run.poll(after=HOUR)
        assert counted_commits(run) == 300


async def test_commits_of_any_delay_count_where_the_vendor_selects_by_ingestion(
    tmp_path: Path,
) -> None:
    """A row that was made before all that was asked for shows how the vendor selects."""
    options = {"lookback": "1d", "overlap": "1d"}
    async with Pipeline(COMMITS, tmp_path, options=options) as run:
        made, pushed = "2025-12-27T08:00:00.000Z", "2026-01-06T08:00:00.000Z"
        fill(run, *[commit(f"late{n}", commitTs=made, createdAt=pushed) for n in range(50)])
        for _ in range(3):
            await run.poll()
            assert (counted_commits(run), run.status.corrections) == (50, 0)
        fill(run, commit("late", commitTs=made, createdAt=pushed))
        await run.poll(after=HOUR)
        assert run.status.corrections > 0, "those that are gone are taken back"


def _as_before(state_file: Path) -> None:
    """Let the state be as a version left it that summed late commits with the others of their day."""
    with closing(sqlite3.connect(state_file, isolation_level=None)) as connection:
        sums = connection.execute(
            "SELECT series_id, start, SUM(value) FROM slot GROUP BY series_id, start"
        ).fetchall()
        connection.execute("DELETE FROM slot")
        rows = ((*row[:2], '""', '""', row[2]) for row in sums)
        connection.executemany("INSERT INTO slot VALUES (?, ?, ?, ?, ?)", rows)


@pytest.mark.parametrize("users", [Users.OFF, Users.PLAIN, Users.PSEUDONYM])
@pytest.mark.parametrize("selects_by", ["commit", "ingestion"])
async def test_late_commits_that_a_former_version_counted_stay_counted(
    users: Users, selects_by: str, tmp_path: Path
) -> None:
    """They are found in a slot of their own; neither is anything counted twice nor owed."""
    case = (
        swapped(COMMITS, "/ai-code/commits", _by_commit_time) if selects_by == "commit" else COMMITS
    )
    made, pushed = "2025-12-27T08:00:00.000Z", "2026-01-06T08:00:00.000Z"
    late = [commit(f"late{n}", commitTs=made, createdAt=pushed) for n in range(50)]
    prompt = [commit(f"{n}", commitTs=pushed, createdAt=pushed) for n in range(200)]
    async with Pipeline(case, tmp_path, users=users) as run:
        fill(run, *late, *prompt)
        await run.poll()
        before, now = run.page, run.clock.now
    _as_before(tmp_path / "state.db")
    async with Pipeline(case, tmp_path, users=users) as run:
        run.clock.now = now
        fill(run, *late, *prompt)
        for _ in range(8):
            await run.poll(after=HOUR)
            assert run.page == before
        today = iso(run.clock.now)
        more = [commit(f"more{n}", commitTs=today, createdAt=today) for n in range(50)]
        fill(run, *late, *prompt, *more)
        await run.poll(after=HOUR)
        assert counted_commits(run) == 300


async def test_a_late_commit_that_is_taken_back_is_a_correction(tmp_path: Path) -> None:
    """While the query holds all commits of its delay, an answer without it says that it is gone."""
    case = swapped(COMMITS, "/ai-code/commits", _by_commit_time)
    async with Pipeline(case, tmp_path) as run:
        made, pushed = "2025-12-27T08:00:00.000Z", "2026-01-06T08:00:00.000Z"
        fill(run, commit("a", commitTs=made, createdAt=pushed), commit("b"))
        await run.poll()
        fill(run, commit("b"))
        await run.poll(after=HOUR)
        assert run.status.corrections > 0
        fill(run, commit("b"), commit("c"))
        await run.poll(after=HOUR)
        assert counted_commits(run) == 2


async def test_a_day_that_is_read_in_part_is_not_counted_again(tmp_path: Path) -> None:
    """With `overlap: 6h` the end of the day before the lookback is read, and changes nothing."""
    async with Pipeline(COMMITS, tmp_path, options={"overlap": "6h", "lookback": "1d"}) as run:
        rows = [commit(f"{n}", createdAt=f"2026-01-05T{n:02}:00:00.000Z") for n in range(24)]
        fill(run, *rows)
        await run.poll()
        assert counted_commits(run) == 24
        for _ in range(3):
            await run.poll(after=DAY)
            assert (counted_commits(run), run.status.corrections) == (24, 0)


async def test_a_row_that_comes_again_with_other_figures_is_told(tmp_path: Path) -> None:
    """Of two rows of one commit and one time the first counts, and the other is rejected."""
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, commit("a"), commit("a"), commit("a", tabLinesAdded=999), commit("b"))
        await run.poll()
        assert counted_commits(run) == 2
        assert run.status.rejected == {"commit_hash": 1}
