"""`python -m tests.chaos`: the full crash campaign, and its figures."""

import secrets
import signal
import sys
import tempfile
from pathlib import Path

import click

from tests.chaos.campaign import Campaign
from tests.counted import CHOICES


@click.command()
@click.option("--kills", type=click.IntRange(min=2), default=300, show_default=True)
@click.option("--seed", type=int, help="Repeats the choices of a run (default: drawn).")
@click.option("--days", type=click.IntRange(min=1), default=30, show_default=True)
def main(kills: int, seed: int | None, days: int) -> None:
    """Kill the daemon through a simulated month; exit 1 if one unit is off."""
    # The daemon is ended with the campaign, however that ends.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = secrets.randbelow(10**6) if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="usage-exporter-chaos-") as directory:
        streams = CHOICES[chosen % len(CHOICES)]
        campaign = Campaign(Path(directory), kills, chosen, days=days, streams=streams)
        report = campaign.run(click.echo)
    click.echo(report.text())
    for (name, labels), (ours, true) in report.wrong.items():
        click.echo(f"wrong: {name}{dict(labels)}: counted {ours}, true {true}")
    for fall in report.falls:
        click.echo(f"wrong: {fall}")
    sys.exit(bool(report.wrong or report.falls))


if __name__ == "__main__":
    main()
