"""What is odd about Cursor's AI code tracking: two formats, amended commits, gaps."""

import itertools
import logging
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, Window
from exporter.poll.transform.privacy import Users
from exporter.vendors.cursor.ai_code import PAGE_SIZE, windows
from tests.streams.cases import CHANGE_COLUMNS, CHANGES, COMMIT_COLUMNS, COMMITS
from tests.streams.harness import Case, Pipeline, Route, answer, unix
from tests.streams.views import csv_answer, cursor_csv, cursor_page

PAGES, CSV = "/ai-code/commits", "/ai-code/commits.csv"
NOON = "2026-01-05T12:00:00.000Z"

both = pytest.mark.parametrize("case", [COMMITS, CHANGES], ids=lambda case: case.stream)


def commit(hash_: str, **more: Any) -> dict[str, Any]:
    """A commit of ten Tab lines; None for a field leaves it out."""
    row = {
        "commitHash": hash_,
        "userId": "user_1",
        "userEmail": "dev@example.com",
        "repoName": "example/api",
        "branchName": "main",
        "isPrimaryBranch": True,
        "totalLinesAdded": 15,
        "totalLinesDeleted": 4,
        "tabLinesAdded": 10,
        "tabLinesDeleted": 1,
        "composerLinesAdded": 2,
        "composerLinesDeleted": 1,
        "nonAiLinesAdded": 3,
        "nonAiLinesDeleted": 2,
        "message": "words",
        "commitTs": NOON,
        "createdAt": NOON,
    }
    return row | more


def change(id_: str, **more: Any) -> dict[str, Any]:
    """A change of Tab in one Python file."""
    row = {
        "changeId": id_,
        "userId": "user_1",
        "userEmail": "dev@example.com",
        "source": "TAB",
        "model": None,
        "totalLinesAdded": 8,
        "totalLinesDeleted": 2,
        "createdAt": NOON,
        "metadata": [{"fileExtension": "py", "linesAdded": 8, "linesDeleted": 2}],
    }
    return row | more


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def fill(run: Pipeline, *rows: dict[str, Any]) -> None:
    """Let the vendor have these rows only."""
    [body] = [body for body in run.vendor.bodies.values() if isinstance(body, dict)]
    body["items"] = list(rows)


def commits(run: Pipeline) -> float:
    return sum(run.values("cursor_commits_total").values())


def tab_lines(run: Pipeline) -> float:
    values = run.values("cursor_commit_lines_added_total")
    return sum(value for labels, value in values.items() if labels[-1] == "tab")


def _name(case: Case) -> str:
    return case.stream.removeprefix("ai_code_")


def swapped(case: Case, path: str, view: Callable[[Any, Any], httpx.Response]) -> Case:
    """The case with another answer at the paths with this end."""
    routes = [
        Route(route.path, route.fixture, view, etag=False) if route.path.endswith(path) else route
        for route in case.routes
    ]
    return Case(**{**vars(case), "routes": routes})


def csv_case(case: Case, text: str) -> Case:
    """The case with this text as its CSV."""
    return swapped(case, ".csv", lambda body, asked: csv_answer(text))


@both
@pytest.mark.parametrize(
    ("form", "rows_a_page", "pages", "streams"),
    [
        ("auto", 6, 1, 0),
        ("auto", 3, 2, 0),
        ("auto", 2, 1, 1),
        ("json", 1, 6, 0),
        ("csv", 6, 1, 0),
        ("csv", 3, 1, 1),
    ],
)
async def test_the_cheaper_format_is_read(
    case: Case, form: str, rows_a_page: int, pages: int, streams: int, tmp_path: Path
) -> None:
    """Three pages or more are one CSV request; the counts are the same in any case."""
    make = commit if case is COMMITS else change
    async with Pipeline(case, tmp_path, options={"format": form}) as run:
        fill(run, *(make(f"{number}") for number in range(6)))
        run.vendor.most = rows_a_page
        await run.poll()
        assert run.status.state is State.OK
        day = "startDate=2026-01-06"
        asked = [r for r in run.vendor.requests if day not in str(r.url)]
        assert [r.url.path.endswith(".csv") for r in asked] == [False] * pages + [True] * streams
        counted = run.values(f"cursor_{_name(case)}_total")
        assert sum(counted.values()) == 6
        assert run.status.last_records == 6


