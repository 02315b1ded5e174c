"""From the records of one day's reports to samples, and to what the reports speak for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.streams import kit
from exporter.streams.table import getter
from exporter.vendors.github.copilot_reports.metrics import (
    ACROSS,
    AGENT_WINDOW,
    APP,
    APP_TOKENS,
    BY_FEATURE,
    BY_IDE,
    BY_LANGUAGE,
    BY_MODEL,
    CLI,
    CLI_TOKENS,
    COMMENT_TYPES,
    GAUGES,
    PHASES,
    PULL_REQUESTS,
    THIRD_PARTY_AGENTS,
)
from exporter.vendors.github.copilot_reports.records import Entity


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Rows of an entity's record and their metrics, whose labels are fields of the rows.

    `totals` is the record that has the same fields for all rows together, where there is one. `key` is
    what the vendor knows a row's label by.
    """

    table: kit.Table[Any]
    rows: Callable[[Entity], Sequence[Any] | None]
    totals: Callable[[Entity], Any] = lambda _: None
    key: Callable[[Any], str] = lambda _: ""


def _field(path: str) -> Callable[[Entity], Any]:
    return getter(Entity, path)


def _itself(entity: Entity) -> Entity:
    return entity


_TOTALS = (ACROSS, CLI, APP, AGENT_WINDOW, PULL_REQUESTS)
_BREAKDOWNS = (
    Breakdown(BY_FEATURE, _field("totals_by_feature"), _itself),
    Breakdown(BY_IDE, _field("totals_by_ide"), _itself),
    Breakdown(BY_LANGUAGE, _field("totals_by_language_feature"), _itself),
    Breakdown(BY_MODEL, _field("totals_by_model_feature"), _itself),
    Breakdown(CLI_TOKENS, _field("totals_by_cli.tokens")),
    Breakdown(APP_TOKENS, _field("totals_by_copilot_app.tokens")),
    Breakdown(
        THIRD_PARTY_AGENTS, _field("totals_by_3rd_party_agent"), key=lambda agent: str(agent.key)
    ),
    Breakdown(
        COMMENT_TYPES,
        _field("pull_requests.copilot_suggestions_by_comment_type"),
        _field("pull_requests"),
    ),
)


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

    def add_group(self, name: str, size: int) -> None:
        """Take people of a group; groups of one name are one."""
        group = name, self._day.start
        self.groups[group] = self.groups.get(group, 0) + size

    def cover(self, table: kit.Table[Any], record: Any) -> None:
        """Take the metrics that a record has for given in full."""
        self._covered += (sample.metric for sample in table.samples(record))

    def count(self, entity: Entity) -> None:
        """Every counter in the record of an enterprise or organization."""
        for table in _TOTALS:
            self.add(table, entity)
            self.cover(table, entity)
        for breakdown in _BREAKDOWNS:
            totals = breakdown.totals(entity)
            for column in breakdown.table.columns:
                total = None if totals is None else column.value(totals)
                self._break_down(breakdown, column, breakdown.rows(entity), total)

    def _break_down(
        self,
        breakdown: Breakdown,
        column: kit.Column,
        rows: Sequence[Any] | None,
        total: int | None,
    ) -> None:
        """Rows are parts of a counter; what they leave out of a known total goes to `other`.

        The metric is covered where nothing of it can be missing: by the total, or by rows of which
        all are known.
        """
        metric, day = column.metric, self._day.start
        known, found, whole = 0, False, rows is not None
        for row in rows or ():
            value = column.value(row)
            if value is None:
                whole = False
                continue
            found, known = True, known + value
            labels = tuple(getattr(row, name) or kit.UNKNOWN for name in metric.labels)
            self.samples.append(kit.Sample(metric, labels, value, day, key=breakdown.key(row)))
        if total is not None and (total > known or not found):
            other = (kit.OTHER,) * len(metric.labels)
            self.samples.append(kit.Sample(metric, other, max(0, total - known), day))
        if whole or total is not None:
            self._covered.append(metric)


def gauges_of(entity: Entity) -> Iterator[kit.Sample]:
    """Active users; they cannot be added up over days."""
    yield from GAUGES.samples(entity)
    for row in entity.totals_by_ai_adoption_phase or ():
        yield from PHASES.samples(row, (row.name,))
