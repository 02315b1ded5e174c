"""`python -m exporter.simulator`: the simulated vendors as a process of their own."""

import dataclasses
import gc
import os
import signal
import sys
import threading
import time
from types import FrameType

import click

from exporter.config.durations import parse_duration
from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.server import listen, server_of, url_of
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.traffic import Lag
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock

PARENT_CHECK_SECONDS = 0.5
YOUNG = 50_000
"""Objects between two looks for garbage: an answer makes tens of thousands, and hardly any are garbage in cycles."""


class Duration(click.ParamType[int]):
    """Seconds, written as Prometheus does: 1h30m."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Address(click.ParamType[tuple[str, int]]):
    """HOST:PORT."""

    name = "address"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, _, port = str(value).rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            self.fail(f"{value!r} is not HOST:PORT, such as 127.0.0.1:0", param, ctx)
        return host, int(port)


@click.command()
@click.option("--listen", "address", type=Address(), default="127.0.0.1:0", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--start", type=float, help="The world's Unix time at the start (default: now).")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=1,
    show_default=True,
    help="Seconds of the world in a second.",
)
@click.option("--lag-start", type=Duration(), default="4h", show_default=True)
@click.option("--lag-end", type=Duration(), default="6h", show_default=True)
@click.option("--developers", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--teams", type=click.IntRange(min=1), default=len(TEAMS), show_default=True)
@click.option(
    "--commits", type=click.IntRange(min=0), help="Commits a day, instead of what people make."
)
@click.option("--rate-limit/--no-rate-limit", default=True, show_default=True)
@click.option("--cursor-retry-after", is_flag=True, help="Send Retry-After with Cursor's 429.")
@click.option(
    "--legacy-copilot", is_flag=True, help="Speak the Copilot usage API that GitHub has closed."
)
@click.option("--exit-with-parent", is_flag=True, help="Stop when the parent process is gone.")
def main(
    address: tuple[str, int],
    seed: int,
    start: float | None,
    speed: float,
    lag_start: int,
    lag_end: int,
    developers: int,
    teams: int,
    commits: int | None,
    rate_limit: bool,
    cursor_retry_after: bool,
    legacy_copilot: bool,
    exit_with_parent: bool,
) -> None:
    """Speak the vendors' APIs on loopback from one seeded world."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_quietly)
    if exit_with_parent:
        threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    try:
        settings = WorldSettings(
            seed=seed,
            developers=developers,
            teams=teams,
            commits_per_day=commits,
            lag=Lag(lag_start, lag_end),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    anthropic = AnthropicOptions()
    cursor = CursorOptions(retry_after=cursor_retry_after)
    github = GitHubOptions(legacy_copilot=legacy_copilot)
    if not rate_limit:
        anthropic = AnthropicOptions(requests_per_hour=None, requests_per_minute=None)
        cursor = dataclasses.replace(cursor, requests_per_minute=None)
        github = dataclasses.replace(github, requests_per_hour=None)
    simulator = Simulator(
        World(settings, WorldClock(start=start, speed=speed)),
        anthropic=anthropic,
        cursor=cursor,
        github=github,
    )
    listener = listen(*address)
    click.echo(f"simulator listening on {url_of(listener)}")
    sys.stdout.flush()
    gc.freeze()
    gc.set_threshold(YOUNG)
    server_of(simulator).run(sockets=[listener])


def _exit_quietly(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _follow_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
