"""The rows of an export's files, added up by UTC day and series."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from exporter.client.errors import SchemaError
from exporter.model import Metric, Sample
from exporter.streams.csv_rows import CsvRows
from exporter.vendors.github.billing_day import day_start
from exporter.vendors.github.money import ZERO, NotAnAmountError, add, amount
from exporter.vendors.github.usage_reports_metrics import (
    CREDIT_COUNTERS,
    CREDIT_TOKENS,
    CREDITS,
    CREDITS_NET,
    DISCOUNT,
    GROSS,
    NET,
    PREMIUM,
    PREMIUM_COUNTERS,
    PREMIUM_NET,
    QUANTITY,
    SPEND_COUNTERS,
)

UNKNOWN = "unknown"
TOKEN_KINDS = ("input", "output", "cache_read", "cache_write")

_IGNORED = (
    "username",
    "repository",
    "workflow_path",
    "applied_cost_per_quantity",
    "exceeds_quota",
    "total_monthly_quota",
    "aic_quantity",
    "aic_gross_amount",
)

Key: TypeAlias = tuple[int, str, tuple[str, ...]]
"""A day, a unit and the labels of a series."""
_Spread: TypeAlias = Callable[[tuple[str, ...], str, Sequence[Decimal]], Iterator["Told"]]
Told: TypeAlias = tuple[Metric, tuple[str, ...], Decimal]


def _spend(labels: tuple[str, ...], unit: str, sums: Sequence[Decimal]) -> Iterator[Told]:
    gross, discount, net, quantity = sums
    yield GROSS, labels, gross
    yield DISCOUNT, labels, discount
    yield NET, labels, net
    yield QUANTITY, (*labels, unit), quantity


def _credits(labels: tuple[str, ...], _: str, sums: Sequence[Decimal]) -> Iterator[Told]:
    quantity, net, *tokens = sums
    yield CREDITS, labels, quantity
    yield CREDITS_NET, labels, net
    for kind, count in zip(TOKEN_KINDS, tokens, strict=True):
        if count:  # where a file has no tokens, they are unknown
            yield CREDIT_TOKENS, (labels[0], kind), count


def _premium(labels: tuple[str, ...], _: str, sums: Sequence[Decimal]) -> Iterator[Told]:
    quantity, net = sums
    yield PREMIUM, labels, quantity
    yield PREMIUM_NET, labels, net


@dataclass(frozen=True, slots=True)
class ReportType:
    """How a type of report is read: its label columns, its sums, what they become.

    `optional_sums` may be missing or empty. `longest` is how many days an export may span.
    """

    labels: tuple[str, ...]
    required_labels: tuple[str, ...]
    sums: tuple[str, ...]
    optional_sums: tuple[str, ...]
    counters: tuple[Metric, ...]
    spread: _Spread
    longest: int
    unit: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        return ("date", *self.required_labels, *self.sums)

    @property
    def optional(self) -> tuple[str, ...]:
        others = tuple(name for name in self.labels if name not in self.required_labels)
        return (*others, "unit_type", *self.optional_sums)

    def known(self) -> tuple[str, ...]:
        """Columns of the documents that nothing is counted from."""
        everything = ("product", "sku", "model", "quantity", *_AMOUNTS, *_IGNORED)
        return tuple(name for name in everything if name not in (*self.required, *self.optional))


_AMOUNTS = ("gross_amount", "discount_amount", "net_amount")
_MODEL = ("model", "organization", "cost_center_name")
_SUMMARIZED = ReportType(
    labels=("product", "sku", "organization", "cost_center_name"),
    required_labels=("product", "sku"),
    sums=(*_AMOUNTS, "quantity"),
    optional_sums=(),
    counters=SPEND_COUNTERS,
    spread=_spend,
    longest=365,
    unit=True,
)
REPORT_TYPES: Mapping[str, ReportType] = {
    "summarized": _SUMMARIZED,
    "detailed": replace(_SUMMARIZED, longest=31),
    "ai_credit": ReportType(
        labels=_MODEL,
        required_labels=("model",),
        sums=("quantity", "net_amount"),
        optional_sums=TOKEN_KINDS,
        counters=CREDIT_COUNTERS,
        spread=_credits,
        longest=31,
    ),
    "premium_request": ReportType(
        labels=_MODEL,
        required_labels=("model",),
        sums=("quantity", "net_amount"),
        optional_sums=(),
        counters=PREMIUM_COUNTERS,
        spread=_premium,
        longest=31,
    ),
}


class Tally:
    """Adds up the rows of all files of one export that fall on `days`."""

    def __init__(self, report: ReportType, days: Collection[int], source: str) -> None:
        self.count = 0
        self.newest: int | None = None
        self._report, self._days, self._source = report, frozenset(days), source
        columns = (*report.required, *report.optional)
        self._date = columns.index("date")
        self._unit = columns.index("unit_type")
        self._labels = [columns.index(name) for name in report.labels]
        self._amounts = [columns.index(name) for name in (*report.sums, *report.optional_sums)]
        self._optional = frozenset(columns.index(name) for name in report.optional_sums)
        self._sums: defaultdict[Key, list[Decimal]] = defaultdict(
            lambda: [ZERO] * len(self._amounts)
        )

    def rows(self) -> CsvRows:
        """A reader for the next file."""
        report = self._report
        return CsvRows(self._source, report.required, report.optional, report.known())

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Raises SchemaError, without the row's values, for a date or an amount that is none."""
        for row in rows:
            self.count += 1
            try:
                day = day_start(row[self._date])
                amounts = [
                    amount(row[i]) if row[i] or i not in self._optional else ZERO
                    for i in self._amounts
                ]
            except NotAnAmountError as error:
                raise SchemaError(
                    f"{self._source}: CSV row {self.count}: an amount is {error}"
                ) from error
            except ValueError as error:
                raise SchemaError(
                    f"{self._source}: CSV row {self.count}: date is no date"
                ) from error
            if day not in self._days:
                continue
            labels = tuple([row[i] for i in self._labels])
            unit = row[self._unit] if self._report.unit else ""
            add(self._sums[day, unit, labels], amounts)
            self.newest = max(self.newest or day, day)

    def samples(self) -> Iterator[Sample]:
        """The total of each day and series."""
        report = self._report
        named = report.required_labels == ("model",)
        for (day, unit, labels), sums in self._sums.items():
            shown = (labels[0] or UNKNOWN, *labels[1:]) if named else labels
            for metric, series, value in report.spread(shown, unit, sums):
                yield Sample(metric, series, value, day)
