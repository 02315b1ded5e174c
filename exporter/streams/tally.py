"""Sums of events by bucket and labels, of several metrics at once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from exporter.model import OTHER, Metric, MetricType, Number, Sample


class Group:
    """Metrics with the same labels that each event adds to together, in a fixed order.

    `totals` are metrics without labels that are given the first of these values as well.
    """

    def __init__(self, *metrics: Metric, totals: Sequence[Metric] = ()) -> None:
        [self.labels] = {metric.labels for metric in metrics}
        self.metrics = metrics
        self.places = tuple(range(len(metrics)))
        self.totals = totals

    @classmethod
    def counters(
        cls, helps: Mapping[str, str], *, api: str, totals: Sequence[Metric] = (), **common: Any
    ) -> "Group":
        """Counters by name with their help; `api` and what else is given hold for each of them."""
        metrics = [
            Metric(name, MetricType.COUNTER, f"{text} ({api}).", **common)
            for name, text in helps.items()
        ]
        return cls(*metrics, totals=totals)


class Tally:
    """Adds up events; a sum is kept for each group, labels and bucket, not the events."""

    def __init__(self) -> None:
        self._sums: defaultdict[Group, dict[tuple[tuple[str, ...], int], list[Number]]]
        self._sums = defaultdict(dict)

    def add(
        self, group: Group, labels: tuple[str, ...], bucket: int, values: Sequence[Number]
    ) -> None:
        """Add a value to each metric of the group."""
        sums = self._sums[group]
        known = sums.get((labels, bucket))
        if known is None:
            sums[labels, bucket] = list(values)
            return
        for place in group.places:
            known[place] += values[place]

    def parts(
        self,
        group: Group,
        parts: Iterable[tuple[tuple[str, ...], Sequence[Number]]],
        total: Sequence[Number],
        bucket: int,
        rest: tuple[str, ...] | None = None,
    ) -> None:
        """Add parts of a known total; what they leave out of it goes to the labels `rest`, or `other`."""
        left = list(total)
        for labels, values in parts:
            self.add(group, labels, bucket, values)
            for index, value in enumerate(values):
                left[index] -= value
        if max(left) > 0:
            labels = (OTHER,) * len(group.labels) if rest is None else rest
            self.add(group, labels, bucket, [max(0, value) for value in left])

    def __bool__(self) -> bool:
        """Whether anything was added."""
        return bool(self._sums)

    def labels(self, group: Group, bucket: int) -> list[tuple[Any, ...]]:
        """The label values that a group has in a bucket."""
        return [labels for labels, at in self._sums[group] if at == bucket]

    def samples(self) -> Iterator[Sample]:
        """The sums of all groups."""
        for group, sums in self._sums.items():
            for (labels, bucket), values in sums.items():
                for metric, value in zip(group.metrics, values, strict=True):
                    yield Sample(metric, labels, value, bucket)
                for metric, value in zip(group.totals, values, strict=False):
                    yield Sample(metric, (), value, bucket)
