"""What a stream reads from: typed answers, counted and checked; partitions, optional parts, memory."""

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
import pytest

from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    SchemaError,
    State,
    UnavailableError,
)
from exporter.client.paging import LinkHeader, Page
from exporter.client.request import Request
from exporter.model import DAY, HOUR, Window
from exporter.streams.csv_rows import CsvRows
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from tests.client.support import LIST, Handler, Setup, answer

ASK = Request(LIST)
START = 1_700_006_400 - DAY  # 2023-11-14
NOW = START + 3 * DAY + HOUR


class Row(msgspec.Struct):
    id: int


class Rows(msgspec.Struct):
    rows: list[Row]


class KnownRow(Row):
    note: Any = None


@asynccontextmanager
async def source(
    *script: httpx.Response | Exception | Handler, **more: Any
) -> AsyncIterator[Source[Any, Any]]:
    """A source whose vendor answers from a script."""
    setup = Setup(*script)
    yield Source(setup.client, None, None, Window(START, NOW), NOW, **more)
    await setup.client.close()


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, **more}


async def test_an_answer_is_typed_and_its_records_are_counted() -> None:
    """As many as the stream says; unknown fields are drift."""
    async with source(answer({"rows": [row(1, new=1), row(2)], "more": 1})) as found:
        rows = await found.get(ASK, Rows, records=lambda page: len(page.rows))
        assert rows == Rows([Row(1), Row(2)])
        assert (found.records, found.drift) == (2, {"new": 1, "more": 1})


async def test_fields_that_another_record_knows_are_no_drift() -> None:
    """Where a stream reads less of an answer than it knows of it."""
    async with source(answer([row(1, note="x", new=1)])) as found:
        await found.get(ASK, list[Row], known=list[KnownRow])
        assert (found.records, found.drift) == (0, {"new": 1})


async def test_an_answer_that_does_not_fit_counts_nothing() -> None:
    """The error names the endpoint and the place."""
    async with source(answer({"rows": None})) as found:
        with pytest.raises(SchemaError, match=r"^/list: .* - at `\$\.rows`"):
            await found.get(ASK, Rows, records=lambda page: len(page.rows))
        assert (found.records, found.drift) == (0, {})


async def test_a_large_answer_is_read_like_a_small_one() -> None:
    """It is decoded in a thread."""
    rows = [row(number, text="x" * 1_000) for number in range(500)]
    async with source(answer({"rows": rows})) as found:
        assert len((await found.get(ASK, Rows)).rows) == 500


@pytest.mark.parametrize("counted", [True, False])
async def test_the_rows_of_all_pages_are_counted(counted: bool) -> None:
    """Unless they are no records of usage, such as names to ask for."""
    pages = (
        answer([row(1), row(2, new=1)], link=f'<{LIST.path}?page=2>; rel="next"'),
        answer([row(3, new=1)], link=f'<{LIST.path}?page=1>; rel="prev"'),
    )
    async with source(*pages) as found:
        read = [
            page
            async for page in found.pages(
                ASK, LinkHeader(), list[Row], lambda page: page, counted=counted
            )
        ]
        assert read == [[Row(1), Row(2)], [Row(3)]]
        assert (found.records, found.drift) == (3 if counted else 0, {"new": 2})


