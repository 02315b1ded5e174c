"""A poller with a store in a file, and streams that are made of functions."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import DAY, Coverage, Metric, MetricType, Sample, StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting, Job
from exporter.poll.poller import Poller
from exporter.poll.transform.privacy import Privacy, Users
from exporter.streams.contract import Batch
from exporter.streams.options import CountingOptions
from exporter.streams.source import Source
from exporter.telemetry.self_metrics import METRICS as SELF_METRICS
from exporter.telemetry.status import StreamStatus, TargetStatus
from tests.clock import ManualClock
from tests.poll.fake_job import fake_job
from tests.state_file import open_store

NOON = 1_767_614_400.0
"""2026-01-05T12:00:00Z."""
TODAY = int(NOON) // DAY * DAY

THINGS = Metric("fake_things_total", MetricType.COUNTER, "Things.", ("kind",))
SEATS = Metric("fake_seats", MetricType.GAUGE, "Seats.", ("plan",))

Read = Callable[[Source[Any, Any]], AsyncGenerator[Batch, None]]


class Rig:
    """A poller with a store in a file, and streams that a test can change."""

    def __init__(self, directory: Path) -> None:
        self.clock = ManualClock(NOON)
        self.directory = directory
        self.reads: dict[str, Read] = {}
        self.target_status = TargetStatus("fake", "acme")
        self.metrics: tuple[Metric, ...] = (THINGS, SEATS)

    def start(
        self,
        *,
        birth_hold: int = 0,
        count_history: bool = True,
        series: int = 5_000,
        users: Users = Users.OFF,
    ) -> None:
        """Start the process, as if for the first time or again."""
        self.store = open_store(self.directory / "state.db", self.clock.time())
        self.board = Exposition([*self.metrics, *SELF_METRICS], clock=self.clock)
        self.poller = Poller(
            self.store,
            self.board,
            Privacy(users, b"k" * 32),
            Counting(Exposure(birth_hold, DAY, self.clock.time()), count_history, series),
            self.clock,
        )

    async def restart(self, **counting: Any) -> None:
        await self.store.close()
        self.start(**counting)

    def job(self, name: str = "things", lookback: int = 2 * DAY) -> Job:
        """A stream whose read is `reads[name]`."""
        key = StreamKey("fake", "acme", name)
        options = CountingOptions.model_construct(
            enabled=True, interval=300, lookback=lookback, requests_per_minute=None
        )
        status = StreamStatus(key, 300)
        self.target_status.streams[name] = status
        return fake_job(
            self.metrics,
            lambda source: self.reads[name](source),
            options,
            status,
            self.target_status,
        )

    async def page(self) -> dict[tuple[str, ...], float]:
        """What the page shows of the streams: values by metric and own label."""
        await self.board.flush()
        text = self.board.page.select([m.name for m in self.metrics], Format.PLAIN).decode()
        return {
            (sample.name, *list(sample.labels.values())[1:]): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def gives(
    things: dict[tuple[str, int], int], seats: dict[str, float] | None = None, records: int = 1
) -> Read:
    """A read that finds things by kind and day (counted from today), and seats by plan."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        samples = [
            Sample(THINGS, (kind,), value, TODAY + day * DAY)
            for (kind, day), value in things.items()
        ]
        samples += [Sample(SEATS, (plan,), value) for plan, value in (seats or {}).items()]
        source.records += records
        source.has_data(TODAY + DAY if things else None)
        yield Batch(
            samples,
            covers=[Coverage((THINGS,), source.window), Coverage((SEATS,))],
            memory={"polls": source.memory.get("polls", 0) + 1},
        )

    return read


def raises(error: Exception) -> Read:
    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        raise error
        yield

    return read
