"""Which labels the series of a stream have."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from exporter.model import Merge, Metric, MetricType, Sample
from exporter.poll.identity import keyed


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """Leaves labels out: to Prometheus a label with an empty value is one that is absent."""

    dropped: Collection[str] = ()

    def apply(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The samples without the dropped labels.

        What is counted keeps all its labels as its key, so that another choice finds it again. A gauge
        that cannot be added up is left out if it has a dropped label.
        """
        if not self.dropped:
            yield from samples
            return
        places: dict[Metric, tuple[int, ...]] = {}
        for sample in samples:
            metric, labels = sample.metric, sample.labels
            if metric not in places:
                places[metric] = self._places(metric)
            if not places[metric]:
                yield sample
                continue
            if metric.type is MetricType.GAUGE and metric.merge is Merge.DROP:
                continue
            kept = list(labels)
            for place in places[metric]:
                kept[place] = ""
            shown = tuple(kept)
            if shown != labels and metric.type is MetricType.COUNTER:
                sample = keyed(sample)
            yield sample._replace(labels=shown)

    def shows(self, metric: Metric, labels: tuple[str, ...]) -> bool:
        """Whether a series has none of the dropped labels; one that was made before may have."""
        return not any(labels[place] for place in self._places(metric))

    def _places(self, metric: Metric) -> tuple[int, ...]:
        if not self.dropped:
            return ()
        return tuple(place for place, name in enumerate(metric.labels) if name in self.dropped)
