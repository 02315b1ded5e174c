"""`python -m bench.soak [--minutes=60] [--speed=60] [--targets=200]` prints a table in Markdown."""

import asyncio
import signal
import tempfile
from pathlib import Path

import click

from bench.soak import sample
from bench.soak.soak import Plan, Soak
from exporter.model import HOUR, MINUTE


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), default=60)
@click.option("--speed", type=click.FloatRange(min=1), default=60, help="Seconds in a second.")
@click.option("--targets", type=click.IntRange(min=1), default=200)
def main(minutes: float, speed: float, targets: int) -> None:
    """Let a daemon with many targets live through hours or days, and say what grew."""
    hours = int(minutes * MINUTE * speed / HOUR)
    if hours < 1:
        raise click.UsageError("less than a simulated hour: raise --minutes or --speed")
    # The daemon is ended with the soak, however that ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="usage-exporter-soak-") as directory:
        soak = Soak(Plan(hours, speed, targets), Path(directory), click.echo)
        samples = asyncio.run(soak.run())
    click.echo(f"\n{targets} targets, {hours} simulated hours in {minutes:g} minutes\n")
    click.echo(sample.table(samples))


if __name__ == "__main__":
    main()
