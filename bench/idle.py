"""What a thousand targets cost while none of their streams is due."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

import uvloop

from bench.run import Row
from exporter.clock import SystemClock
from exporter.config.file import parse
from exporter.runtime.app import App
from exporter.web import server

TARGETS = 1_000
STREAMS = 5
SECONDS = 20.0
_TARGET = """
  - vendor: tabnine
    account: account-{number}
    base_url: http://127.0.0.1:9
    auth: {{token_env: BENCH_TOKEN}}
"""


async def measure(directory: str) -> None:
    """Serve all targets with polls that are hours away; print the share of a core."""
    targets = "".join(_TARGET.format(number=number) for number in range(TARGETS))
    config = parse(f"targets:{targets}state: {{path: {directory}/idle.db}}", "bench")
    clock, stop = SystemClock(), asyncio.Event()
    async with App(config, clock, Random(1)) as app:
        for job in app.jobs:
            job.status.last_success = clock.time()
        serving = asyncio.create_task(app.serve([server.listen("127.0.0.1:0")], "/metrics", stop))
        await clock.sleep(5)
        before, started = time.process_time(), time.monotonic()
        await clock.sleep(SECONDS)
        used = (time.process_time() - before) / (time.monotonic() - started)
        sys.stdout.write(f"{used} {resident_kib()} {len(app.jobs)}\n")
        stop.set()
        await serving


def resident_kib() -> int:
    return int(Path("/proc/self/status").read_text(encoding="utf-8").split("VmRSS:")[1].split()[0])


def rows() -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [sys.executable, "-m", "bench.idle", directory],
            env={**os.environ, "BENCH_TOKEN": "none"},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
    used, memory, jobs = done.stdout.split()
    yield Row(
        f"{TARGETS:,} targets, {int(jobs):,} streams, idle: share of a core",
        float(used) * 100,
        "%",
        at_most=5,
        note=f"{int(memory) / 1024:.0f} MiB resident",
    )


if __name__ == "__main__":
    uvloop.run(measure(sys.argv[1]))