@both
async def test_csv_counts_what_json_counts(case: Case, tmp_path: Path) -> None:
    """The same rows as the vendor writes them in both formats give the same page, to the byte.

    The fixture's CSV has quoted line breaks, doubled quotes and empty fields.
    """
    text = (case.fixtures / f"{_name(case)}.csv").read_text(encoding="utf-8")
    assert case is CHANGES or "\n\n" in text
    pages = {}
    for form in ("json", "csv"):
        (tmp_path / form).mkdir()
        async with Pipeline(
            csv_case(case, text), tmp_path / form, users=Users.PLAIN, options={"format": form}
        ) as run:
            run.vendor.most = 1
            await run.poll()
            assert (run.status.state, run.status.reason) == (State.OK, "")
            assert bool(run.vendor.asked(".csv")) is (form == "csv")
            pages[form] = run.page
    assert pages["csv"] == pages["json"]


@both
async def test_csv_columns_are_found_by_name(case: Case, tmp_path: Path) -> None:
    """Columns in another order, and one more that counts as drift, change no number."""
    columns = list(COMMIT_COLUMNS if case is COMMITS else CHANGE_COLUMNS)
    random.Random(3).shuffle(columns)
    async with Pipeline(case, tmp_path) as whole:
        await whole.poll()
    (tmp_path / "csv").mkdir()
    other = swapped(case, ".csv", cursor_csv([*columns, "brand_new"]))
    async with Pipeline(other, tmp_path / "csv", options={"format": "csv"}) as run:
        run.vendor.most = 1
        await run.poll()
        assert run.page == whole.page
        assert run.status.drift == {"brand_new": 1}


