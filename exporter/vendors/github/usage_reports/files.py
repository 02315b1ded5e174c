"""The rows of an export's files, added up by UTC day and series."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from typing import TypeAlias

from exporter.streams import kit
from exporter.streams.money import ZERO, NotAnAmountError, amount
from exporter.vendors.github.billing.by_model import (
    CREDIT,
    CREDITS,
    PREMIUM,
    REQUEST,
    series_of,
    unit_of,
)
from exporter.vendors.github.billing.day import day_start
from exporter.vendors.github.usage_reports.metrics import CREDIT_TOKENS, DOLLARS, UNITS

_Row: TypeAlias = Mapping[str, str]
"""A row by the names of its columns; an optional column that a file lacks is empty."""
_Count: TypeAlias = Callable[[_Row, int, kit.Tally], None]

_ACCOUNT = ("organization", "cost_center_name")

_TOKENS = {
    "input": ("input", "input_tokens", "total_input_tokens"),
    "output": ("output", "output_tokens", "total_output_tokens"),
    "cache_read": ("cache_read", "cache_read_tokens", "total_cache_read_tokens"),
    "cache_write": (
        *("cache_write", "cache_write_tokens", "total_cache_write_tokens"),
        *("cache_creation", "cache_creation_tokens", "total_cache_creation_tokens"),
    ),
}
"""The columns that tokens of a kind were seen in; a file has one of them."""

_KNOWN = (
    *("date", "product", "sku", "model", "quantity", "unit_type", *_ACCOUNT),
    *("gross_amount", "discount_amount", "net_amount", "username", "repository", "workflow_path"),
    *("applied_cost_per_quantity", "exceeds_quota", "total_monthly_quota"),
    *("aic_quantity", "aic_gross_amount"),
)
"""Columns of the documents, of which each type reads some."""


class OddCellError(ValueError):
    """A cell of a row that cannot be counted; `column` is where it is."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class OtherUnitError(ValueError):
    """A row is in another unit than its counter, and does not say how much it would be in that."""


def _spend(row: _Row, day: int, tally: kit.Tally) -> None:
    series = (row["product"], row["sku"], row["organization"], row["cost_center_name"])
    dollars = [_amount(row, name) for name in ("gross_amount", "discount_amount", "net_amount")]
    quantity = _amount(row, "quantity")
    tally.add(DOLLARS, series, day, dollars)
    tally.add(UNITS, (*series, row["unit_type"]), day, [quantity])


def _premium(row: _Row, day: int, tally: kit.Tally) -> None:
    if unit_of(row["unit_type"]) not in ("", REQUEST):
        raise OtherUnitError(row["unit_type"])
    tally.add(PREMIUM, _series(row), day, [_amount(row, "quantity"), _amount(row, "net_amount")])


def _credits(row: _Row, day: int, tally: kit.Tally) -> None:
    """Files of the month in which credits began have rows in requests, with their credits beside them."""
    unit = unit_of(row["unit_type"])
    if unit != CREDIT and row["aic_quantity"]:
        used = _amount(row, "aic_quantity")
    elif unit in ("", CREDIT):
        used = _amount(row, "quantity")
    else:
        raise OtherUnitError(row["unit_type"])
    net, series = _amount(row, "net_amount"), _series(row)
    tokens = {kind: _tokens(row, columns) for kind, columns in _TOKENS.items()}
    tally.add(CREDITS, series, day, [used, net])
    for kind, count in tokens.items():
        if count:
            tally.add(CREDIT_TOKENS, (series[0], kind, series[-1]), day, [count])


def _series(row: _Row) -> tuple[str, ...]:
    return series_of(row["model"], [row[name] for name in _ACCOUNT])


def _amount(row: _Row, column: str) -> Decimal:
    try:
        return amount(row[column])
    except NotAnAmountError as error:
        raise OddCellError(column) from error


def _tokens(row: _Row, columns: Sequence[str]) -> Decimal:
    """The tokens of a kind; where a file has none they are unknown, which counts nothing."""
    column = next((name for name in columns if row[name]), None)
    if column is None:
        return ZERO
    count = _amount(row, column)
    if count < 0:
        raise OddCellError(column)
    return count


@dataclass(frozen=True, slots=True)
class ReportType:
    """How a type of report is read: its columns, and what adds a row to the sums of `groups`.

    `longest` is how many days an export may span.
    """

    count: _Count
    groups: tuple[kit.Group, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = (*_ACCOUNT, "unit_type")
    longest: int = 31

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return tuple(metric for group in self.groups for metric in group.metrics)


_SUMMARIZED = ReportType(
    _spend,
    (DOLLARS, UNITS),
    ("date", "product", "sku", "gross_amount", "discount_amount", "net_amount", "quantity"),
    longest=365,
)
_OF_MODELS = ("date", "model", "quantity", "net_amount")
REPORT_TYPES: Mapping[str, ReportType] = {
    "summarized": _SUMMARIZED,
    "detailed": replace(_SUMMARIZED, longest=31),
    "ai_credit": ReportType(
        _credits,
        (CREDITS, CREDIT_TOKENS),
        _OF_MODELS,
        (*_ACCOUNT, "unit_type", "aic_quantity", *chain.from_iterable(_TOKENS.values())),
    ),
    "premium_request": ReportType(_premium, (PREMIUM,), _OF_MODELS),
}


class Totals:
    """Adds up the rows of all files of one export that fall on `days`.

    `asked` are the days of the export, of which others may have been counted before.
    """

    def __init__(
        self,
        report: ReportType,
        asked: kit.Window,
        days: Collection[int],
        source: str,
        reject: kit.Reject,
        leave_out: kit.Reject,
    ) -> None:
        self._report, self._asked, self._days = report, asked, frozenset(days)
        self._source, self._reject, self._leave_out = source, reject, leave_out
        self._inside = self._outside = 0
        self._tally = kit.Tally()

    def rows(self) -> kit.CsvRows:
        """A reader for the next file."""
        return kit.CsvRows(self._source, self._report.required, self._report.optional, _KNOWN)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows; one with a cell that cannot be counted is rejected, one in another unit left out."""
        columns = (*self._report.required, *self._report.optional)
        for row in rows:
            try:
                self._add(dict(zip(columns, row, strict=True)))
            except OddCellError as error:
                self._reject(error.column)
            except OtherUnitError:
                # A file of the month in which the unit changed may have any number of them.
                self._leave_out("unit_type")

    def samples(self) -> Iterator[kit.Sample]:
        """The total of each day and series; raises SchemaError where the files are of other days."""
        if self._outside and not self._inside:
            asked = kit.iso_day(self._asked.start)
            raise kit.SchemaError(
                f"{self._source}: asked for {asked} and later, all {self._outside} rows are of other days"
            )
        return self._tally.samples()

    def _add(self, row: _Row) -> None:
        try:
            day = day_start(row["date"])
        except ValueError as error:
            raise OddCellError("date") from error
        if day in self._asked:
            self._inside += 1
        else:
            self._outside += 1
        if day in self._days:
            self._report.count(row, day, self._tally)
