"""About how many series a stream will have."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from exporter.model import Combine, Kind, Metric
from exporter.vendors.base import AnyStream, StreamOptions


@dataclass(frozen=True, slots=True)
class Series:
    """`known` are those whose number follows from the configuration.

    `open` tells that there are families whose size only the vendor's data tell. Past the `limit`
    series are added to `other`.
    """

    known: int
    open: bool
    limit: int


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
    counts = [
        _size(metric, sizes)
        for metric in stream.metrics
        if (people or not metric.people) and not _left_out(metric, options)
    ]
    known = sum(count for count in counts if count is not None)
    return Series(known, None in counts, limit)


def _size(metric: Metric, sizes: Mapping[str, int]) -> int | None:
    known = [sizes.get(label) for label in metric.labels]
    if 0 in known:
        return 0
    return prod(size for size in known if size) if None not in known else None


def _left_out(metric: Metric, options: StreamOptions) -> bool:
    """Whether a dropped label leaves nothing of a gauge that cannot be added up."""
    return (
        metric.kind is Kind.GAUGE
        and metric.combine is Combine.DROP
        and not set(metric.labels).isdisjoint(options.drop_labels)
    )
