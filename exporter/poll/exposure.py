"""What of a stream's state is on the page, and when that changes without a poll."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain

from exporter.model import Metric, MetricType, Point, Scope, Series, SeriesKey, StreamKey
from exporter.poll.order import in_order
from exporter.poll.transform.labels import LabelChoice
from exporter.store.store import StreamState

ALL_LABELS = LabelChoice()


@dataclass(frozen=True, slots=True)
class Exposure:
    """Turns the state of a stream into points.

    A counter is shown at 0 for `birth_hold` seconds before its first value, so that its first growth
    is visible to `increase()`. Of that time only what this process was running for counts: it runs
    since `started`. A gauge is shown for `expire_after` seconds after it was read.
    """

    birth_hold: int
    expire_after: int
    started: float

    def release(self, state: StreamState, now: float) -> set[SeriesKey]:
        """End the holds that are over; what changed must be committed before it is shown.

        A series that was born in the future, by a clock that was set back since, is born now.
        """
        changed = set()
        for key, series in state.ledger.items():
            if not series.released and series.created > now:
                series.created = now
                changed.add(key)
            if not series.released and now >= self._release_at(series, now):
                series.released = True
                changed.add(key)
        return changed

    def _release_at(self, series: Series, now: float) -> float:
        # A process that started in the future says nothing of how long it has been running.
        started = self.started if self.started <= now else series.created
        return max(series.created, started) + self.birth_hold

    def points(
        self,
        key: StreamKey,
        state: StreamState,
        metrics: Mapping[str, Metric],
        now: float,
        choice: LabelChoice = ALL_LABELS,
    ) -> dict[Metric, list[Point]]:
        """The points of `metrics`, an empty list where one has none.

        A series with a label that `choice` drops is one of an earlier choice: it is kept, not shown.
        """
        families: dict[Metric, list[Point]] = {metric: [] for metric in metrics.values()}
        for name, labels in in_order(state.ledger):
            metric = metrics.get(name)
            if metric is None or not choice.shows(metric, labels):
                continue
            if metric.type is MetricType.COUNTER:
                series = state.ledger[name, labels]
                value = series.counter if series.released else 0
                families[metric].append(
                    Point(scope_labels(metric, key) + labels, value, series.created)
                )
        for name, labels in in_order(state.gauges):
            metric = metrics.get(name)
            if metric is None or not choice.shows(metric, labels):
                continue
            gauges = state.gauges[name, labels]
            fresh = [g for g in gauges.values() if now < g.read_at + self.expire_after]
            if fresh:
                merged = reduce(metric.merged, (gauge.value for gauge in fresh))
                families[metric].append(Point(scope_labels(metric, key) + labels, merged))
        return families

    def next_change(self, state: StreamState, now: float) -> float | None:
        """When the page changes next without a poll: a hold ends or a gauge expires."""
        moments = chain(
            (self._release_at(s, now) for s in state.ledger.values() if not s.released),
            (
                gauge.read_at + self.expire_after
                for gauges in state.gauges.values()
                for gauge in gauges.values()
            ),
        )
        return min((moment for moment in moments if moment > now), default=None)


def scope_labels(metric: Metric, key: StreamKey) -> tuple[str, ...]:
    """The values of the labels that the exporter itself gives a metric."""
    if metric.scope is Scope.ACCOUNT:
        return (key.account,)
    if metric.scope is Scope.VENDOR_ACCOUNT:
        return (key.vendor, key.account)
    return tuple(key) if metric.scope is Scope.STREAM else ()
