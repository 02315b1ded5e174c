"""`python -m bench.soak.daemon`: the daemon in fast time; at SIGUSR1 it says what it holds."""

import asyncio
import functools
import gc
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from random import Random
from unittest.mock import patch

import click

import exporter.runtime.app
from bench.soak.fast_time import FastClock, FastScheduler
from bench.soak.sample import kept_connections, process_figures
from exporter import log
from exporter.config.file import load
from exporter.runtime.app import App
from exporter.runtime.loop import Loop
from exporter.runtime.sighup import Sighup
from exporter.web import server

THREADS = 8
"""Of the pool that takes what needs CPU."""
TURNS = 10
"""Of the loop, in which what has ended goes: callbacks, transports that were closed."""


async def serve(config_file: Path, port: int, clock: FastClock, sighup: Sighup) -> None:
    """What `usage-exporter run` does, by another clock."""
    loop, stop, wanted = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    loop.set_default_executor(_all_threads())
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, wanted.set)
    read = functools.partial(load, config_file)
    async with App(read(), clock, Random(1), read=read) as app:
        listening = [server.listen(f"127.0.0.1:{port}")]
        telling = asyncio.create_task(_tell(app, wanted))
        await app.serve(listening, "/metrics", stop, sighup=sighup)
        telling.cancel()


def _all_threads() -> ThreadPoolExecutor:
    """Threads that would begin when that many are needed at once, so that only a leak adds any."""
    pool = ThreadPoolExecutor(THREADS)
    all_begun = threading.Barrier(THREADS)
    wait([pool.submit(all_begun.wait) for _ in range(THREADS)])
    return pool


async def _tell(app: App, wanted: asyncio.Event) -> None:
    """Say what is held between polls, whenever that is wanted."""
    scheduler = app._scheduler
    assert isinstance(scheduler, FastScheduler)
    while True:
        await wanted.wait()
        wanted.clear()
        async with scheduler.at_rest():
            await app.exposition.flush()
            for _ in range(TURNS):
                await asyncio.sleep(0)
            gc.collect()
            held = process_figures(os.getpid())
            held["descriptors"] -= kept_connections(app.jobs)
            held |= {"tasks": len(asyncio.all_tasks()), "objects": len(gc.get_objects())}
        print(json.dumps(held), flush=True)


@click.command()
@click.option("--config.file", "config_file", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=int, required=True)
@click.option("--start", type=float, required=True, help="The world's Unix time when it began.")
@click.option("--began", type=float, required=True, help="The machine's Unix time then.")
@click.option("--speed", type=float, required=True)
def main(config_file: Path, port: int, start: float, began: float, speed: float) -> None:
    """Run until SIGTERM."""
    sighup = Sighup()
    log.configure("warn", "logfmt")
    clock = FastClock(start, began, speed)
    with (
        patch.object(exporter.runtime.app, "Scheduler", FastScheduler),
        patch.object(exporter.runtime.app, "SWAP_GAP", exporter.runtime.app.SWAP_GAP * speed),
        asyncio.Runner(loop_factory=Loop) as runner,
    ):
        runner.run(serve(config_file, port, clock, sighup))


if __name__ == "__main__":
    main()
