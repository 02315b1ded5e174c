"""CSV in pieces gives the rows that the whole would, and never a part of one."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.client.errors import SchemaError, UnavailableError
from exporter.streams.csv_rows import LARGEST_RECORD, CsvRows

Row = tuple[str, ...]

fields = st.one_of(
    st.sampled_from(["", "a", '"', '""', "\n", "\r\n", "\r", ",", 'say "hi",\r\n\r\n', "ü🦊", " "]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(fields, min_size=width, max_size=width), min_size=1, max_size=6)
)


def written(
    rows: Iterable[Sequence[str]], end: str = "\r\n", quoting: int = csv.QUOTE_ALL
) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue().encode()


def sliced(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def read(reader: CsvRows, pieces: Iterable[bytes]) -> list[Row]:
    rows: list[Row] = []
    for piece in pieces:
        rows.extend(reader.feed(piece))
    rows.extend(reader.close())
    return rows


def read_all(body: str, required: Sequence[str] = ("a", "b"), **more: Any) -> list[Row]:
    return read(CsvRows("/x.csv", required, **more), [body.encode()])


@settings(deadline=None)
@given(
    tables,
    st.lists(st.integers(0, 10_000), max_size=8),
    st.sampled_from(["\r\n", "\n"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.booleans(),
)
def test_any_table_in_any_slices_gives_the_same_rows(
    table: list[list[str]], cuts: list[int], end: str, mark: bytes, ended: bool
) -> None:
    """Cut inside quotes, line breaks and characters; with and without BOM and last line break."""
    header = [f"column {index}" for index in range(len(table[0]))]
    data = mark + written([header, *table], end)
    reader = CsvRows("/x.csv", header)
    rows = read(reader, sliced(data if ended else data.removesuffix(end.encode()), cuts))
    assert rows == [tuple(row) for row in table]
    assert reader.count == len(table)


@settings(deadline=None)
@given(tables, st.lists(st.integers(0, 10_000), max_size=8))
def test_quotes_only_where_they_are_needed_read_the_same(
    table: list[list[str]], cuts: list[int]
) -> None:
    """As Python and most servers write CSV; a lone empty field is quoted, or it would be no row."""
    header = [f"column {index}" for index in range(len(table[0]))]
    plain = [[field.replace("\r", "\n") for field in row] for row in table]
    data = written([header, *plain], quoting=csv.QUOTE_MINIMAL)
    assert read(CsvRows("/x.csv", header), sliced(data, cuts)) == [tuple(row) for row in plain]


def test_a_row_is_given_as_soon_as_it_is_complete() -> None:
    """And not sooner: a line break inside quotes ends nothing."""
    reader = CsvRows("/x.csv", ["a", "b"])
    assert list(reader.feed(b"a,b\n1,2\n3")) == [("1", "2")]
    assert list(reader.feed(b',"x\ny')) == []
    assert list(reader.feed(b'"\n')) == [("3", "x\ny")]
    assert list(reader.close()) == []


def test_columns_come_by_name_in_the_order_asked_for() -> None:
    """Whatever their order in the file; unknown ones are reported, ignored ones not."""
    reader = CsvRows("/x.csv", ["b", "a"], ["c"], ["id"])
    rows = read(reader, [b"a, id ,d,c,b\n1,2,3,4,5\n"])
    assert rows == [("5", "1", "4")]
    assert reader.unknown == ["d"]


def test_an_unknown_column_of_numbers_is_told_apart() -> None:
    """It looks like a counter that is not read; ids do too, and are none."""
    lines = [f"x,{n},{n}.5,{n},{'' if n % 2 else n},text\n" for n in range(200)]
    reader = CsvRows("/x.csv", ["a"])
    read(reader, [("a,tokens,cost,user_id,seldom,note\n" + "".join(lines)).encode()])
    assert reader.uncounted == {"tokens", "cost"}


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("b,a,c,d", ("1", "2", "3", "4")),
        ("b,a,d", ("1", "2", "", "4")),
        ("b,a", ("1", "2", "", "")),
    ],
)
def test_optional_columns_may_be_absent(header: str, row: Row) -> None:
    """They are empty then."""
    fields = {"b": "1", "a": "2", "c": "3", "d": "4"}
    line = ",".join(fields[name] for name in header.split(","))
    assert read_all(f"{header}\n{line}\n", ("b", "a"), optional=("c", "d")) == [row]


def test_a_single_column_is_a_tuple_too() -> None:
    """A row is unpacked by its reader, however many columns it has."""
    assert read_all("a,b\n1,2\n", ("b",)) == [("2",)]


def test_blank_lines_are_no_rows() -> None:
    """Some servers end a file with them."""
    assert read_all("a,b\n1,2\n\n\r\n3,4\n\n") == [("1", "2"), ("3", "4")]


def test_a_header_alone_is_an_empty_table() -> None:
    """With or without its line break."""
    assert read_all("a,b\n") == read_all("a,b") == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("a,c\n1,2\n", "the CSV header lacks b"),
        ("\n1,2\n", "the CSV header lacks a, b"),
        ('a,b\n1,"2"3\n', "CSV after row 0: "),
        ("a,b\n1,\udc80\n", "the CSV is not UTF-8"),
        ("a,b\n1," + "x" * 200_000 + "\n", "CSV after row 0: field larger than field limit"),
    ],
)
def test_what_is_not_the_promised_table_is_a_schema_error(body: str, problem: str) -> None:
    """The message names the endpoint, the row and what is wrong with it."""
    reader = CsvRows("/x.csv", ["a", "b"])
    with pytest.raises(SchemaError, match=f"^/x.csv: {problem}"):
        read(reader, [body.encode("utf-8", "surrogateescape")])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('a,b\n1,"2\n3,4\n', "the CSV ends inside quotes, it was cut off"),
        ('a,b\n1,2\n3,"', "the CSV ends inside quotes, it was cut off"),
        ("a,b\n1,2\n3", "the CSV ends within a row, it was cut off"),
        ("", "the CSV has no header line"),
    ],
)
def test_a_body_that_was_cut_off_is_unavailable(body: str, problem: str) -> None:
    """The vendor may do better next time."""
    with pytest.raises(UnavailableError, match=f"^/x.csv: {problem}$"):
        read_all(body)


def test_a_body_may_be_empty_where_the_reader_says_so() -> None:
    """Half a row is cut off all the same."""
    assert read(CsvRows("/x.csv", ["a"], may_be_empty=True), []) == []
    with pytest.raises(UnavailableError):
        read(CsvRows("/x.csv", ["a"], may_be_empty=True), [b'a\n"'])


@pytest.mark.parametrize("odd", ["short", "1,2,3"])
def test_a_row_of_another_width_is_left_out(odd: str) -> None:
    """Wherever slices and batches end; it counts as read, and as odd."""
    for number in (1, 31, 32, 33, 255, 256, 257, 700):
        good = [f"{row},x\n" for row in range(1, number)]
        reader = CsvRows("/x.csv", ["a", "b"])
        body = "a,b\n" + "".join([*good, f"{odd}\n", *["1,2\n"] * 300])
        rows = read(reader, [body.encode()])
        assert len(rows) == number - 1 + 300
        assert rows[number - 1] == ("1", "2")
        assert (reader.count, reader.odd) == (len(rows) + 1, {"other": 1})


def test_a_quote_that_is_never_closed_takes_bounded_memory() -> None:
    """The stream ends long before the body does."""
    reader = CsvRows("/x.csv", ["a"])
    list(reader.feed(b'a\n"'))
    endless = [b"x" * (LARGEST_RECORD // 10)] * 100
    with pytest.raises(SchemaError, match=r"a CSV record is longer than \d+ bytes"):
        read(reader, endless)
