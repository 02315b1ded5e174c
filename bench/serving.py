"""The CPU time of a gzip scrape beside other servers that hold the same series."""

import os
import statistics
from collections.abc import Iterable

from bench.run import TIMES, Row
from bench.servers import Running, running

SIZES = (1_000, 10_000, 100_000, 1_000_000)
NAMES = {"nginx": "nginx gzip_static", "pushgateway": "Pushgateway", "client": "prometheus_client"}
ROUNDS = 5
CPU_SECONDS = 0.25
"""How much CPU time a round takes at least: the system counts in hundredths of a second."""
GOALS = {("nginx", 100_000): ("at_most", 2.5), ("pushgateway", 100_000): ("at_least", 3_000.0)}


def cpu_of_a_scrape(server: Running) -> float:
    """The median of rounds that each are long enough to be measured."""
    server.scrape()
    times: list[float] = []
    count = 1
    while len(times) < ROUNDS:
        before = server.cpu_seconds()
        for _ in range(count):
            server.scrape()
        used = server.cpu_seconds() - before
        if used < CPU_SECONDS and count < 4_096:
            count *= 2
        else:
            times.append(used / count)
    return statistics.median(times)


def measured(name: str, series: int) -> float | None:
    with running(name, series) as server:
        return None if server is None else cpu_of_a_scrape(server)


def rows() -> Iterable[Row]:
    sizes = SIZES if os.environ.get("BENCH") == "full" else SIZES[:-1]
    for series in sizes:
        ours = measured("ours", series) or 0.0
        for name, title in NAMES.items():
            other = measured(name, series)
            if other is None:
                continue
            ratio = ours / other if name == "nginx" else other / ours
            bound, goal = GOALS.get((name, series), (None, 0.0))
            yield Row(
                f"gzip scrape of {series:,} series: "
                + (f"ours / {title}" if name == "nginx" else f"{title} / ours"),
                ratio,
                TIMES,
                at_least=goal if bound == "at_least" else None,
                at_most=goal if bound == "at_most" else None,
                note=f"{ours * 1e3:.3f} ms against {other * 1e3:.3f} ms of CPU",
            )
