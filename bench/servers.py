"""The servers that `bench.serving` compares, each as a process of its own on loopback."""

import asyncio
import http.client
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvloop
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from bench import nginx
from bench.ports import free_port
from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import Metric, MetricType, Point
from exporter.web import routes, server
from exporter.web.guard import Guard, WebConfigFile

LABELS = ("account", "repository", "kind")
FAMILIES = 10


METRICS = [
    Metric(f"bench_lines_{number}_total", MetricType.COUNTER, "Lines.", LABELS[1:])
    for number in range(FAMILIES)
]


def points(series: int) -> list[Point]:
    """The series of one family, of about 110 bytes each."""
    return [
        Point(("acme", f"organization/repository-with-a-name-{number:07}", "added"), number * 7)
        for number in range(series // FAMILIES)
    ]


async def board(series: int) -> Exposition:
    made = Exposition(METRICS)
    await made.put(("bench",), {metric: points(series) for metric in METRICS})
    await made.flush()
    return made


async def serve_ours(
    series: int, port: int, *, busy: bool = False, web_config: Path | None = None
) -> None:
    """Serve; with `busy`, polls commit in a loop, each with another value in every series."""
    made = await board(series)
    polls = asyncio.create_task(_poll(made, series)) if busy else None
    pages = routes.create(
        made, telemetry_path="/metrics", status_page=lambda *_: "", ready=lambda: True
    )
    file = None if web_config is None else WebConfigFile(web_config)
    tls = None if file is None else file.config.tls_server_config
    http_server = server.create(Guard(pages, file), tls)
    await http_server.serve(sockets=[server.listen(f"127.0.0.1:{port}")])
    if polls is not None:
        polls.cancel()


async def _poll(made: Exposition, series: int) -> None:
    labels = [point.labels for point in points(series)]
    for value in itertools.count(1):
        read = [Point(each, value) for each in labels]
        await made.put(("bench",), dict.fromkeys(METRICS, read))
        await made.flush()


class _Collector(Collector):
    def __init__(self, series: int) -> None:
        self._points = points(series)

    def collect(self) -> Iterator[CounterMetricFamily]:
        for metric in METRICS:
            family = CounterMetricFamily(metric.name, metric.help, labels=LABELS)
            for point in self._points:
                family.add_metric(point.labels, float(point.value))  # type: ignore[arg-type]
            yield family


def serve_client_python(series: int, port: int) -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(series))
    start_http_server(port, "127.0.0.1", registry)
    signal.pause()


def body(series: int, encoding: Encoding) -> bytes:
    return asyncio.run(board(series)).page.body(Format.PLAIN, encoding)


class Running:
    """A server process and its children: asks it, and reads the CPU time that it has used."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def scrape(self) -> bytes:
        """A scrape on a connection that is kept, as Prometheus does it; the body as it came."""
        self._connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
        return self._connection.getresponse().read()

    def cpu_seconds(self) -> float:
        ticks = 0
        for process in (self._process.pid, *_children(self._process.pid)):
            fields = (
                Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(name: str, series: int) -> Iterator[Running | None]:
    """A server with so many series; None where its program is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = _command(name, series, port, Path(folder))
        if shutil.which(command[0]) is None:
            yield None
            return
        with stopped(command) as process:
            wait(port)
            if name == "pushgateway":
                _push(port, body(series, Encoding.IDENTITY))
            yield Running(process, port)


@contextmanager
def stopped(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program in the background that is ended afterwards."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _command(name: str, series: int, port: int, folder: Path) -> list[str]:
    if name == "nginx":
        pages = body(series, Encoding.IDENTITY), body(series, Encoding.GZIP)
        return nginx.command(folder, f"127.0.0.1:{port}", "sendfile on;", *pages)
    if name == "pushgateway":
        return ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}"]
    return [sys.executable, "-m", "bench.servers", name, str(series), str(port)]


def wait(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")


def _push(port: int, page: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("PUT", "/metrics/job/bench", body=page)
    status = connection.getresponse().status
    if status not in (200, 202):
        raise RuntimeError(f"the Pushgateway answered {status}")
    connection.close()


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8")
    return [int(child) for child in listed.split()]


if __name__ == "__main__":
    kind, count, listen_on = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if kind == "client":
        serve_client_python(count, listen_on)
    else:
        path = Path(sys.argv[4]) if len(sys.argv) > 4 else None
        uvloop.run(serve_ours(count, listen_on, busy=kind == "busy", web_config=path))
