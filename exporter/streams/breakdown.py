"""Rows that break the total of a counter down by their labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.model import OTHER, UNKNOWN, Metric, Sample
from exporter.streams.table import Column, Table


def _none(_: Any) -> None:
    """There is no total."""


def _no_key(_: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Where a record has rows, and the metrics of their table, whose labels are fields of a row.

    `totals` is what has the same fields for all rows together, where there is such a thing. `key` is
    what the vendor knows a row by.
    """

    table: Table[Any]
    rows: Callable[[Any], Sequence[Any] | None]
    totals: Callable[[Any], Any] = _none
    key: Callable[[Any], str] = _no_key

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return self.table.metrics

    def count(self, record: Any, bucket: int) -> tuple[list[Sample], tuple[Metric, ...]]:
        """What a record's rows count, and the metrics that they give in full.

        What the rows leave out of a known total goes to `other`. A metric is given in full by its
        total, or by rows that all have a value. A value that is absent is unknown and not 0.
        """
        rows, totals = self.rows(record), self.totals(record)
        samples: list[Sample] = []
        full: list[Metric] = []
        for column in self.table.columns:
            parts = self._parts(column, rows or (), bucket)
            total = None if totals is None else column.value(totals)
            if total is not None:
                rest = total - sum(part.value for part in parts)
                if rest > 0 or not parts:
                    others = (OTHER,) * len(column.metric.labels)
                    parts.append(Sample(column.metric, others, max(0, rest), bucket))
            if total is not None or (rows is not None and len(parts) == len(rows)):
                full.append(column.metric)
            samples += parts
        return samples, tuple(full)

    def _parts(self, column: Column, rows: Sequence[Any], bucket: int) -> list[Sample]:
        metric = column.metric
        return [
            Sample(metric, self._labels(row, metric), value, bucket, key=self.key(row))
            for row in rows
            if (value := column.value(row)) is not None
        ]

    def _labels(self, row: Any, metric: Metric) -> tuple[str, ...]:
        return tuple(getattr(row, name) or UNKNOWN for name in metric.labels)
