"""JSON payloads are typed records, or an error that names the place."""

from typing import Annotated, ClassVar

import msgspec
import pytest

from exporter.client.errors import SchemaError
from exporter.streams import payload
from exporter.streams.payload import Count, decode, drift


class Part(msgspec.Struct, rename="camel"):
    part_name: str


class Thing(msgspec.Struct, kw_only=True):
    count: Count
    parts: list[Part] = []
    main: Part | None = None
    extra: Annotated[list[Part] | None, msgspec.Meta(description="may be null")] = None
    by_name: dict[str, int] = {}


def test_a_body_becomes_records() -> None:
    """Renamed, nested and defaulted fields; unknown ones are tolerated."""
    body = b'{"count": 3, "parts": [{"partName": "x", "new": 1}], "also": {"new": [1e999]}}'
    assert decode(body, Thing, "/things") == Thing(count=3, parts=[Part("x")])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{}", "unexpected answer: Object missing required field `count`"),
        (b'{"count": "3"}', r"unexpected answer: Expected `int`, got `str` - at `\$\.count`"),
        (b'{"count": -1}', r"unexpected answer: Expected `int` >= 0 - at `\$\.count`"),
        (
            b'{"count": 9007199254740993}',
            r"unexpected answer: Expected `int` <= .* - at `\$\.count`",
        ),
        (b'{"count": 1.5}', "unexpected answer: Expected `int`, got `float`"),
        (
            b'{"count": 1, "parts": [{"partName": "x"}, {}]}',
            r"unexpected answer: Object missing required field `partName` - at `\$\.parts\[1\]`",
        ),
        (b"[]", "unexpected answer: Expected `object`, got `array`"),
        (b"null", "unexpected answer: Expected `object`, got `null`"),
        (b"", "the answer is not JSON: "),
        (b'{"count": 3', "the answer is not JSON: "),
        (b'{"count": 3}{"count": 3}', "the answer is not JSON: "),
        (b"<html>gateway</html>", "the answer is not JSON: "),
        (b'{"count": 3, "parts": [{"partName": "\xff"}]}', "the answer is not JSON: "),
        (b'{"count": 3, "x": ' + b"[" * 100_000, "the answer is not JSON: "),
    ],
)
def test_another_body_is_a_schema_error(body: bytes, problem: str) -> None:
    """It names the endpoint and the path of what is wrong."""
    with pytest.raises(SchemaError, match=f"^/things: {problem}"):
        decode(body, Thing, "/things")


def test_known_fields_are_no_drift() -> None:
    """Under the names that the vendor gives them; keys of a mapping are data."""
    body = (
        b'{"count": 1, "parts": [{"partName": "x"}], "main": {"partName": "y"},'
        b' "extra": [{"partName": "z"}], "by_name": {"anything": 1}}'
    )
    assert drift(body, Thing) == {}


def test_unknown_fields_are_counted_at_every_depth() -> None:
    """In lists, in optional parts, and in what is null besides."""
    body = (
        b'{"count": 1, "a": 1, "parts": [{"partName": "x", "b": 1}, {"partName": "x", "b": null}],'
        b' "main": {"partName": "x", "c": {"d": 1}}, "extra": [{"partName": "x", "part_name": 1}]}'
    )
    assert drift(body, Thing) == {"a": 1, "b": 2, "c": 1, "part_name": 1}


def test_a_document_may_be_of_one_kind_or_another() -> None:
    """As a list that comes in an envelope or bare."""
    assert drift(b'[{"count": 1, "a": 1}]', Part | list[Thing]) == {"a": 1}
    assert drift(b'{"partName": "x", "b": 1}', Part | list[Thing]) == {"b": 1}


def test_a_null_where_a_part_may_be_is_no_drift() -> None:
    """As vendors send it for what they do not have."""
    assert drift(b'{"count": 1, "main": null, "extra": null}', Thing) == {}


def test_of_a_list_the_first_rows_are_searched() -> None:
    """A page of thousands costs no more than one of a hundred."""
    rows = b",".join([b'{"count": 1, "a": 1}'] * (payload.DRIFT_ROWS + 50))
    assert drift(b"[" + rows + b"]", list[Thing]) == {"a": payload.DRIFT_ROWS}


def test_a_number_of_any_size_in_an_unknown_field_is_only_drift() -> None:
    """What nobody reads cannot be too large."""
    assert drift(b'{"count": 1, "a": 1e999}', Thing) == {"a": 1}


@pytest.mark.parametrize("value", [b'"\xff"', b"[" * 100_000 + b"]" * 100_000, b"1" + b"0" * 5_000])
def test_an_unknown_field_that_cannot_be_read_is_a_schema_error(value: bytes) -> None:
    """Text that is not UTF-8, and brackets or digits without end, wherever they stand."""
    with pytest.raises(SchemaError):
        drift(b'{"count": 1, "a": ' + value + b"}", Thing)


class Holder(msgspec.Struct):
    ignored: ClassVar = frozenset({"part", "other"})
    part: Part | None = None


def test_what_a_record_ignores_is_no_drift() -> None:
    """Whatever is in it, and whether the record reads it or not."""
    body = b'{"part": {"partName": "x", "a": 1}, "other": {"b": 1}, "c": 1}'
    assert drift(body, Holder) == {"c": 1}
