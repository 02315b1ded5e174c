"""`python -m tests.faults`: every fault on every stream, and the daemon's memory under floods."""

import asyncio
import logging
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import click

from tests.faults.campaign import Campaign, Outcome
from tests.faults.choice import FaultName, StreamName, chosen_faults, chosen_forms
from tests.faults.forms import FORMS, SHAPES, Form
from tests.faults.memory import MIB, Peak, flooded
from tests.faults.table import Fault

FLOOD_SECONDS = 20.0


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--stream",
    "streams",
    multiple=True,
    type=StreamName(),
    help="Only these, without the memory under floods: cursor/spend, cursor/*.",
)
@click.option(
    "--fault", "faults", multiple=True, type=FaultName(), help="Only these: 503, 'numbers *'."
)
def main(file: Path | None, streams: tuple[str, ...], faults: tuple[str, ...]) -> None:
    """Run what is chosen, else all of it, and write the table, to FILE too; exit 1 if a promise was broken.

    Options may be given several times, and take patterns as a shell does.
    """
    logging.disable(logging.CRITICAL)
    chosen = chosen_faults(faults)
    outcomes = asyncio.run(matrix(chosen_forms(streams), chosen))
    text = markdown(chosen, outcomes, {} if streams else asyncio.run(floods(chosen)))
    if file is not None:
        file.write_text(text, encoding="utf-8")
    click.echo(text, nl=False)
    sys.exit(any(outcome.problems for outcome in outcomes))


async def matrix(forms: Sequence[Form], faults: Sequence[Fault]) -> list[Outcome]:
    """Every stream of these forms under these faults."""
    outcomes: list[Outcome] = []
    for form in forms:
        with tempfile.TemporaryDirectory() as directory:
            async with Campaign(form, Path(directory)) as campaign:
                for fault in faults:
                    outcomes += await campaign.run(fault, campaign.streams())
                    click.echo(f"{form.name}: {fault.name}", err=True)
    return outcomes


async def floods(faults: Sequence[Fault]) -> dict[str, Peak]:
    """The memory of a daemon with targets of every shape under a flood, beside a healthy one."""
    forms = [
        *SHAPES,
        FORMS["tabnine, form 1"].alone("audit_log"),
        FORMS["cursor, form 1"].alone("ai_code_changes"),
    ]
    healthy = FORMS["cursor"].alone("ai_code_changes")
    peaks: dict[str, Peak] = {}
    for fault in faults:
        if not fault.flood:
            continue
        with tempfile.TemporaryDirectory() as directory:
            spoilt = [(form, fault.spoil) for form in forms]
            peaks[fault.name] = await flooded(Path(directory), spoilt, healthy, FLOOD_SECONDS)
        click.echo(f"memory: {fault.name}", err=True)
    return peaks


def markdown(faults: Sequence[Fault], outcomes: Sequence[Outcome], peaks: dict[str, Peak]) -> str:
    """One row a fault; what went wrong below."""
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        found[outcome.fault.name].append(outcome)
    lines = [
        "| fault | state told | most requests a poll | memory | others kept counting |",
        "| --- | --- | ---: | ---: | --- |",
        *(_row(fault, found[fault.name], peaks.get(fault.name)) for fault in faults),
    ]
    bad = [outcome for outcome in outcomes if outcome.problems]
    lines += ["", f"{len(outcomes)} cells, {len(bad)} wrong."]
    lines += [f"- {o.form}, {o.stream}, {o.fault.name}: {'; '.join(o.problems)}" for o in bad]
    return "\n".join(lines) + "\n"


def _row(fault: Fault, outcomes: Sequence[Outcome], peak: Peak | None) -> str:
    states = sorted({outcome.state.value for outcome in outcomes})
    most = max((outcome.requests for outcome in outcomes), default=0)
    memory = "" if peak is None else f"+{peak.growth / MIB:.0f} MiB"
    kept = all(outcome.others for outcome in outcomes) and (peak is None or peak.well_polls > 0)
    told = ", ".join(f"`{state}`" for state in states)
    return f"| {fault.name} | {told} | {most:,} | {memory} | {'yes' if kept else 'no'} |"


if __name__ == "__main__":
    main()
