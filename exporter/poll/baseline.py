"""Where counting starts: what is read for the first time may be a baseline, which is not counted."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from exporter.model import Coverage, MetricType, SeriesKey, Slot

Scope: TypeAlias = tuple[str, str]
"""A metric in one partition, or with an empty one in the whole account."""


class Fresh(NamedTuple):
    """What was never read before: metrics, and metrics in a partition."""

    metrics: frozenset[str] = frozenset()
    scopes: frozenset[Scope] = frozenset()

    def holds(self, metric: str, slot: Slot) -> bool:
        """Whether a slot of a metric is read for the first time."""
        return metric in self.metrics or (metric, slot.partition) in self.scopes


class Known(NamedTuple):
    """What was read before the present read began."""

    scopes: frozenset[Scope]
    metrics: frozenset[str]

    def fresh(self, read: Iterable[Scope]) -> Fresh:
        """What of it was never read before.

        An answer for the whole account also speaks for partitions that come later.
        """
        metrics, scopes = set[str](), set[Scope]()
        for metric, partition in read:
            if not partition and metric not in self.metrics:
                metrics.add(metric)
            elif partition and not self.scopes.intersection(((metric, ""), (metric, partition))):
                scopes.add((metric, partition))
        return Fresh(frozenset(metrics), frozenset(scopes))


def known(started: Mapping[Scope, float], walk_began: float | None) -> Known:
    """What was read before; what only the unfinished walk has read so far, it may have read in part."""
    scopes = frozenset(scope for scope, since in started.items() if since != walk_began)
    return Known(scopes, frozenset(metric for metric, _ in scopes))


def read_scopes(
    coverage: Iterable[Coverage], values: Mapping[SeriesKey, Mapping[Slot, object]], *, people: bool
) -> set[Scope]:
    """What answers tell of; without `people` nothing is told of families of people."""
    found = {
        (metric.name, each.partition or "")
        for each in coverage
        for metric in each.metrics
        if metric.type is MetricType.COUNTER and (people or not metric.people)
    }
    for (metric_name, _), slots in values.items():
        if (metric_name, "") not in found:
            found.update((metric_name, slot.partition) for slot in slots)
    return found
