"""What both lists of AI code tracking have in common: two formats, pages, windows of whole days."""

import itertools
import logging
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, Window
from exporter.poll.transform.privacy import Users
from exporter.vendors.cursor.tracking import PAGE_SIZE, windows
from tests.streams.cursor.ai_code_changes.case import CASE as CHANGES
from tests.streams.cursor.ai_code_changes.case import COLUMNS as CHANGE_COLUMNS
from tests.streams.cursor.ai_code_commits.case import CASE as COMMITS
from tests.streams.cursor.ai_code_commits.case import COLUMNS as COMMIT_COLUMNS
from tests.streams.cursor.rows import NOON, change, commit, counted_commits, csv_case, fill, swapped
from tests.streams.harness import Case, Pipeline, answer, unix
from tests.streams.views import cursor_csv

PAGES, CSV = "/ai-code/commits", "/ai-code/commits.csv"

both = pytest.mark.parametrize("case", [COMMITS, CHANGES], ids=lambda case: case.stream)


def _name(case: Case) -> str:
    return case.stream.removeprefix("ai_code_")


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


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("commit_hash,user_id\na,b\n", State.SCHEMA_ERROR, "lacks created_at"),
        ("", State.UNAVAILABLE, "no header"),
        ("{header}\n{short}{short}{short}", State.SCHEMA_ERROR, "3 of 3 records"),
        ("{header}\n{row}\n{row}\n", State.UNAVAILABLE, "after 2 of 3 rows"),
        ('{header}\n{row}\n{row}\n"cut', State.UNAVAILABLE, "cut off"),
        ("{header}\n{row}\n{row}\ncut,of", State.UNAVAILABLE, "ends within a row"),
        ("{header}\n{shifted}{shifted}{shifted}", State.SCHEMA_ERROR, "`$…created_at`"),
    ],
    ids=[
        "column missing",
        "empty",
        "rows too short",
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
        header=",".join(names),
        row=",".join(row[n] for n in names),
        shifted=",".join(turned) + "\n",
        short="a,b,c\n",
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
        assert counted_commits(run) == 4
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
        assert counted_commits(run) == 1


async def test_a_smaller_page_than_asked_for_is_taken_at_its_word(tmp_path: Path) -> None:
    """1,000 rows are asked for; where the vendor grants two, pages go on by its own size."""
    async with Pipeline(COMMITS, tmp_path, options={"format": "json"}) as run:
        fill(run, *(commit(f"{number}") for number in range(5)))
        run.vendor.most = 2
        await run.poll()
        asked = [r.url.params for r in run.vendor.requests if r.url.params["page"] != "1"]
        assert [params["page"] for params in asked] == ["2", "3"]
        assert {params["pageSize"] for params in asked} == {str(PAGE_SIZE)}
        assert counted_commits(run) == 5


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
