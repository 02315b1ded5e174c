"""Streams of events: rows with an id and a time, each counted once in the day of its time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from exporter.model import DAY, HOUR, Coverage, Metric, MetricType, Sample, floor
from exporter.streams.contract import Batch, Batches, Stream
from exporter.streams.dates import moment
from exporter.streams.source import Source
from exporter.streams.tally import Group, Tally

Row: TypeAlias = tuple[Any, ...]
Add: TypeAlias = Callable[[Iterable[Row]], None]
Reject: TypeAlias = Callable[[str], None]
"""Leaves out a row, by the field that is odd in it."""
AnySource: TypeAlias = Source[Any, Any]


class EventSums(Protocol):
    """Adds up the rows of one read."""

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows, some perhaps again; one that cannot be counted is rejected."""

    def samples(self) -> Iterator[Sample]:
        """The sums by day."""

    def people(self) -> int:
        """How many people are in the rows of the newest settled day."""


class Distinct:
    """Counts each id once, without keeping the rows.

    A row begins with its id and its time. `count` adds the rest of it to the tally, in the day that it
    is given; where it raises TypeError or ValueError, before it adds anything, the row is left out, by the
    field that `odd` finds in it. It returns what two rows of one id must agree in; one that does not is left
    out by the field `id`. `people` is the group whose labels are people.
    """

    def __init__(
        self,
        count: Callable[[Row, int, Tally], Hashable],
        odd: Callable[[Row], str],
        reject: Reject,
        people: Group | None = None,
        settled_day: int = 0,
    ) -> None:
        self._count = count
        self._odd, self._reject = odd, reject
        self._people = people
        self._settled_day = settled_day
        self._tally = Tally()
        self._seen: dict[int, Hashable] = {}

    def add(self, rows: Iterable[Row]) -> None:
        seen, tally = self._seen, self._tally
        for row in rows:
            identity = hash(str(row[0]))
            again = identity in seen
            try:
                day = int(moment(row[1]) // DAY) * DAY
                figures = self._count(row, day, Tally() if again else tally)
            except (TypeError, ValueError):
                self._reject(self._odd(row))
                continue
            if again:
                if seen[identity] != figures:
                    self._reject("id")
                continue
            seen[identity] = figures

    def samples(self) -> Iterator[Sample]:
        return self._tally.samples()

    def people(self) -> int:
        group = self._people
        return 0 if group is None else len(self._tally.labels(group, self._settled_day))


def _whole_window(
    source: AnySource, _: EventSums, counters: tuple[Metric, ...]
) -> Iterable[Coverage]:
    return [Coverage(counters, source.window)]


def _since(start: int, sums: EventSums) -> list[Sample]:
    """Rows from before the window tell which ones inside it are repeats; they count nowhere."""
    return [sample for sample in sums.samples() if (sample.bucket or 0) >= start]


def _days(samples: Iterable[Sample]) -> set[int]:
    return {sample.bucket for sample in samples if sample.bucket is not None}


def events(
    name: str,
    summary: str,
    *,
    rows: Callable[[AnySource, Add], Awaitable[None]],
    sums: Callable[[AnySource, int], EventSums],
    metrics: Sequence[Metric],
    covers: Callable[[AnySource, Any, tuple[Metric, ...]], Iterable[Coverage]] = _whole_window,
    settled_after: int = HOUR,
    **declared: Any,
) -> Stream[Any, Any]:
    """A stream that counts events by UTC day; `declared` is the rest of its declaration.

    `rows` hands every row of the window to a function, some perhaps twice; days before the window, which
    may have been read in part, are not counted. `sums` makes what adds the rows up, from the source and the
    newest settled day; `covers` says what the rows in these sums speak for. A day is settled `settled_after` seconds
    after its end. A gauge among the metrics is the number of people on the newest settled day.
    """
    counters = tuple(metric for metric in metrics if metric.type is MetricType.COUNTER)
    gauges = tuple(metric for metric in metrics if metric.type is MetricType.GAUGE)

    async def read(source: AnySource) -> Batches:
        settled_day = floor(source.now - settled_after, DAY) - DAY
        found = sums(source, settled_day)
        await rows(source, found.add)
        samples = await asyncio.to_thread(_since, source.window.start, found)
        source.has_days(await asyncio.to_thread(_days, samples))
        if source.records and settled_day >= source.window.start:
            samples += [Sample(gauge, (), found.people()) for gauge in gauges]
        yield Batch(samples, [*covers(source, found, counters), Coverage(gauges)])

    return Stream(name=name, summary=summary, metrics=tuple(metrics), read=read, **declared)
