"""Rows that break the total of a counter down by their labels."""

from collections.abc import Callable, Sequence
from typing import Any

from exporter.model import OTHER, UNKNOWN, Metric, Sample
from exporter.streams.table import Column, Table, getter


def _nothing(_: Any) -> None:
    """There is no such thing."""


class Breakdown:
    """The metrics of a table whose records are rows of another record, and their labels fields of a row.

    `rows` is the path of the rows in `record`. `totals` finds what has the same fields for all rows
    together, where there is such a thing. `key` is the field of a row by which the vendor knows it.
    """

    def __init__(
        self,
        table: Table[Any],
        record: type[Any],
        rows: str,
        *,
        totals: Callable[[Any], Any] = _nothing,
        key: str = "",
    ) -> None:
        self.metrics = table.metrics
        self._columns = table.columns
        self._rows = getter(record, rows)
        self._totals = totals
        self._key = key

    def count(self, record: Any, bucket: int) -> tuple[list[Sample], tuple[Metric, ...]]:
        """What a record's rows count, and the metrics that they give in full.

        What the rows leave out of a known total goes to `other`. A metric is given in full by its
        total, or by rows that all have a value. A value that is absent is unknown and not 0.
        """
        rows, totals = self._rows(record), self._totals(record)
        samples: list[Sample] = []
        full: list[Metric] = []
        for column in self._columns:
            parts = self._parts(column, rows or (), bucket)
            total = None if totals is None else column.value(totals)
            if total is not None or (rows is not None and len(parts) == len(rows)):
                full.append(column.metric)
            if total is not None:
                rest = total - sum(part.value for part in parts)
                if rest > 0 or not parts:
                    others = (OTHER,) * len(column.metric.labels)
                    parts.append(Sample(column.metric, others, max(0, rest), bucket))
            samples += parts
        return samples, tuple(full)

    def _parts(self, column: Column, rows: Sequence[Any], bucket: int) -> list[Sample]:
        return [
            Sample(column.metric, self._labels(row), value, bucket, key=self._key_of(row))
            for row in rows
            if (value := column.value(row)) is not None
        ]

    def _labels(self, row: Any) -> tuple[str, ...]:
        return tuple(getattr(row, name) or UNKNOWN for name in self.metrics[0].labels)

    def _key_of(self, row: Any) -> str:
        return getattr(row, self._key) if self._key else ""