async def test_alpha_columns_may_be_absent(tmp_path: Path) -> None:
    """A CSV of the required columns only is counted; what is missing is unknown or computed."""
    missing = {"commit_source", "is_primary_branch", "non_ai_lines_added", "non_ai_lines_deleted"}
    columns = [name for name in COMMIT_COLUMNS if name not in missing]
    case = swapped(COMMITS, ".csv", cursor_csv(columns))
    async with Pipeline(case, tmp_path, options={"format": "csv"}) as run:
        fill(run, *(_without(commit(f"{n}"), "isPrimaryBranch") for n in range(3)))
        run.vendor.most = 1
        await run.poll()
        assert run.value("cursor_commits_total", "example/api", "unknown") == 3
        added = run.value("cursor_commit_lines_added_total", "example/api", "unknown", "non_ai")
        assert added == 3 * (15 - 10 - 2)


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("commit_hash,user_id\na,b\n", State.SCHEMA_ERROR, "lacks created_at"),
        ("", State.UNAVAILABLE, "no header"),
        ("{header}\na,b,c\n", State.SCHEMA_ERROR, "row 1 has 3 of"),
        ("{header}\n{row}\n{row}\n", State.UNAVAILABLE, "after 2 of 3 rows"),
        ('{header}\n{row}\n{row}\n"cut', State.UNAVAILABLE, "cut off"),
        ("{header}\n{row}\n{row}\ncut,of", State.SCHEMA_ERROR, "row 3 has 2 of"),
        ("{header}\n{shifted}\n", State.SCHEMA_ERROR, "another kind of value in"),
    ],
    ids=[
        "column missing",
        "empty",
        "row too short",
        "too few rows",
        "in quotes",
        "in a row",
        "shifted",
    ],
)
async def test_a_bad_csv_commits_nothing(
    text: str, state: State, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The reason tells what is wrong, and shows no value of the row: it may be anybody's name."""
    caplog.set_level(logging.DEBUG, "exporter")
    row = dict.fromkeys(COMMIT_COLUMNS, "1") | {"created_at": NOON, "user_email": "dev@example.com"}
    names = [*COMMIT_COLUMNS]
    turned = ["dev@example.com" for _ in names]
    given = text.format(
        header=",".join(names), row=",".join(row[n] for n in names), shifted=",".join(turned)
    )
    async with Pipeline(csv_case(COMMITS, given), tmp_path, options={"format": "csv"}) as run:
        run.vendor.most = 1
        await run.poll()
        assert (run.status.state, said in run.status.reason) == (state, True), run.status.reason
        assert run.page == ""
        assert (await run.state()).ledger == {}
        assert "dev@example.com" not in run.status.reason + caplog.text


@both
async def test_without_a_csv_the_pages_are_read(case: Case, tmp_path: Path) -> None:
    """A vendor that answers 404 to the CSV is read page by page, and the rows are records."""
    gone = swapped(case, ".csv", lambda body, asked: httpx.Response(404, json={}))
    async with Pipeline(gone, tmp_path, options={"format": "csv"}) as run:
        run.vendor.most = 1
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.last_records == len(run.vendor.bodies[_name(case)]["items"])
        page = run.page
    (tmp_path / "whole").mkdir()
    async with Pipeline(case, tmp_path / "whole") as whole:
        await whole.poll()
        assert page == whole.page


@pytest.mark.parametrize("numeric", [False, True], ids=["text", "number"])
async def test_rows_of_the_first_page_and_the_csv_are_the_same_rows(
    numeric: bool, tmp_path: Path
) -> None:
    """The first JSON page is read before the CSV is chosen: neither it nor a user counts twice."""
    async with Pipeline(COMMITS, tmp_path, options={"format": "csv"}) as run:
        user = 42 if numeric else "user_42"
        fill(run, *(commit(f"{number}", userId=user) for number in range(4)))
        run.vendor.most = 2
        await run.poll()
        assert run.vendor.asked(".csv")
        assert commits(run) == 4
        assert run.value("cursor_committers") == 1


def _repeating(body: Any, asked: Any) -> httpx.Response:
    return answer({"items": body["items"][:1], "totalCount": 3, "page": 1, "pageSize": 1})


def _repeating_but_numbered(body: Any, asked: Any) -> httpx.Response:
    page = int(asked.query["page"])
    return answer({"items": body["items"][:1], "totalCount": 3, "page": page, "pageSize": 1})


def _too_many_announced(body: Any, asked: Any) -> httpx.Response:
    return answer({"items": body["items"], "totalCount": 7, "page": 1, "pageSize": 100})


def _too_few_announced(body: Any, asked: Any) -> httpx.Response:
    return answer({"items": body["items"], "totalCount": 1, "page": 1, "pageSize": 100})


def _none_announced(body: Any, asked: Any) -> httpx.Response:
    return answer({"items": body["items"], "totalCount": 0, "page": 1, "pageSize": 100})


def _empty_in_between(body: Any, asked: Any) -> httpx.Response:
    page = int(asked.query["page"])
    items = body["items"][:1] if page == 1 else []
    return answer({"items": items, "totalCount": 3, "page": page, "pageSize": 1})


def _no_size(body: Any, asked: Any) -> httpx.Response:
    return answer({"items": body["items"], "totalCount": 3, "page": 1, "pageSize": 0})


@pytest.mark.parametrize(
    "view",
    [
        _repeating, _too_many_announced, _too_few_announced, _none_announced, _empty_in_between,
        _no_size,
    ],
)  # fmt: skip
async def test_pages_that_lie_commit_nothing(
    view: Callable[[Any, Any], httpx.Response], tmp_path: Path
) -> None:
    """A page that repeats, a total that is not what came, a page without rows: a schema error."""
    async with Pipeline(swapped(COMMITS, PAGES, view), tmp_path, options={"format": "json"}) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR, run.status
        assert "/ai-code/commits" in run.status.reason
        assert run.page == ""
        assert (await run.state()).ledger == {}


async def test_a_repeated_page_under_another_number_counts_once(tmp_path: Path) -> None:
    """Rows that come again, as when pages shift, are the same rows."""
    case = swapped(COMMITS, PAGES, _repeating_but_numbered)
    async with Pipeline(case, tmp_path, options={"format": "json"}) as run:
        await run.poll()
        assert commits(run) == 1


async def test_a_smaller_page_than_asked_for_is_taken_at_its_word(tmp_path: Path) -> None:
    """1,000 rows are asked for; where the vendor grants two, pages go on by its own size."""
    async with Pipeline(COMMITS, tmp_path, options={"format": "json"}) as run:
        fill(run, *(commit(f"{number}") for number in range(5)))
        run.vendor.most = 2
        await run.poll()
        asked = [r.url.params for r in run.vendor.requests if r.url.params["page"] != "1"]
        assert [params["page"] for params in asked] == ["2", "3"]
        assert {params["pageSize"] for params in asked} == {str(PAGE_SIZE)}
        assert commits(run) == 5


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
        assert commits(run) == 2
        assert tab_lines(run) == 11 + 10


async def test_a_commit_that_is_amended_on_a_later_day_moves_there(tmp_path: Path) -> None:
    """What its first day counted is taken back there and pays for the second: nothing twice."""
    async with Pipeline(COMMITS, tmp_path) as run:
        first = commit("a", createdAt="2026-01-04T12:00:00.000Z")
        fill(run, first)
        await run.poll()
        assert (commits(run), tab_lines(run)) == (1, 10)
        again = commit("a", createdAt="2026-01-06T09:00:00.000Z", tabLinesAdded=12)
        for rows in ([first, again], [again, first]):
            fill(run, *rows)
            await run.poll()
            assert (commits(run), tab_lines(run)) == (1, 12)


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
        fill(run, _without(row, *names) if absent else row)
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
            _without(commit("b"), *gaps),
            commit("c", userEmail=None, userId=7),
        )
        await run.poll()
        assert run.values("cursor_commits_total") == {
            ("unknown", "unknown"): 2,
            ("example/api", "true"): 1,
        }
        assert run.value("cursor_user_commits_total", "7") == 1


