"""A stream of a target as it is polled, and the rules that it is counted by."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from exporter.client.client import Client
from exporter.model import MINUTE, Metric, SeriesKey, StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.transform.groups import ALL_GROUPS, GroupLimit
from exporter.poll.transform.labels import LabelChoice
from exporter.poll.windows import Reach
from exporter.streams.contract import AnyStream
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import Target


@dataclass(frozen=True, slots=True)
class Job:
    """One stream of one target, ready to be polled."""

    key: StreamKey
    target: Target
    stream: AnyStream
    options: StreamOptions
    client: Client
    status: StreamStatus
    target_status: TargetStatus

    @property
    def reach(self) -> Reach:
        options = self.options
        lookback = options.lookback if isinstance(options, CountingOptions) else 0
        stream = self.stream
        return Reach(stream.bucket or MINUTE, lookback, stream.retention, stream.silence)

    @property
    def metrics(self) -> dict[str, Metric]:
        return {metric.name: metric for metric in self.stream.metrics}

    @property
    def labels(self) -> LabelChoice:
        return LabelChoice(self.options.drop_labels)

    def shown(self, series: Mapping[SeriesKey, object]) -> Collection[SeriesKey]:
        """The series that have none of the labels that the stream drops."""
        if not self.options.drop_labels:
            return series.keys()
        metrics, choice = self.metrics, self.labels
        return {
            key for key in series if key[0] in metrics and choice.shows(metrics[key[0]], key[1])
        }


@dataclass(frozen=True, slots=True)
class Counting:
    """How polls count: `count_history` counts what the first read finds, else it is a baseline."""

    exposure: Exposure
    count_history: bool
    series_per_stream: int
    groups: GroupLimit = ALL_GROUPS
