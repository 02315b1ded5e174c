"""Sums of events by bucket and labels, of several metrics at once."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from exporter.model import OTHER, Metric, Number, Sample


class Group:
    """Metrics with the same labels that each event adds to together, in a fixed order."""

    def __init__(self, *metrics: Metric) -> None:
        [self.labels] = {metric.labels for metric in metrics}
        self.metrics = metrics


class Tally:
    """Adds up events; a sum is kept for each group, labels and bucket, not the events."""

    def __init__(self) -> None:
        self._sums: dict[Group, dict[tuple[tuple[str, ...], int], list[Number]]] = {}

    def add(
        self, group: Group, labels: tuple[str, ...], bucket: int, values: Sequence[Number]
    ) -> None:
        """Add a value to each metric of the group."""
        sums = self._sums.setdefault(group, {})
        known = sums.get((labels, bucket))
        if known is None:
            sums[labels, bucket] = list(values)
            return
        for index, value in enumerate(values):
            known[index] += value

    def parts(
        self,
        group: Group,
        parts: Iterable[tuple[tuple[str, ...], Sequence[Number]]],
        total: Sequence[Number],
        bucket: int,
    ) -> None:
        """Add parts of a known total; what they leave out of it goes to `other`."""
        left = list(total)
        for labels, values in parts:
            self.add(group, labels, bucket, values)
            for index, value in enumerate(values):
                left[index] -= value
        if any(value > 0 for value in left):
            rest = [max(0, value) for value in left]
            self.add(group, (OTHER,) * len(group.labels), bucket, rest)

    def labels(self, group: Group, bucket: int) -> list[tuple[Any, ...]]:
        """The label values that a group has in a bucket."""
        return [labels for labels, at in self._sums.get(group, {}) if at == bucket]

    def samples(self) -> Iterator[Sample]:
        """The sums of all groups."""
        for group, sums in self._sums.items():
            for (labels, bucket), values in sums.items():
                for metric, value in zip(group.metrics, values, strict=True):
                    yield Sample(metric, labels, value, bucket)
