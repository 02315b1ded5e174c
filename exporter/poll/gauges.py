"""The gauges of a stream: replaced by what was read, dropped where nothing was."""

from collections.abc import Iterable

from exporter.model import Coverage, SeriesKey
from exporter.poll.transform import budget
from exporter.store.store import Gauge, Gauges


def replace(
    gauges: Gauges, read: budget.Gauges, coverage: Iterable[Coverage], now: float
) -> set[str]:
    """Take the gauges that were read, in place; returns the names of the metrics that may have changed.

    A series that an answer speaks for and does not hold is gone.
    """
    covered = {(m.name, each.partition) for each in coverage for m in each.metrics}
    touched = {key[0] for key in read}
    for key, values in list(gauges.items()):
        lost = [p for p in values if (key[0], None) in covered or (key[0], p) in covered]
        if lost:
            touched.add(key[0])
            _remove(gauges, key, lost)
    for key, found in read.items():
        values = gauges.setdefault(key, {})
        if "" not in found:
            # What was read before the metric was read in partitions.
            values.pop("", None)
        values.update((partition, Gauge(value, now)) for partition, value in found.items())
    return touched


def drop_unread(gauges: Gauges, since: float) -> set[str]:
    """Drop the gauges of partitions that a walk did not read; returns the names of their metrics."""
    gone = set()
    for key, values in list(gauges.items()):
        lost = [p for p, gauge in values.items() if p and gauge.read_at < since]
        if lost:
            gone.add(key[0])
            _remove(gauges, key, lost)
    return gone


def read_since(gauges: Gauges, moment: float) -> Gauges:
    """The series of gauges that the running walk has read."""
    return {
        key: values
        for key, values in gauges.items()
        if any(partition and gauge.read_at >= moment for partition, gauge in values.items())
    }


def _remove(gauges: Gauges, key: SeriesKey, partitions: Iterable[str]) -> None:
    for partition in partitions:
        del gauges[key][partition]
    if not gauges[key]:
        del gauges[key]
