"""The rows of an export's files, added up by UTC day and series."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from exporter.streams import kit
from exporter.vendors.github.billing.day import day_start
from exporter.vendors.github.billing.money import amount
from exporter.vendors.github.usage_reports.metrics import (
    CREDIT_TOKENS,
    CREDITS,
    DOLLARS,
    PREMIUM,
    UNITS,
)

_Row: TypeAlias = Mapping[str, str]
"""A row by the names of its columns; an optional column that a file lacks is empty."""
_Count: TypeAlias = Callable[[_Row, int, kit.Tally], None]

_ACCOUNT = ("organization", "cost_center_name")
_AMOUNTS = ("gross_amount", "discount_amount", "net_amount", "quantity")
_TOKENS = ("input", "output", "cache_read", "cache_write")

_KNOWN = (
    *("date", "product", "sku", "model", "quantity", "unit_type", *_ACCOUNT),
    *("gross_amount", "discount_amount", "net_amount", "username", "repository", "workflow_path"),
    *("applied_cost_per_quantity", "exceeds_quota", "total_monthly_quota"),
    *("aic_quantity", "aic_gross_amount"),
)
"""Columns of the documents, of which each type reads some."""


def _spend(row: _Row, day: int, tally: kit.Tally) -> None:
    series = (row["product"], row["sku"], row["organization"], row["cost_center_name"])
    *dollars, quantity = [amount(row[name]) for name in _AMOUNTS]
    tally.add(DOLLARS, series, day, dollars)
    tally.add(UNITS, (*series, row["unit_type"]), day, [quantity])


def _premium(row: _Row, day: int, tally: kit.Tally) -> None:
    tally.add(PREMIUM, _by_model(row), day, [amount(row["quantity"]), amount(row["net_amount"])])


def _credits(row: _Row, day: int, tally: kit.Tally) -> None:
    series = _by_model(row)
    tokens = [(token_kind, amount(row[token_kind])) for token_kind in _TOKENS if row[token_kind]]
    tally.add(CREDITS, series, day, [amount(row["quantity"]), amount(row["net_amount"])])
    for token_kind, number in tokens:
        tally.add(CREDIT_TOKENS, (series[0], token_kind), day, [number])


def _by_model(row: _Row) -> tuple[str, ...]:
    return (row["model"] or kit.UNKNOWN, row["organization"], row["cost_center_name"])


def _odd(row: _Row) -> str:
    """The column in which a row cannot be counted."""
    for name in (*_AMOUNTS, *_TOKENS):
        if name in row and (row[name] or name in _AMOUNTS):
            try:
                amount(row[name])
            except ValueError:
                return name
    return "date"


@dataclass(frozen=True, slots=True)
class ReportType:
    """How a type of report is read: its columns, and what adds a row to the sums of `groups`.

    `longest` is how many days an export may span.
    """

    count: _Count
    groups: tuple[kit.Group, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = _ACCOUNT
    longest: int = 31

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return tuple(metric for group in self.groups for metric in group.metrics)


_SUMMARIZED = ReportType(
    _spend,
    (DOLLARS, UNITS),
    ("date", "product", "sku", "gross_amount", "discount_amount", "net_amount", "quantity"),
    (*_ACCOUNT, "unit_type"),
    longest=365,
)
_OF_MODELS = ("date", "model", "quantity", "net_amount")
REPORT_TYPES: Mapping[str, ReportType] = {
    "summarized": _SUMMARIZED,
    "detailed": replace(_SUMMARIZED, longest=31),
    "ai_credit": ReportType(_credits, (CREDITS, CREDIT_TOKENS), _OF_MODELS, (*_ACCOUNT, *_TOKENS)),
    "premium_request": ReportType(_premium, (PREMIUM,), _OF_MODELS),
}


class Totals:
    """Adds up the rows of all files of one export that fall on `days`."""

    def __init__(
        self, report: ReportType, days: Collection[int], source: str, reject: kit.Reject
    ) -> None:
        self.newest: int | None = None
        self._report, self._days, self._source = report, frozenset(days), source
        self._reject = reject
        self._tally = kit.Tally()

    def rows(self) -> kit.CsvRows:
        """A reader for the next file."""
        return kit.CsvRows(self._source, self._report.required, self._report.optional, _KNOWN)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Add rows; one with a date or an amount that is none is rejected."""
        columns = (*self._report.required, *self._report.optional)
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            try:
                self._add(cells)
            except ValueError:
                self._reject(_odd(cells))

    def samples(self) -> Iterator[kit.Sample]:
        """The total of each day and series; where a file has no tokens, they are unknown."""
        for sample in self._tally.samples():
            if sample.value or sample.metric not in CREDIT_TOKENS.metrics:
                yield sample

    def _add(self, row: _Row) -> None:
        day = day_start(row["date"])
        if day in self._days:
            self._report.count(row, day, self._tally)
            self.newest = max(self.newest or day, day)
