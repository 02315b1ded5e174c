"""What one day's reports count, and what they speak for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.metrics import ENTITY_COUNTERS
from exporter.vendors.github.copilot_reports.records import Entity
from exporter.vendors.github.copilot_reports.report_day import ReportDay, is_day


class Totals:
    """The record of an account of a day: in one file or in several, alone or beside other days."""

    def __init__(self, asked: ReportDay) -> None:
        self.record: Entity | None = None
        self._asked = asked

    def add(self, rows: Sequence[Entity]) -> None:
        found = [
            record
            for outer in rows
            for record in ([outer] if outer.day_totals is None else outer.day_totals)
        ]
        mine = [record for record in found if is_day(record.day, self._asked.day)]
        for record in self._asked.records(mine or found):
            # The same day in another spelling is no difference.
            record.day = self._asked.day
            if self.record not in (None, record):
                raise self._asked.error("its files hold different totals")
            self.record = record


class DayCounts:
    """The counters of one day. A value that the report lacks is neither counted nor taken for 0."""

    def __init__(self, day: kit.Window) -> None:
        self.samples: list[kit.Sample] = []
        self.groups: kit.GroupSizes = {}
        self._day = day
        self._covered: list[kit.Metric] = []

    @property
    def coverage(self) -> kit.Coverage:
        """The metrics that the day's reports give in full."""
        return kit.Coverage(tuple(self._covered), self._day)

    def add(
        self, table: kit.Table[Any], record: Any, labels: tuple[str, ...] = (), key: str = ""
    ) -> None:
        """Count what a record has."""
        self.samples += table.samples(record, labels, self._day.start, key=key)

    def add_rows(
        self, table: kit.Table[Any], rows: Iterable[tuple[Any, tuple[str, ...], str]]
    ) -> None:
        """Count records with their labels and keys; what none of them lacks is given in full."""
        rows, before = list(rows), len(self.samples)
        for record, labels, key in rows:
            self.add(table, record, labels, key)
        found = Counter(sample.metric for sample in self.samples[before:])
        self._covered += (metric for metric in table.metrics if found[metric] == len(rows))

    def add_group(self, name: str, size: int) -> None:
        """Take people of a group; groups of one name are one."""
        group = name, self._day.start
        self.groups[group] = self.groups.get(group, 0) + size

    def cover(self, table: kit.Table[Any], record: Any) -> None:
        """Take the metrics that a record has for given in full."""
        self._covered += (sample.metric for sample in table.samples(record))

    def count(self, entity: Entity) -> None:
        """Every counter in the record of an enterprise or organization."""
        for part in ENTITY_COUNTERS:
            samples, full = part.count(entity, self._day.start)
            self.samples += samples
            self._covered += full
