"""`python -m tests.chaos.daemon`: the daemon in another world's time, struck in its commits."""

import asyncio
import functools
import signal
import sqlite3
import sys
import time
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import click

import exporter.runtime.app
from exporter import log
from exporter.clock import Clock
from exporter.config.blocks import Config
from exporter.config.file import load
from exporter.poll.scheduler import Scheduler
from exporter.runtime.app import App
from exporter.runtime.loop import Loop
from exporter.store.store import StoreError
from exporter.web import server
from tests.chaos.failpoints import Strike, StruckConnection
from tests.chaos.world_time import WorldTime


class WorldScheduler(Scheduler):
    """Runs polls at the machine's time that is as far away as the world's."""

    def _plan(self, name: str, due: float, *work: Any) -> None:
        super()._plan(name, time.time() + due - self._clock.time(), *work)


async def serve(settings: Config, clock: Clock, port: int, chance: Random) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with patch.object(exporter.runtime.app, "Scheduler", WorldScheduler):
        async with App(settings, clock, chance) as app:
            await app.serve([server.listen(f"127.0.0.1:{port}")], "/metrics", stop)


@click.command()
@click.option("--config.file", "config_file", type=click.Path(path_type=Path), required=True)
@click.option("--port", type=int, required=True)
@click.option("--clock", type=click.Path(path_type=Path), required=True)
@click.option("--seed", type=int, default=1, help="Of the jitter of its polls.")
@click.option("--strike", type=Strike.of)
@click.option("--condition", type=click.Path(path_type=Path))
def main(
    config_file: Path,
    port: int,
    clock: Path,
    seed: int,
    strike: Strike | None,
    condition: Path | None,
) -> None:
    """Run until a signal comes, from outside or from the strike."""
    log.configure("info", "logfmt")
    StruckConnection.strike, StruckConnection.condition = strike, condition
    connect = functools.partial(sqlite3.connect, factory=StruckConnection)
    try:
        with (
            patch.object(sqlite3, "connect", connect),
            asyncio.Runner(loop_factory=Loop) as runner,
        ):
            runner.run(serve(load(config_file), WorldTime(clock), port, Random(seed)))
    except StoreError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
