"""The days of one organization, team or user, and what is counted and shown of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from exporter.streams import kit
from exporter.vendors.tabnine.usage import api, metrics
from exporter.vendors.tabnine.usage.records import NOBODY, Bucket, Usage
from exporter.vendors.tabnine.vendor import TabnineTarget

SETTLED_AFTER = 6 * kit.HOUR
"""Nothing is documented; the day that is open moves."""


@dataclass(frozen=True, slots=True)
class Days:
    """The buckets with the start of their day, as a table shows them with these labels.

    Of days that begin at a local midnight, two may begin in one UTC day: they are counted together.
    """

    source: kit.Source[Any, Any]
    table: kit.Table[Bucket]
    buckets: api.Buckets
    missing_are_zero: bool
    labels: tuple[str, ...] = ()
    partition: str = ""

    @property
    def most_active(self) -> int:
        """The largest number of people on a day."""
        return max((bucket.active_users for _, bucket in self.buckets), default=0)

    def counted(self) -> Iterator[kit.Sample]:
        """What is counted of each day; of one that nobody used at all, zeros."""
        only = self.table.counters
        if not self.buckets and self.missing_are_zero:
            start = self.source.window.start
            for metric in only:
                yield kit.Sample(metric, self.labels, 0, start, self.partition)
        for day, bucket in self.buckets:
            yield from self.table.samples(bucket, self.labels, day, self.partition, only=only)

    def used(self) -> Iterator[kit.Sample]:
        """What is counted, without the zeros that `covers` says already: among many, most are."""
        return (sample for sample in self.counted() if sample.value or not self.missing_are_zero)

    def newest(self) -> Iterator[kit.Sample]:
        """The gauges of the newest settled day; neither people nor ratios may be added up over days.

        Of a day that the answer leaves out nobody was active and no ratio is known. Of two buckets the
        one with more people is shown.
        """
        settled = kit.floor(self.source.now - SETTLED_AFTER, kit.DAY) - kit.DAY
        found = [bucket for day, bucket in self.buckets if day == settled]
        only = self.table.gauges
        if not found and settled in self.source.window and self.missing_are_zero:
            found, only = [NOBODY], self._told(only)
        if found:
            busiest = max(found, key=lambda bucket: bucket.active_users)
            yield from self.table.samples(busiest, self.labels, partition=self.partition, only=only)

    @property
    def covers(self) -> list[kit.Coverage]:
        """What the answer speaks for.

        A counter that an installation does not have yet must take its first values as a baseline later,
        so it is named only where some day has it, or where there is no day.
        """
        window = self.source.window
        if not self.missing_are_zero:
            window = kit.Window(window.start, window.start)
        counters = self._told(self.table.counters) if self.buckets else self.table.counters
        partition = self.partition or None
        return [
            kit.Coverage(counters, window, partition),
            kit.Coverage(self.table.gauges, partition=partition),
        ]

    def _told(self, metrics: tuple[kit.Metric, ...]) -> tuple[kit.Metric, ...]:
        """Those of the metrics that some day has a value of."""
        return tuple(
            column.metric
            for column in self.table.columns
            if column.metric in metrics
            and any(column.value(bucket) is not None for _, bucket in self.buckets)
        )


async def ask(
    source: kit.Source[TabnineTarget, Any],
    table: kit.Table[Bucket],
    subject: Literal["organization", "team", "user"],
    organization: str,
    one: str = "",
    label: str = "",
) -> Days:
    """The usage of an organization, or of one of its teams or users, on each day of the window."""
    query = {"organizationId": organization} | ({f"{subject}Id": one} if one else {})
    at = api.endpoint(subject, source.target.api_version)
    buckets, missing_are_zero = await api.ask(source, at, query, Usage)
    source.has_days(day for day, bucket in buckets if _used(bucket))
    return Days(source, table, buckets, missing_are_zero, (label,) if one else (), one)


async def probe(source: kit.Source[TabnineTarget, Any]) -> None:
    """The last whole day of the organization."""
    window, query = await api.asked_day(source)
    at = api.endpoint("organization", source.target.api_version)
    await source.get(api.question(at, window, query), Usage)


def _used(bucket: Bucket) -> bool:
    counted = metrics.USER.columns
    return bucket.active_users > 0 or any(column.value(bucket) for column in counted)