def ndjson(rows: Iterable[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, content=b"".join(json.dumps(each).encode() + b"\n" for each in rows))


@pytest.mark.parametrize("count", [0, 3, 20_000])
async def test_lines_are_handed_over_in_batches(count: int) -> None:
    """Each once, whatever the size of the file."""
    batches: list[list[Row]] = []
    rows = [row(number, pad="x" * 40, new=1) for number in range(count)]
    async with source(ndjson(rows)) as found:
        assert await found.lines(ASK, Row, batches.append) == count
        assert [each.id for batch in batches for each in batch] == list(range(count))
        assert found.records == count
        assert found.drift == ({"pad": min(count, 100), "new": min(count, 100)} if count else {})
    assert len(batches) > 1 or count < 20_000


async def test_the_rows_of_a_csv_are_handed_over() -> None:
    """Its unknown columns are drift."""
    rows: list[Any] = []
    body = b"id,name,new\n1,a,x\n2,b,y\n"
    async with source(httpx.Response(200, content=body)) as found:
        assert await found.csv(ASK, CsvRows("/list", ["name", "id"]), rows.extend) == 2
        assert rows == [("a", "1"), ("b", "2")]
        assert (found.records, found.drift) == (2, {"new": 1})


async def test_a_download_that_is_no_json_counts_nothing() -> None:
    """What was handed over before is the caller's to drop."""
    async with source(httpx.Response(200, content=b'{"id": 1}\n{"id": 2\n')) as found:
        with pytest.raises(SchemaError, match="what follows record 0 is not JSON"):
            await found.lines(ASK, Row, lambda _: None)
        assert found.records == 0


async def test_odd_rows_are_left_out_of_every_form_of_answer() -> None:
    """A page that has lost rows still has them for the paging, or the list would end there."""
    odd = {"id": "x"}
    answers = (
        answer({"rows": [row(1), odd]}),
        answer([row(1), odd, row(2)]),
        httpx.Response(200, content=b'{"id": 1}\n{"id": "x"}\n'),
        ndjson([odd, row(2)]),
        httpx.Response(200, content=b"id\n1\n2,2\n3\n"),
    )
    rows: list[Any] = []
    async with source(*answers) as found:
        rows += (await found.get(ASK, Rows, records=lambda page: len(page.rows))).rows
        async for page in found.pages(ASK, Numbered(), list[Row], lambda page: page):
            rows += page
        await found.lines(ASK, Row, rows.extend)
        rows += await found.file(ASK, Row)
        await found.csv(ASK, CsvRows(LIST.path, ["id"]), rows.extend)
        assert rows == [Row(1), Row(1), Row(2), Row(1), Row(2), ("1",), ("3",)]
        assert found.rejects.fields == {"id": 4, "other": 1}
        assert found.rows_of(LIST) == 2 + 3 + 2 + 2 + 3
        assert found.records == len(rows)


class Numbered:
    """Paging that wants to know how many rows the only page had."""

    def first(self, request: Request) -> Request:
        return request

    def next(self, _: Request, page: Page[list[Row]]) -> None:
        assert page.count == len(page.value) + 1


async def test_a_stream_rejects_a_row_of_what_it_read_last() -> None:
    """One that fits its type and cannot be counted all the same."""
    async with source(answer({"rows": [row(1), row(2)]})) as found:
        await found.get(ASK, Rows)
        found.reject("id")
        found.rejects.check(done=True)
        assert found.rejects.fields == {"id": 1}
        found.reject("text")
        with pytest.raises(SchemaError, match=r"^/list: 2 of 2 records .* `\$…id`, `\$…text`$"):
            found.rejects.check(done=True)


async def test_the_errors_of_optional_parts_become_the_problem() -> None:
    """The state is the first one's, each part is named, and what follows is read."""
    async with source(answer()) as found:
        for part, error in (
            ("seats", ForbiddenError("refused")),
            ("budgets", UnavailableError("down")),
            ("seats", UnavailableError("down")),
        ):
            async with found.optional(part, "ask less") as read:
                raise error
            assert read.error is error
        assert found.problem is not None
        assert found.problem.state is State.FORBIDDEN
        assert str(found.problem) == "seats: refused; ask less; budgets: down; ask less"


async def test_a_part_tells_what_its_stream_knows_of_the_error() -> None:
    """As the read itself does."""
    async with source(answer(), explain=lambda error: NotFoundError(f"{error}, or gone")) as found:
        async with found.optional("seats"):
            raise ForbiddenError("refused")
        assert found.problem is not None
        assert (found.problem.state, str(found.problem)) == (
            State.NOT_FOUND,
            "seats: refused, or gone",
        )


async def test_an_optional_part_without_an_error_is_no_problem() -> None:
    async with source(answer([row(1), {}])) as found:
        async with found.optional("seats") as read:
            await found.get(ASK, list[Row])
        assert (found.problem, read.error) == (None, None)
        assert found.rejects.fields == {"id": 1}


async def test_the_rows_of_an_optional_part_are_judged_with_it() -> None:
    """Nothing but odd rows is the part's error, and no record of it is rejected."""
    async with source(answer([{}])) as found:
        async with found.optional("seats") as read:
            await found.get(ASK, list[Row])
        assert isinstance(read.error, SchemaError)
        assert found.rejects.fields == {}
        found.rejects.check(done=True)


@pytest.mark.parametrize("error", [RateLimitedError("used up", retry_at=0), ValueError("a bug")])
async def test_other_errors_end_the_read(error: Exception) -> None:
    """A used-up quota always does: the next request would be refused as well."""
    async with source(answer()) as found:
        with pytest.raises(type(error)):
            async with found.optional("seats"):
                raise error
        assert found.problem is None


async def test_partitions_come_in_the_order_of_their_ids() -> None:
    """How far the walk is can be told."""
    told: list[tuple[int, int]] = []
    async with source(answer(), tell=lambda done, of: told.append((done, of))) as found:
        assert list(found.partitions(["b", "c", "a"])) == ["a", "b", "c"]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("after", "left"), [("", ["a", "c"]), ("a", ["c"]), ("b", ["c"]), ("c", []), ("z", [])]
)
async def test_a_walk_goes_on_after_its_last_partition(after: str, left: list[str]) -> None:
    """Also where that one is not there any more; those before it count as done."""
    told: list[tuple[int, int]] = []
    async with source(
        answer(), after=after, tell=lambda done, of: told.append((done, of))
    ) as found:
        assert list(found.partitions(["c", "a"])) == left
    assert told == [*((number, 2) for number in range(2 - len(left), 2)), (2, 2)]


