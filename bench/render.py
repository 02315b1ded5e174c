"""Rendering, compressing, holding and looking up a page of 100,000 series."""

import asyncio
import gc
import gzip
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as ClientMetric
from prometheus_client.openmetrics import exposition

from bench.run import RUNS, TIMES, Row, cpu_seconds
from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format, render
from exporter.model import Metric, MetricType, Point
from exporter.web.negotiation import encoding_for, negotiate

SOURCES = 10
FAMILIES = 20
SERIES = 500
TOTAL = SOURCES * FAMILIES * SERIES
CREATED = 1_767_225_600.0
ACCEPT = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)

CATALOGUE = tuple(
    Metric(
        f"bench_copilot_lines_{number:02}" + ("_total" if number % 2 else ""),
        MetricType.COUNTER if number % 2 else MetricType.GAUGE,
        "Lines of code that were suggested, from the usage API, a day late.",
        labels=("language", "repository"),
    )
    for number in range(FAMILIES)
)


def points(metric: Metric, source: int, generation: int = 0) -> list[Point]:
    """One source's series of a family: three labels, lines of about 100 bytes."""
    created = CREATED if metric.type is MetricType.COUNTER else None
    return [
        Point(
            (f"account-{source:03}", f"language-{series % 40}", f"organization/service-{series}"),
            (series * 7_919 + source * 104_729 + generation) % 1_000_003,
            created,
        )
        for series in range(SERIES)
    ]


def families(source: int, generation: int = 0) -> dict[Metric, list[Point]]:
    """Everything that one source puts on the board."""
    return {metric: points(metric, source, generation) for metric in CATALOGUE}


class _Collector:
    """The same series for prometheus_client, built beforehand."""

    def __init__(self) -> None:
        self._families: list[ClientMetric] = []
        for metric in CATALOGUE:
            if metric.type is MetricType.COUNTER:
                counter = CounterMetricFamily(metric.name, metric.help, labels=metric.label_names)
                for point in self._points(metric):
                    counter.add_metric(point.labels, self._value(point), created=point.created)
                self._families.append(counter)
            else:
                gauge = GaugeMetricFamily(metric.name, metric.help, labels=metric.label_names)
                for point in self._points(metric):
                    gauge.add_metric(point.labels, self._value(point))
                self._families.append(gauge)

    def collect(self) -> Iterable[ClientMetric]:
        return self._families

    @staticmethod
    def _points(metric: Metric) -> Iterator[Point]:
        for source in range(SOURCES):
            yield from points(metric, source)

    @staticmethod
    def _value(point: Point) -> float:
        assert isinstance(point.value, int)
        return float(point.value)


# The client leaves this function without types.
generate_openmetrics: Callable[[CollectorRegistry], bytes] = exposition.generate_latest


async def _fill(board: Exposition, sources: Iterable[int], generation: int = 0) -> None:
    for source in sources:
        await board.put((f"source-{source}",), families(source, generation))
    await board.flush()


def _put_all(sources: list[dict[Metric, list[Point]]]) -> None:
    async def put() -> None:
        board = Exposition(CATALOGUE)
        for number, source in enumerate(sources):
            await board.put((f"source-{number}",), source)
        await board.flush()

    asyncio.run(put())


