"""How large a group of people must be to be shown by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exporter.model import GroupSizes, Merge, MetricType, Sample
from exporter.poll.identity import keyed


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """Adds groups of fewer than `least` people to `other`, so that none stands for a person."""

    least: int = 1

    def apply(self, samples: Iterable[Sample], sizes: GroupSizes) -> Iterator[Sample]:
        """The samples without the names of small groups; a group of unknown size is small.

        What is counted keeps its labels as its key, so that a group that grows or shrinks is not counted
        again. A gauge that cannot be added up is left out.
        """
        for sample in samples:
            metric, labels, bucket = sample.metric, sample.labels, sample.bucket
            name = "" if metric.group is None else labels[metric.labels.index(metric.group)]
            if self.least <= 1 or not name or self._large(name, bucket, sizes):
                yield sample
            elif metric.type is MetricType.COUNTER:
                yield keyed(sample)._replace(labels=metric.folded(labels))
            elif metric.merge is not Merge.DROP:
                yield sample._replace(labels=metric.folded(labels))

    def _large(self, name: str, bucket: int | None, sizes: GroupSizes) -> bool:
        size = sizes.get((name, bucket), sizes.get((name, None), 0))
        return size >= self.least


ALL_GROUPS = GroupLimit()