async def test_gaps_in_changes(tmp_path: Path) -> None:
    """No model, no file name, no files, or fewer than the total: every line still counts once."""
    async with Pipeline(CHANGES, tmp_path) as run:
        fill(
            run,
            change("1"),
            _without(change("2", metadata=None), "model"),
            _without(change("3"), "metadata"),
            change("4", metadata=[{"linesAdded": 5}], source="COMPOSER", model="m"),
            change("5", metadata=[{"fileName": "x.py", "fileExtension": "py"}], source="NEW"),
            change("5"),
        )
        await run.poll()
        assert run.values("cursor_changes_total") == {
            ("tab", "unknown"): 3,
            ("composer", "m"): 1,
            ("other", "unknown"): 1,
        }
        added = run.values("cursor_change_file_lines_added_total")
        assert added == {("py",): 8, ("unknown",): 5, ("other",): 8 + 8 + 3 + 8}
        lines = run.values("cursor_change_lines_added_total")
        assert sum(added.values()) == sum(lines.values()) == 5 * 8


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


async def test_whole_days_are_asked_for_as_dates(tmp_path: Path) -> None:
    """So the vendor answers them from its cache; only the open day ends at an instant."""
    async with Pipeline(COMMITS, tmp_path) as run:
        await run.poll()
        asked = [(r.url.params["startDate"], r.url.params["endDate"]) for r in run.vendor.requests]
        assert asked == [
            ("2025-12-23", "2026-01-06"),
            ("2026-01-06", "2026-01-06T10:30:00.000Z"),
        ]
        await run.poll(after=900)
        assert run.vendor.requests[2].headers["if-none-match"]
        assert "if-none-match" not in run.vendor.requests[3].headers


