"""The rows of an export's files, added up by UTC day and series."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from exporter.streams import kit
from exporter.vendors.github.billing.day import day_start
from exporter.vendors.github.billing.money import ZERO, NotAnAmountError, amount
from exporter.vendors.github.usage_reports.metrics import (
    CREDIT_TOKENS,
    CREDITS,
    CREDITS_NET,
    DISCOUNT,
    GROSS,
    NET,
    PREMIUM,
    PREMIUM_NET,
    QUANTITY,
)

_TOKEN_KINDS = ("input", "output", "cache_read", "cache_write")

_COLUMNS = (
    *("date", "product", "sku", "model", "quantity", "unit_type"),
    *("gross_amount", "discount_amount", "net_amount", "username", "repository", "workflow_path"),
    *("applied_cost_per_quantity", "exceeds_quota", "total_monthly_quota"),
    *("aic_quantity", "aic_gross_amount"),
)
"""Columns of the documents, of which each type reads some."""


@dataclass(frozen=True, slots=True)
class ReportType:
    """How a type of report is read.

    `labels` are the columns that tell series apart, in the order of the metrics' labels, and `sums` the
    columns that are added up, each with its metric. Of `optional` ones a file may lack the column, or a
    row the value. An empty first label is shown as `unnamed`. `longest` is how many days an export may
    span.
    """

    labels: tuple[str, ...]
    sums: Mapping[str, kit.Metric]
    optional: frozenset[str]
    longest: int
    unnamed: str = ""

    @property
    def counters(self) -> tuple[kit.Metric, ...]:
        return tuple(dict.fromkeys(self.sums.values()))

    @property
    def columns(self) -> tuple[str, ...]:
        """What is read, those first that a file must have."""
        names = ("date", *self.labels, *self.sums)
        return tuple(sorted(names, key=self.optional.__contains__))


_SUMMARIZED = ReportType(
    labels=("product", "sku", "organization", "cost_center_name", "unit_type"),
    sums={
        "gross_amount": GROSS,
        "discount_amount": DISCOUNT,
        "net_amount": NET,
        "quantity": QUANTITY,
    },
    optional=frozenset({"organization", "cost_center_name", "unit_type"}),
    longest=365,
)
_PREMIUM = ReportType(
    labels=("model", "organization", "cost_center_name"),
    sums={"quantity": PREMIUM, "net_amount": PREMIUM_NET},
    optional=frozenset({"organization", "cost_center_name"}),
    longest=31,
    unnamed=kit.UNKNOWN,
)
REPORT_TYPES: Mapping[str, ReportType] = {
    "summarized": _SUMMARIZED,
    "detailed": replace(_SUMMARIZED, longest=31),
    "ai_credit": replace(
        _PREMIUM,
        sums={
            "quantity": CREDITS,
            "net_amount": CREDITS_NET,
            **dict.fromkeys(_TOKEN_KINDS, CREDIT_TOKENS),
        },
        optional=_PREMIUM.optional.union(_TOKEN_KINDS),
    ),
    "premium_request": _PREMIUM,
}


class Totals:
    """Adds up the rows of all files of one export that fall on `days`."""

    def __init__(self, report: ReportType, days: Collection[int], source: str) -> None:
        self.newest: int | None = None
        self._count = 0
        self._report, self._days, self._source = report, frozenset(days), source
        columns = report.columns
        self._date = columns.index("date")
        self._labels = [columns.index(name) for name in report.labels]
        self._amounts = [columns.index(name) for name in report.sums]
        self._optional = frozenset(columns.index(name) for name in report.optional)
        self._sums: defaultdict[tuple[int, tuple[str, ...]], list[Decimal]] = defaultdict(
            lambda: [ZERO] * len(self._amounts)
        )

    def rows(self) -> kit.CsvRows:
        """A reader for the next file."""
        columns, optional = self._report.columns, self._report.optional
        required = [name for name in columns if name not in optional]
        ignored = [name for name in _COLUMNS if name not in columns]
        return kit.CsvRows(self._source, required, columns[len(required) :], ignored)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Raises SchemaError, without the row's values, for a date or an amount that is none."""
        for row in rows:
            self._count += 1
            try:
                day = day_start(row[self._date])
                amounts = [
                    amount(row[i]) if row[i] or i not in self._optional else ZERO
                    for i in self._amounts
                ]
            except ValueError as error:
                problem = "date is no date"
                if isinstance(error, NotAnAmountError):
                    problem = f"an amount is {error}"
                raise kit.SchemaError(
                    f"{self._source}: CSV row {self._count}: {problem}"
                ) from error
            if day not in self._days:
                continue
            sums = self._sums[day, tuple([row[i] for i in self._labels])]
            for index, value in enumerate(amounts):
                sums[index] += value
            self.newest = max(self.newest or day, day)

    def samples(self) -> Iterator[kit.Sample]:
        """The total of each day and series."""
        report = self._report
        for (day, (first, *others)), sums in self._sums.items():
            labels = (first or report.unnamed, *others)
            for (column, metric), value in zip(report.sums.items(), sums, strict=True):
                if metric is not CREDIT_TOKENS:
                    yield kit.Sample(metric, labels[: len(metric.labels)], value, day)
                elif value:  # where a file has no tokens, they are unknown
                    yield kit.Sample(metric, (labels[0], column), value, day)
