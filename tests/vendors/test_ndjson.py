"""Newline-delimited JSON: the same records however a body is cut, bounded lines, places in messages."""

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import SchemaError
from exporter.streams.ndjson import JsonLines

SOURCE = "/reports/files"


class Row(msgspec.Struct):
    id: int
    name: str | None = None


class Known(Row):
    note: Any = None


def read(body: bytes, cuts: list[int] | None = None, **limits: int) -> list[Row]:
    """The records of a body that arrives cut at these places."""
    lines = JsonLines(SOURCE, Row, **limits)
    places = [0, *sorted(min(cut, len(body)) for cut in cuts or ()), len(body)]
    found = [
        row for start, end in itertools.pairwise(places) for row in lines.feed(body[start:end])
    ]
    found += lines.close()
    assert lines.count == len(found)
    return found


rows = st.lists(
    st.builds(
        lambda id_, name: {"id": id_, "name": name},
        st.integers(-(2**40), 2**40),
        st.none() | st.text(st.characters(codec="utf-8")),
    ),
    max_size=12,
)
cuts = st.lists(st.integers(0, 600), max_size=8)


@given(rows=rows, cuts=cuts, ascii_=st.booleans(), ending=st.sampled_from(["", "\n", "\r\n\n"]))
def test_lines_are_read_however_they_are_cut(
    rows: list[dict[str, Any]], cuts: list[int], ascii_: bool, ending: str
) -> None:
    """Slices may end inside a line, a number or a character."""
    text = "\n".join(json.dumps(row, ensure_ascii=ascii_) for row in rows) + ending
    expected = [Row(**row) for row in rows]
    assert read(text.encode(), cuts) == expected


@given(rows=rows, cuts=cuts, indent=st.sampled_from([None, 1, 2]))
def test_an_array_is_read_like_lines(
    rows: list[dict[str, Any]], cuts: list[int], indent: int | None
) -> None:
    """On one line or over many."""
    assert read(json.dumps(rows, indent=indent).encode(), cuts) == [Row(**row) for row in rows]


@given(rows=rows.filter(bool), cuts=cuts)
def test_objects_over_several_lines_are_read(rows: list[dict[str, Any]], cuts: list[int]) -> None:
    """One of them, or one after the other."""
    text = "\n".join(json.dumps(row, indent=2) for row in rows)
    assert read(text.encode(), cuts) == [Row(**row) for row in rows]


@pytest.mark.parametrize("cut", range(12))
def test_a_byte_order_mark_and_blank_lines_are_passed_over(cut: int) -> None:
    """Wherever the first slice ends."""
    assert read(b'\xef\xbb\xbf\n\n {"id": 1}\n\n{"id": 2}\n', [cut]) == [Row(1), Row(2)]


@pytest.mark.parametrize("body", [b"", b"\n", b" \r\n ", b"[]", b"[\n]\n"])
def test_nothing_is_no_records(body: bytes) -> None:
    assert read(body) == []


def test_records_come_with_their_slice() -> None:
    """A file is not held until its end."""
    lines = JsonLines(SOURCE, Row)
    assert lines.feed(b'{"id": 1}\n{"id": 2}\n{"i') == [Row(1), Row(2)]
    assert lines.feed(b'd": 3}\n') == [Row(3)]
    assert lines.close() == []


def test_an_endless_line_is_refused() -> None:
    """Memory is bounded by the longest line, wherever it begins."""
    lines = JsonLines(SOURCE, Row, longest_line=100)
    lines.feed(b'{"id": 1}\n')
    lines.feed(b'{"id": 2' + b" " * 90)
    with pytest.raises(SchemaError, match="after record 1 is longer than 100 bytes"):
        lines.feed(b"   ")


@pytest.mark.parametrize("start", [b"[\n", b"{\n"])
def test_an_endless_document_is_refused(start: bytes) -> None:
    """A body that is not one record a line has a limit of its own."""
    lines = JsonLines(SOURCE, Row, longest_line=10_000, longest_document=100)
    lines.feed(start + b" " * 90)
    with pytest.raises(SchemaError, match="larger than 100 bytes"):
        lines.feed(b" " * 9)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"id": 1}\n{"id": 2', "what follows record 1 is not JSON: Input data was truncated"),
        (b"soon back", "what follows record 0 is not JSON"),
        (b'{"id": 1}\n{"id": 2, "name": "\xff"}', "what follows record 1 is not JSON"),
    ],
)
@pytest.mark.parametrize("cut", [0, 12])
def test_messages_name_the_record(body: bytes, message: str, cut: int) -> None:
    """By its number in the whole body, however that was cut, and never by what it holds."""
    with pytest.raises(SchemaError) as caught:
        read(body, [cut])
    assert str(caught.value).startswith(f"{SOURCE}: {message}")


def test_unknown_fields_are_those_that_no_record_knows() -> None:
    """Of the full record where a smaller one is read, and of the first hundred rows."""
    body = b"".join(b'{"id": %d, "note": 1, "more": 2}\n' % number for number in range(150))
    lines = JsonLines(SOURCE, Row, Known)
    assert len(lines.feed(body)) == 150
    assert lines.unknown == {"more": 100}
    lines = JsonLines(SOURCE, Row)
    assert [*lines.feed(b'[{"id": 1, "note": 1}]'), *lines.close()] == [Row(1)]
    assert lines.unknown == {"note": 1}


def test_an_unknown_field_of_numbers_is_told_apart() -> None:
    """It looks like a counter that is not read; a flag, a text or a number now and then do not."""
    row = {"id": 1, "tokens": 2, "cost": 0.5, "userId": 7, "note": "x", "flag": True}
    rows = [row if number % 2 else row | {"seldom": 1} for number in range(50)]
    lines = JsonLines(SOURCE, Row)
    lines.feed("".join(f"{json.dumps(each)}\n" for each in rows).encode())
    assert lines.uncounted == {"tokens", "cost"}


@pytest.mark.parametrize(
    ("body", "odd"),
    [
        (b'{"id": 1}\n{"id": "x"}\n{"id": 2}', "id"),
        (b'{"id": 1}\n{}\n{"id": 2}\n', "id"),
        (b'[{"id": 1}, {"id": 1, "name": 5}, {"id": 2}]', "name"),
        (b'null\n{"id": 1}\n{"id": 2}', "other"),
    ],
)
@pytest.mark.parametrize("cut", [0, 12, 20])
def test_a_record_that_does_not_fit_is_left_out(body: bytes, odd: str, cut: int) -> None:
    """It counts as read, and as odd by its field."""
    lines = JsonLines(SOURCE, Row)
    assert [*lines.feed(body[:cut]), *lines.feed(body[cut:]), *lines.close()] == [Row(1), Row(2)]
    assert (lines.count, lines.gone, lines.odd) == (3, 1, {odd: 1})
