"""What of a stream's state is on the page, and when that changes without a poll."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.model import Kind, Metric, Point, Scope, Series, SeriesKey, StreamKey
from exporter.store.store import StreamState


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
        """End the holds that are over; what is released must be committed before it is shown."""
        released = {
            key
            for key, series in state.ledger.items()
            if not series.released and now >= self._release_at(series)
        }
        for key in released:
            state.ledger[key].released = True
        return released

    def _release_at(self, series: Series) -> float:
        return max(series.created, self.started) + self.birth_hold

    def points(
        self, key: StreamKey, state: StreamState, metrics: Mapping[str, Metric], now: float
    ) -> dict[Metric, Sequence[Point]]:
        """The points of `metrics`, an empty list where one has none."""
        families: dict[Metric, list[Point]] = {metric: [] for metric in metrics.values()}
        for (name, labels), series in sorted(state.ledger.items()):
            metric = metrics.get(name)
            if metric is not None and metric.kind is Kind.COUNTER:
                value = series.counter if series.released else 0
                families[metric].append(
                    Point(scope_labels(metric, key) + labels, value, series.created)
                )
        for (name, labels), gauge in sorted(state.gauges.items()):
            metric = metrics.get(name)
            if metric is not None and now < gauge.read_at + self.expire_after:
                families[metric].append(Point(scope_labels(metric, key) + labels, gauge.value))
        return dict(families)

    def next_change(self, state: StreamState, now: float) -> float | None:
        """When the page changes next without a poll: a hold ends or a gauge expires."""
        moments = [
            *(self._release_at(s) for s in state.ledger.values() if not s.released),
            *(gauge.read_at + self.expire_after for gauge in state.gauges.values()),
        ]
        return min((moment for moment in moments if moment > now), default=None)


def scope_labels(metric: Metric, key: StreamKey) -> tuple[str, ...]:
    """The values of the labels that the exporter itself gives a metric."""
    if metric.scope is Scope.ACCOUNT:
        return (key.account,)
    if metric.scope is Scope.VENDOR_ACCOUNT:
        return (key.vendor, key.account)
    return tuple(key) if metric.scope is Scope.STREAM else ()
