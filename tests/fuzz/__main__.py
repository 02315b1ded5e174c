"""`python -m tests.fuzz [--inputs=N] [--seed=N] [--only=NAME] [--number=N]`: the fuzz campaign."""

import asyncio
import contextlib
import faulthandler
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.fuzz.campaign import PATIENCE, Outcome, Target, markdown, rounds, source
from tests.fuzz.targets import TARGETS

ROUNDS = 50


@click.command()
@click.option("--inputs", default=1_000_000, show_default=True, help="How many in all.")
@click.option("--seed", default=8, show_default=True, help="Where all randomness comes from.")
@click.option("--only", default="", help="Only targets whose name holds this.")
@click.option("--number", type=int, help="Only this input, and what it raises.")
def main(inputs: int, seed: int, only: str, number: int | None) -> None:
    """Print a table of what came of the inputs; exit 1 if one broke a promise. Ctrl-C ends early."""
    logging.disable(logging.CRITICAL)
    targets = [target for target in TARGETS if only in target.name]
    if number is not None:
        click.echo(asyncio.run(_once(targets[0], seed, number)))
        return
    outcomes: list[Outcome] = []
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(targets, inputs, seed, outcomes))
    click.echo(markdown(outcomes), nl=False)
    sys.exit(any(outcome.finds for outcome in outcomes))


async def _run(targets: Sequence[Target], inputs: int, seed: int, outcomes: list[Outcome]) -> None:
    count = max(1, min(ROUNDS, inputs // 10_000))
    with tempfile.TemporaryDirectory() as directory:
        _watch()
        async for found in rounds(targets, inputs, seed, Path(directory), count):
            outcomes[:] = found
            _watch()
    faulthandler.cancel_dump_traceback_later()


def _watch() -> None:
    """From here on: a loop that never comes back to asyncio is ended, and its place printed."""
    faulthandler.dump_traceback_later(PATIENCE * 10, exit=True)


async def _once(target: Target, seed: int, number: int) -> str:
    with tempfile.TemporaryDirectory() as directory:
        async with target.opened(Path(directory)) as attempt:
            return await attempt(source(seed, target.name, number))


if __name__ == "__main__":
    main()
