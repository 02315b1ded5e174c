"""What a report of usage or cost adds up to, by day."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from exporter.streams import kit
from exporter.vendors.anthropic.enterprise_usage import metrics
from exporter.vendors.anthropic.enterprise_usage.exports import Told
from exporter.vendors.anthropic.enterprise_usage.metrics import Figures
from exporter.vendors.anthropic.tokens import ASSISTANT_KINDS

_REST = (kit.OTHER, kit.OTHER)


class ExportSums:
    """Sums by product and model. What the groups leave out of a total is in `other`.

    `foreign` is how many rows are in another currency than dollars.
    """

    def __init__(self, window: kit.Window, told: Told, counters: tuple[kit.Metric, ...]) -> None:
        self._counters = counters
        self._told = told
        until = told.refreshed
        end = window.start if until is None else min(window.end, max(window.start, int(until)))
        self.window = kit.Window(window.start, end)
        self._tally = kit.Tally()
        self._sums: defaultdict[tuple[int, kit.Group, tuple[str, ...]], int | Decimal]
        self._sums = defaultdict(int)
        self._unknown: defaultdict[int, set[kit.Metric]] = defaultdict(set)
        self.foreign = 0
        self.days = sorted({day for day, _, _ in told.groups if day in self.window})
        for day, labels, figures in told.groups:
            if day in self.window:
                self.foreign += not figures
                self._add(day, labels, figures)
        for day, figures in told.totals:
            if day in self.window:
                self._complete(day, figures)

    @property
    def rows(self) -> int:
        return sum(day in self.window for day, _, _ in self._told.groups)

    def samples(self) -> Iterator[kit.Sample]:
        return self._tally.samples()

    def covers(self) -> Iterator[kit.Coverage]:
        """What the export speaks for: days that it has, or all where those without rows are left out."""
        begin = kit.Window(self.window.start, self.window.start)
        yield kit.Coverage(self._counters, begin)
        for day in self.window.buckets(kit.DAY):
            if self._told.days is None or day.start in self._told.days:
                unknown = self._unknown[day.start]
                known = tuple(metric for metric in self._counters if metric not in unknown)
                yield kit.Coverage(known, day)

    def _add(self, day: int, labels: tuple[str, str], figures: Figures) -> None:
        for (group, more), value in figures.items():
            if value is None:
                self._unknown[day].update(group.metrics)
                continue
            self._sums[day, group, more] += value
            self._tally.add(group, (*labels, *more), day, (value,))
            if group is metrics.TOKENS:
                kind = ASSISTANT_KINDS[more[0]]
                self._tally.add(metrics.COMMON_TOKENS, (kind,), day, (value,))
            elif group is metrics.COST and more == (metrics.NET,):
                self._tally.add(metrics.COMMON_COST, (), day, (value,))

    def _complete(self, day: int, figures: Figures) -> None:
        """Count what a day's total has and its groups have not."""
        rest: dict[tuple[kit.Group, tuple[str, ...]], int | Decimal | None] = {}
        for (group, more), value in figures.items():
            if value is not None and value != self._sums[day, group, more]:
                rest[group, more] = value - self._sums[day, group, more]
        self._add(day, _REST, rest)
