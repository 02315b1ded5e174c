"""A breakdown adds up to its total, and says when it is complete."""

import msgspec
import pytest

from exporter.model import OTHER, UNKNOWN
from exporter.streams.breakdown import Breakdown
from exporter.streams.payload import Count
from exporter.streams.table import Table


class Row(msgspec.Struct, kw_only=True):
    id: str = ""
    language: str | None = None
    lines: Count | None = None


class Day(msgspec.Struct, kw_only=True):
    lines: Count | None = None
    rows: list[Row] | None = None


TABLE = Table(Row, api="An API", labels=("language",))
LINES = TABLE.counter("x_lines_total", "Lines", "lines")
WITH_TOTAL = Breakdown(TABLE, Day, "rows", totals=lambda day: day)
WITHOUT = Breakdown(TABLE, Day, "rows", key="id")


def rows(*values: int | None) -> list[Row]:
    return [Row(id=str(n), language="go", lines=value) for n, value in enumerate(values)]


def counted(breakdown: Breakdown, day: Day) -> tuple[dict[str, int], bool]:
    """The sums by label, and whether the metric is given in full."""
    samples, full = breakdown.count(day, 60)
    assert {sample.bucket for sample in samples} <= {60}
    sums: dict[str, int] = {}
    for sample in samples:
        sums[sample.labels[0]] = sums.get(sample.labels[0], 0) + int(sample.value)
    return sums, LINES in full


@pytest.mark.parametrize(
    ("total", "parts", "sums", "full"),
    [
        (10, rows(6, 1), {"go": 7, OTHER: 3}, True),
        (10, rows(6, 4), {"go": 10}, True),
        (10, rows(6, 9), {"go": 15}, True),
        (10, rows(6, None), {"go": 6, OTHER: 4}, True),
        (10, None, {OTHER: 10}, True),
        (0, [], {OTHER: 0}, True),
        (None, rows(6, 4), {"go": 10}, True),
        (None, rows(6, None), {"go": 6}, False),
        (None, [], {}, True),
        (None, None, {}, False),
    ],
)
def test_rows_and_their_total(
    total: int | None, parts: list[Row] | None, sums: dict[str, int], *, full: bool
) -> None:
    """The total speaks for everything, as do rows that all have a value; else the rest is unknown."""
    assert counted(WITH_TOTAL, Day(lines=total, rows=parts)) == (sums, full)


def test_rows_without_a_total_are_all_that_there_is() -> None:
    """The record's own field is not asked."""
    assert counted(WITHOUT, Day(lines=10, rows=rows(6))) == ({"go": 6}, True)


def test_a_row_without_a_name_is_unknown_and_known_by_its_key() -> None:
    """Two of one name are counted apart."""
    found, _ = WITHOUT.count(Day(rows=[Row(id="5", lines=1), Row(id="6", language="", lines=2)]), 0)
    assert [(s.labels, s.key, s.value) for s in found] == [
        ((UNKNOWN,), "5", 1),
        ((UNKNOWN,), "6", 2),
    ]


def test_rows_that_are_not_there_are_refused_at_once() -> None:
    """The module that declares it cannot be imported."""
    with pytest.raises(TypeError, match="Day has no field 'lists'"):
        Breakdown(TABLE, Day, "lists")