def _one_changed() -> float:
    """The median CPU time of putting one of the sources again and swapping the page."""

    async def measure() -> float:
        board = Exposition(CATALOGUE)
        await _fill(board, range(SOURCES))
        times = []
        for run in range(RUNS):
            changed = families(run, generation=run + 1)
            start = time.process_time()
            await board.put((f"source-{run}",), changed)
            await board.flush()
            times.append(time.process_time() - start)
        return sorted(times)[RUNS // 2]

    return asyncio.run(measure())


def _worst_delay() -> float:
    """The longest that the event loop was held up while the whole page was rendered."""

    async def measure() -> float:
        board = Exposition(CATALOGUE)
        sources = [families(source) for source in range(SOURCES)]
        worst = 0.0
        done = False

        async def watch() -> None:
            nonlocal worst
            while not done:
                start = time.perf_counter()
                await asyncio.sleep(0.001)
                worst = max(worst, time.perf_counter() - start - 0.001)

        watcher = asyncio.create_task(watch())
        await asyncio.sleep(0.01)
        for number, source in enumerate(sources):
            await board.put((f"source-{number}",), source)
        await board.flush()
        done = True
        await watcher
        return worst

    return sorted(asyncio.run(measure()) for _ in range(RUNS))[RUNS // 2]


def _memory() -> tuple[float, float]:
    """Bytes a series: held by a filled board, and with both identity bodies inflated."""

    async def measure() -> tuple[float, float]:
        gc.collect()
        tracemalloc.start()
        try:
            board = Exposition(CATALOGUE)
            await _fill(board, range(SOURCES))
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
            for format_ in Format:
                board.page.body(format_, Encoding.IDENTITY)
            inflated = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        return held / TOTAL, inflated / TOTAL

    return asyncio.run(measure())


def _lookup() -> float:
    """CPU seconds of choosing and finding the body of a gzip scrape."""
    board = Exposition(CATALOGUE)
    asyncio.run(_fill(board, range(SOURCES)))
    times = 1_000

    def look_up() -> None:
        for _ in range(times):
            encoding = encoding_for("gzip") or Encoding.IDENTITY
            board.page.body(negotiate(ACCEPT), encoding)

    return cpu_seconds(look_up) / times


def _theirs() -> tuple[float, float, float]:
    """CPU seconds of generate_latest: text, OpenMetrics, OpenMetrics with gzip."""
    registry = CollectorRegistry()
    registry.register(_Collector())
    return (
        cpu_seconds(lambda: generate_latest(registry), runs=3),
        cpu_seconds(lambda: generate_openmetrics(registry), runs=3),
        cpu_seconds(lambda: gzip.compress(generate_openmetrics(registry)), runs=3),
    )


def _ours() -> tuple[float, float]:
    """CPU seconds of filling a board, and of its rendering alone: both formats."""
    sources = [families(source) for source in range(SOURCES)]
    return (
        cpu_seconds(lambda: _put_all(sources)),
        cpu_seconds(
            lambda: [
                render(metric, points) for source in sources for metric, points in source.items()
            ]
        ),
    )


def rows() -> Iterable[Row]:
    """All measurements of the board."""
    text, openmetrics, gzipped = _theirs()
    full, bare = _ours()
    changed = _one_changed()
    held, inflated = _memory()
    lookup = _lookup()
    series = f"{TOTAL:,} series"
    return [
        Row(
            "generate_latest (text alone) / full render and compress (both formats)",
            text / full,
            TIMES,
            at_least=5,
            note=f"{series}, {text * 1e3:.0f} ms / {full * 1e3:.0f} ms",
        ),
        Row(
            "generate_latest (text, then OpenMetrics) / render (both formats)",
            (text + openmetrics) / bare,
            TIMES,
            at_least=5,
            note=f"{(text + openmetrics) * 1e3:.0f} ms / {bare * 1e3:.0f} ms",
        ),
        Row(
            "full render / one of ten sources changed",
            full / changed,
            TIMES,
            at_least=4,
            note=f"{full * 1e3:.0f} ms / {changed * 1e3:.1f} ms",
        ),
        Row(
            "generate_latest and gzip / gzip scrape looked up",
            gzipped / lookup,
            TIMES,
            at_least=3_000,
            note=f"{gzipped * 1e3:.0f} ms / {lookup * 1e6:.1f} µs, without the server",
        ),
        Row("memory of the board", held, "B a series", at_most=200, note=series),
        Row("memory with both identity bodies inflated", inflated, "B a series", note=series),
        Row(
            "worst delay of the event loop while rendering",
            _worst_delay() * 1e3,
            "ms",
            at_most=100,
            note=f"{series}, plain asyncio",
        ),
    ]
