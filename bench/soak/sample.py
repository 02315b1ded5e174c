"""What a daemon holds at one moment, and how that changes over many."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from exporter.poll.job import Job

HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment of a soak between polls; `hours` are simulated ones since its start."""

    hours: float
    resident_kib: int
    descriptors: int
    threads: int
    tasks: int
    objects: int
    state_kib: int
    wal_kib: int
    page_series: int
    polls: int
    failed_polls: int
    scrapes: int
    failed_scrapes: int
    reloads: int

    def line(self) -> str:
        """The sample in one line of `name=value`."""
        values = {name: value for name, value in asdict(self).items() if name != "hours"}
        return f"hour {self.hours:.1f}: " + " ".join(f"{k}={v}" for k, v in values.items())


HELD = {
    "resident_kib": "resident memory, KiB",
    "descriptors": "open descriptors",
    "threads": "threads",
    "tasks": "asyncio tasks",
    "objects": "Python objects",
    "state_kib": "state file, KiB",
    "wal_kib": "its write-ahead log, KiB",
    "page_series": "series on the page",
}
"""What should stay as it is, with its title."""


def growth(samples: Sequence[Sample], name: str) -> float:
    """Per cent a simulated day, by the line that fits the samples best; 0 for a single one."""
    values = [float(getattr(sample, name)) for sample in samples]
    mean = statistics.fmean(values)
    if len(values) < 2 or not mean:
        return 0.0
    slope = statistics.linear_regression([sample.hours for sample in samples], values).slope
    return slope * HOURS_A_DAY / mean * 100


MOST = {
    "descriptors": 1.0,
    "threads": 1.0,
    "tasks": 1.0,
    "objects": 1.05,
    "resident_kib": 1.25,
}
"""How much may be held later, of what was held before.

Between polls the first three are always the same. Kept connections and new series are objects, and
memory is as large as it once had to be.
"""


def grown(samples: Sequence[Sample]) -> list[str]:
    """What a daemon with settled samples holds more of in their second half than it may."""
    after = settled(samples)
    first, second = after[: len(after) // 2], after[len(after) // 2 :]
    return [
        name for name, most in MOST.items() if _middle(second, name) > most * _middle(first, name)
    ]


def _middle(samples: Sequence[Sample], name: str) -> float:
    return float(statistics.median(getattr(sample, name) for sample in samples))


def settled(samples: Sequence[Sample]) -> Sequence[Sample]:
    """What is left without the first quarter, in which the daemon warms up."""
    return samples[len(samples) // 4 :]


def table(samples: Sequence[Sample]) -> str:
    """The course of a soak in Markdown."""
    after = settled(samples)
    shown = (samples[0], after[0], after[len(after) // 2], after[-1])
    hours = [f"{sample.hours:.0f} h" for sample in shown]
    titles = ("start", "warmed up", "middle", "end")
    columns = [f"{title} ({hour})" for title, hour in zip(titles, hours, strict=True)]
    lines = [
        f"| | {' | '.join(columns)} | growth a day since warmed up |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, title in HELD.items():
        values = " | ".join(f"{getattr(sample, name):,}" for sample in shown)
        lines.append(f"| {title} | {values} | {growth(after, name):+.1f}% |")
    for name in ("polls", "failed_polls", "scrapes", "failed_scrapes", "reloads"):
        values = " | ".join(f"{getattr(sample, name):,}" for sample in shown)
        lines.append(f"| {name.replace('_', ' ')} so far | {values} | |")
    return "\n".join(lines)


def process_figures(pid: int) -> dict[str, int]:
    """What the system says of a process."""
    process = Path(f"/proc/{pid}")
    status = dict(
        line.split(":", 1)
        for line in (process / "status").read_text("utf-8").splitlines()
        if ":" in line
    )
    return {
        "resident_kib": int(status["VmRSS"].split()[0]),
        "threads": int(status["Threads"]),
        "descriptors": len(list((process / "fd").iterdir())),
    }


def kept_connections(jobs: Iterable[Job]) -> int:
    """How many connections these jobs' clients keep between polls: as many as were needed at once."""
    pools: dict[int, Any] = {}
    for job in jobs:
        transport: Any = job.client._transport.http._transport
        pools[id(transport)] = transport._pool
    return sum(len(pool.connections) for pool in pools.values())


def state_figures(state: Path) -> dict[str, int]:
    """The sizes of a state file and its write-ahead log."""
    wal = state.with_name(f"{state.name}-wal")
    return {
        "state_kib": state.stat().st_size // 1024,
        "wal_kib": wal.stat().st_size // 1024 if wal.exists() else 0,
    }


def page_figures(page: str) -> dict[str, int]:
    """What the daemon says of itself, and how many series it shows."""
    series, sums = 0, {"usage_exporter_polls_total": 0, "usage_exporter_poll_failures_total": 0}
    for line in page.splitlines():
        if line.startswith("#"):
            continue
        series += 1
        name = line.partition("{")[0]
        if name in sums:
            sums[name] += int(float(line.rpartition(" ")[2]))
    polls, failed = sums.values()
    return {"page_series": series, "polls": polls, "failed_polls": failed}


def reloaded_well(page: str) -> bool:
    """Whether the page says that the last reload was good."""
    return "\nusage_exporter_config_last_reload_successful 1\n" in f"\n{page}\n"


def reloaded_at(page: str) -> float:
    """When the last good reload was."""
    name = "usage_exporter_config_last_reload_success_timestamp_seconds "
    [line] = [line for line in page.splitlines() if line.startswith(name)]
    return float(line.removeprefix(name))


def of(hours: float, figures: Mapping[str, int]) -> Sample:
    """The sample of these figures."""
    return Sample(hours=hours, **figures)