async def test_the_csv_is_asked_for_without_pages(tmp_path: Path) -> None:
    """The CSV endpoints take dates only."""
    async with Pipeline(COMMITS, tmp_path, options={"format": "csv"}) as run:
        run.vendor.most = 1
        await run.poll()
        [request] = run.vendor.asked(CSV)
        assert set(request.url.params) == {"startDate", "endDate"}


@pytest.mark.parametrize("overlap", [0, 3 * DAY])
@pytest.mark.parametrize("days", [1, 29, 30, 31, 75])
def test_windows_are_at_most_thirty_days_and_leave_no_gap(days: int, overlap: int) -> None:
    """They meet, start before the lookback by the overlap, and end at the poll's end."""
    now = int(unix("2026-01-06T10:30:00Z"))
    start = now - now % DAY - days * DAY
    found = list(windows(Window(start, now), overlap))
    assert found[0].start == start - overlap
    assert found[-1].end == now
    assert all(one.end == two.start for one, two in itertools.pairwise(found))
    assert all(window.end - window.start <= 30 * DAY for window in found)


def test_at_midnight_only_whole_days_are_asked_for() -> None:
    """The day that has just begun has no window yet."""
    midnight = int(unix("2026-01-06T00:00:00Z"))
    assert list(windows(Window(midnight - DAY, midnight), 0)) == [Window(midnight - DAY, midnight)]


async def test_rows_before_the_lookback_are_not_counted(tmp_path: Path) -> None:
    """The overlap is read because the vendor may mean the commit's time; its rows count nowhere."""
    async with Pipeline(COMMITS, tmp_path) as run:
        early = commit("a", createdAt="2025-12-29T23:59:59.999Z")
        first = commit("b", createdAt="2025-12-30T00:00:00.000Z")
        fill(run, early, first)
        for _ in range(2):
            await run.poll()
            assert commits(run) == 1


async def test_a_day_that_leaves_the_lookback_is_not_taken_back(tmp_path: Path) -> None:
    """Its commits stay counted: while they are still read, and when the vendor forgets them."""
    async with Pipeline(COMMITS, tmp_path) as run:
        fill(run, commit("a"), commit("b"))
        await run.poll()
        assert commits(run) == 2
        for _ in range(10):
            await run.poll(after=DAY)
            assert commits(run) == 2
        fill(run, commit("z", createdAt="2026-01-16T01:00:00.000Z"))
        await run.poll()
        assert commits(run) == 3
        assert run.status.corrections == 0


async def test_both_times_of_a_row_may_lie_days_apart(tmp_path: Path) -> None:
    """A commit of last week that is ingested today counts today, once."""

    def by_commit_time(body: Any, asked: Any) -> httpx.Response:
        rows = [row | {"createdAt": row["commitTs"]} for row in body["items"]]
        shown = {row["commitHash"] for row in _items(cursor_page({"items": rows}, asked))}
        items = [row for row in body["items"] if row["commitHash"] in shown]
        return answer({"items": items, "totalCount": len(items), "page": 1, "pageSize": PAGE_SIZE})

    case = swapped(COMMITS, PAGES, by_commit_time)
    async with Pipeline(case, tmp_path) as run:
        late = commit(
            "a", commitTs="2025-12-25T08:00:00.000Z", createdAt="2026-01-06T08:00:00.000Z"
        )
        fill(run, late)
        for _ in range(2):
            await run.poll()
            assert commits(run) == 1


def _items(response: httpx.Response) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def test_three_days_of_downtime_are_caught_up(tmp_path: Path) -> None:
    """The first poll after it reads from the last good one on, beyond the lookback."""
    async with Pipeline(CHANGES, tmp_path) as run:
        fill(run, change("1"))
        await run.poll()
        fill(run, change("1"), change("2"), change("3", createdAt="2026-01-07T23:00:00.000Z"))
        await run.restart()
        await run.poll(after=3 * DAY)
        assert sum(run.values("cursor_changes_total").values()) == 3
