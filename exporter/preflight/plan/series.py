"""About how many series a stream will have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod

from exporter.model import Merge, Metric, MetricType
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions


@dataclass(frozen=True, slots=True)
class Series:
    """`known` are those whose number follows from the configuration.

    `open` tells that there are families whose size only the vendor's data tell. Past the `limit`
    series are added to `other`. `fixed` are those that would be left if all that can be were added
    to it, as far as that is known.
    """

    known: int
    open: bool
    limit: int
    fixed: int


def expected(
    stream: AnyStream,
    sizes: Mapping[str, int],
    options: StreamOptions,
    *,
    limit: int,
    people: bool,
) -> Series:
    """The sum over the metrics of the product of the sizes of their labels."""
    sizes = {**sizes, **dict.fromkeys(options.drop_labels, 1)}
    metrics = [
        metric
        for metric in stream.metrics
        if (people or not metric.people) and not _left_out(metric, options)
    ]
    counts = [_size(metric, sizes) for metric in metrics]
    known = sum(count for count in counts if count is not None)
    fixed = sum(_fixed(metric, sizes, options.drop_labels) for metric in metrics)
    return Series(known, None in counts, limit, fixed)


def _size(metric: Metric, sizes: Mapping[str, int]) -> int | None:
    known = [sizes.get(label) for label in metric.labels]
    if 0 in known:
        return 0
    return prod(size for size in known if size) if None not in known else None


def _fixed(metric: Metric, sizes: Mapping[str, int], dropped: Collection[str]) -> int:
    """How many series of a metric are left when all of it that can be is in `other`."""
    foldable = metric.labels if metric.foldable_labels is None else metric.foldable_labels
    foldable = tuple(label for label in foldable if label not in dropped)
    kept = [label for label in metric.labels if label not in foldable]
    if any(sizes.get(label) == 0 for label in metric.labels):
        return 0
    if foldable and metric.type is MetricType.GAUGE and metric.merge is Merge.DROP:
        return 0
    # Without a size that is known, a vendor may have nothing of the family.
    if foldable and not any(label in sizes for label in metric.labels):
        return 0
    return prod(sizes.get(label, 1) for label in kept)


def _left_out(metric: Metric, options: StreamOptions) -> bool:
    """Whether a gauge is left out because its values, without a dropped label, cannot be added up."""
    return (
        metric.type is MetricType.GAUGE
        and metric.merge is Merge.DROP
        and not set(metric.labels).isdisjoint(options.drop_labels)
    )
