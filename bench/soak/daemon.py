"""`python -m bench.soak.daemon`: the daemon in fast time; at SIGUSR1 it says what it holds."""

import asyncio
import functools
import gc
import json
import signal
from pathlib import Path
from random import Random
from unittest.mock import patch

import click
import uvloop

import exporter.runtime.app
from bench.soak.fast_time import FastClock, FastScheduler
from exporter import log
from exporter.config.file import load
from exporter.runtime.app import App
from exporter.runtime.sighup import Sighup
from exporter.web import server

LOOK_SECONDS = 0.02


async def serve(config_file: Path, port: int, clock: FastClock, sighup: Sighup) -> None:
    """What `usage-exporter run` does, by another clock."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    looks = Looks()
    loop.add_signal_handler(signal.SIGUSR1, looks.tell)
    read = functools.partial(load, config_file)
    async with App(read(), clock, Random(1), read=read) as app:
        listening = [server.listen(f"127.0.0.1:{port}")]
        looking = asyncio.create_task(looks.run())
        await app.serve(listening, "/metrics", stop, sighup=sighup)
        looking.cancel()


class Looks:
    """Counts, again and again, the tasks that are neither polls nor refreshes: those come and go."""

    def __init__(self) -> None:
        self._fewest: int | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def tell(self) -> None:
        """Say what is held: the fewest tasks since this was last asked, and the objects."""
        self._look()
        print(json.dumps({"tasks": self._fewest, "objects": len(gc.get_objects())}), flush=True)
        self._fewest = None

    def _look(self) -> None:
        tasks = sum(not _passes(task) for task in asyncio.all_tasks())
        self._fewest = tasks if self._fewest is None else min(tasks, self._fewest)


def _passes(task: asyncio.Task[object]) -> bool:
    return task.get_name().startswith(("poll ", "refresh "))


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
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(serve(config_file, port, clock, sighup))


if __name__ == "__main__":
    main()