def walked(found: Source[Any, Any], ids: Iterable[str], gone: str) -> list[str]:
    """Walk over partitions of which some are gone; returns those that are there."""
    read = []
    for part in (walk := found.partitions(ids)):
        with walk.passing_over():
            if part in gone:
                raise NotFoundError(f"no {part}")
            read.append(part)
    return read


async def test_partitions_that_are_gone_are_passed_over() -> None:
    """They were removed since the list was read."""
    async with source(answer()) as found:
        assert walked(found, ["a", "b", "c"], gone="ac") == ["b"]


async def test_where_all_partitions_are_gone_there_is_no_such_api() -> None:
    """Which is told once all were asked for, with the last error."""
    async with source(answer()) as found:
        with pytest.raises(NotFoundError, match="no b"):
            walked(found, ["a", "b"], gone="ab")


async def test_a_walk_that_goes_on_does_not_take_all_for_gone() -> None:
    """The partitions before were there."""
    async with source(answer(), after="a") as found:
        assert walked(found, ["a", "b"], gone="ab") == []


async def test_no_partition_is_no_error() -> None:
    async with source(answer()) as found:
        assert list(found.partitions([])) == []


async def test_other_errors_end_a_walk() -> None:
    """Only what is gone is passed over."""
    async with source(answer()) as found:
        walk = found.partitions(["a", "b"])
        with pytest.raises(UnavailableError), walk.passing_over():
            raise UnavailableError("down")


async def test_days_are_partitions() -> None:
    """The last one is cut where the window is; a walk goes on after one by its name."""
    days = [Window(START + n * DAY, START + (n + 1) * DAY) for n in range(3)]
    today = Window(START + 3 * DAY, NOW)
    async with source(answer()) as found:
        assert list(found.days()) == [*days, today]
        assert list(found.days(days[2].end)) == days
        assert list(found.days(START)) == []
    async with source(answer(), after=iso_day(days[1].start)) as found:
        assert list(found.days()) == [days[2], today]


async def test_the_newest_bucket_with_data_is_kept() -> None:
    """In whatever order they are read."""
    async with source(answer()) as found:
        assert found.data_until is None
        for until in (None, 60.0, 180.0, 120.0, None):
            found.has_data(until)
        assert found.data_until == 180


async def test_a_day_with_data_counts_when_it_has_ended() -> None:
    """The day that runs is no whole one, and a day without data lies before it."""
    async with source(answer()) as found:
        found.has_days((START + 3 * DAY,))
        assert found.data_until is None
        found.has_days((START, START + DAY, START + 3 * DAY))
        assert found.data_until == START + 2 * DAY


class Place(msgspec.Struct):
    number: int = 0


class Memory(msgspec.Struct):
    newest: int | None = None
    places: dict[str, Place] = {}


async def test_what_was_remembered_is_recalled() -> None:
    """Whatever mapping it comes in; what another version left is passed over."""
    stored = MappingProxyType({"newest": 5, "places": {"a": {"number": 1}}, "other": [1]})
    async with source(answer(), memory=stored) as found:
        assert found.recall(Memory) == Memory(5, {"a": Place(1)})
    async with source(answer()) as found:
        assert found.recall(Memory) == Memory()


@pytest.mark.parametrize(
    "stored",
    [
        {"newest": "5"},
        {"newest": 5, "places": []},
        {"newest": 5, "places": {"a": {"number": None}}},
        {"newest": 5, "\ud800": 1},
    ],
)
async def test_what_does_not_fit_is_forgotten(
    stored: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Or every poll broke on it, for good: another version, or damage, left it in the state file."""
    async with source(answer(), memory=stored) as found:
        assert found.recall(Memory) == Memory()
    assert "cannot be used" in caplog.text
