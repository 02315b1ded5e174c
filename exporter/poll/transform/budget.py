"""Samples gathered into series, and the budget of series: what does not fit is added to `other`."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from exporter.model import Merge, Metric, MetricType, Number, Sample, SeriesKey, Slot
from exporter.poll.identity import keyed
from exporter.poll.ledger import Values

Gauges: TypeAlias = dict[SeriesKey, dict[str, Number | float]]
"""The value of each partition of each series."""


@dataclass(slots=True)
class Gathered:
    """The samples of one poll by series; equal labels are combined as their metric says."""

    metrics: dict[str, Metric] = field(default_factory=dict)
    counters: Values = field(default_factory=dict)
    gauges: Gauges = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        metric, labels, value, bucket, partition, item = sample
        self.metrics[metric.name] = metric
        key = (metric.name, labels)
        if metric.type is MetricType.COUNTER:
            if bucket is None or isinstance(value, float):
                raise TypeError(
                    f"{metric.name}: a counter sample needs a bucket and an exact value"
                )
            slots = self.counters.setdefault(key, {})
            slot = Slot(bucket, partition, item)
            slots[slot] = slots.get(slot, 0) + value
            return
        values = self.gauges.setdefault(key, {})
        if partition in values:
            value = metric.merged(values[partition], value)
        values[partition] = value


def gather(samples: Iterable[Sample]) -> Gathered:
    """Samples by series."""
    gathered = Gathered()
    for sample in samples:
        gathered.add(sample)
    return gathered


def fold(gathered: Gathered, known: Collection[SeriesKey], limit: int) -> tuple[Gathered, int]:
    """Keep `limit` series and add the rest to `other`; returns how many series that were.

    What is `known` was shown before and stays, whatever the limit: a counter that moved into `other`
    would be counted there a second time. Room that is left goes to the largest; what cannot be added up,
    and so is lost without room, comes after all else, as its values say nothing of its size. Series with
    the same labels stay or go together, so that rows of two families can be joined.
    """
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[SeriesKey]] = defaultdict(list)
    for key in (*gathered.counters, *gathered.gauges):
        groups[gathered.metrics[key[0]].labels, key[1]].append(key)
    room = limit - len(known) - sum(1 for key in gathered.gauges if key not in known)
    if room - sum(1 for key in gathered.counters if key not in known) >= 0:
        return gathered, 0

    room = limit - len(known)
    kept: set[SeriesKey] = set()
    for keys in sorted(groups.values(), key=lambda keys: _rank(gathered, keys, known)):
        fresh = [key for key in keys if key not in known]
        if len(fresh) < len(keys) or len(fresh) <= room or not any(keys[0][1]):
            kept.update(keys)
            room -= len(fresh)
    return _folded(gathered, kept)


def _rank(
    gathered: Gathered, keys: list[SeriesKey], known: Collection[SeriesKey]
) -> tuple[bool, bool, float, SeriesKey]:
    values = (gathered.counters.get(key) or gathered.gauges[key] for key in keys)
    size = max(float(sum(each.values())) for each in values)
    lost = all(gathered.metrics[name].merge is Merge.DROP for name, _ in keys)
    return not any(key in known for key in keys), lost, -size, keys[0]


def _folded(gathered: Gathered, kept: set[SeriesKey]) -> tuple[Gathered, int]:
    result, folded = Gathered(), 0
    for key in (*gathered.counters, *gathered.gauges):
        metric, labels = gathered.metrics[key[0]], key[1]
        target = labels if key in kept else metric.folded(labels)
        folded += target != labels
        for slot, value in gathered.counters.get(key, {}).items():
            sample = Sample(metric, labels, value, *slot)
            # The labels stay behind as the key, so that room found later moves the series out of
            # `other` again without counting it twice.
            sample = sample if target == labels else keyed(sample)
            result.add(sample._replace(labels=target))
        if target == labels or metric.merge is not Merge.DROP:
            for partition, gauge in gathered.gauges.get(key, {}).items():
                result.add(Sample(metric, target, gauge, None, partition))
    return result, folded
