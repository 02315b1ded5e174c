"""How long a scrape takes while one stream of many series is polled and committed without a pause."""

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from random import Random
from typing import Any

from bench.ports import free_port
from bench.run import Row
from bench.servers import Running, stopped, wait
from exporter.client.client import Client, ClientSettings
from exporter.clock import SystemClock
from exporter.config.token_auth import TokenAuth
from exporter.exposition.exposition import Exposition
from exporter.model import DAY, Coverage, Metric, MetricType, Sample, StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting, Job
from exporter.poll.poller import Poller
from exporter.poll.transform.privacy import Privacy, Users
from exporter.runtime.app import SWAP_GAP
from exporter.runtime.interpreter import share
from exporter.runtime.loop import Loop
from exporter.store.sqlite import SQLiteStore
from exporter.streams.contract import Batch, Stream
from exporter.streams.options import CountingOptions
from exporter.streams.source import Source
from exporter.telemetry.self_metrics import METRICS as SELF_METRICS
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import Target
from exporter.web import routes, server
from exporter.web.guard import Guard

SIZES = {100_000: 50, 300_000: 100}
"""How many series, and how many milliseconds 99 of 100 scrapes may take at most."""
SCRAPES = 300
PAUSE = 0.05
FAMILIES = 10
BATCH = 1_000

METRICS = tuple(
    Metric(f"bench_lines_{number}_total", MetricType.COUNTER, "Lines.", ("repository", "kind"))
    for number in range(FAMILIES)
)


def rows() -> Iterable[Row]:
    for series, most in SIZES.items():
        yield _measured(series, most)


def _measured(series: int, most: float) -> Row:
    port = free_port()
    command = [sys.executable, "-m", "bench.polls", str(series), str(port)]
    with stopped(command) as process:
        wait(port)
        server = Running(process, port)
        while not server.scrape():
            time.sleep(PAUSE)
        seconds: list[float] = []
        pages = set()
        # Enough for several whole polls.
        until = time.monotonic() + series / 5_000
        while len(seconds) < SCRAPES or time.monotonic() < until:
            start = time.perf_counter()
            pages.add(hash(server.scrape()))
            seconds.append(time.perf_counter() - start)
            time.sleep(PAUSE)
    ordered = statistics.quantiles(seconds, n=100)
    return Row(
        f"scrape of {series:,} series while they are polled: p99",
        ordered[98] * 1e3,
        "ms",
        at_most=most,
        note=f"median {ordered[49] * 1e3:.1f} ms, longest {max(seconds) * 1e3:.0f} ms; "
        f"{len(seconds)} scrapes saw {len(pages)} pages",
    )


async def serve(series: int, port: int, folder: Path) -> None:
    """Serve one stream's page, and poll the stream again as soon as a poll has ended."""
    clock = SystemClock()
    store = SQLiteStore.open(folder / "state.db", clock.time())
    exposition = Exposition([*METRICS, *SELF_METRICS], gap=SWAP_GAP, clock=clock)
    counting = Counting(Exposure(0, DAY, clock.time()), True, series)
    poller = Poller(store, exposition, Privacy(Users.OFF), counting, clock)
    job = _job(series)
    await poller.restore(job)
    await poller.poll(job)
    await exposition.flush()
    pages = routes.create(
        exposition, telemetry_path="/metrics", status_page=lambda *_: "", ready=lambda: True
    )
    http_server = server.create(Guard(pages, None))
    serving = asyncio.create_task(http_server.serve(sockets=[server.listen(f"127.0.0.1:{port}")]))
    while not serving.done():
        began = time.perf_counter()
        outcome = await poller.poll(job)
        print(f"poll: {outcome.state} {time.perf_counter() - began:.1f} s", file=sys.stderr)


def _job(series: int) -> Job:
    status, target = StreamStatus(_KEY, 60), TargetStatus("bench", "acme")
    client = Client(
        ClientSettings("http://127.0.0.1:9"), None, {}, target, SystemClock(), Random(1)
    )
    options = CountingOptions.model_construct(lookback=DAY)
    return Job(
        key=_KEY,
        target=Target.model_construct(
            vendor="bench",
            account="acme",
            base_url="http://127.0.0.1:9",
            auth=TokenAuth(token_env="X"),
            streams={},
        ),
        stream=Stream("things", "bench", METRICS, CountingOptions, _reader(series), _no, _no),
        options=options,
        client=client,
        status=status,
        target_status=target,
    )


_KEY = StreamKey("bench", "acme", "things")


def _no(*_: Any) -> Any:
    raise NotImplementedError


def _reader(series: int) -> Any:
    values = itertools.count(1)
    labels = [
        (f"organization/repository-with-a-name-{number:07}", "added")
        for number in range(series // FAMILIES)
    ]
    # As vendors list them: in no order.
    Random(1).shuffle(labels)

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        value, today = next(values), int(source.now) // DAY * DAY
        for metric in METRICS:
            for start in range(0, len(labels), BATCH):
                samples = [
                    Sample(metric, each, value, today) for each in labels[start : start + BATCH]
                ]
                source.records += len(samples)
                yield Batch(samples, [])
                await asyncio.sleep(0)
        yield Batch([], [Coverage(METRICS, source.window)])

    return read


if __name__ == "__main__":
    share()
    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=Loop) as runner,
    ):
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(directory)))
