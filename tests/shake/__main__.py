"""`python -m tests.shake`: the suite again and again under changed conditions, and a table of it."""

import os
import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click

from tests.shake.conditions import CONDITIONS, chosen
from tests.shake.interpreters import ROOT, environment
from tests.shake.results import Row, repeat, table
from tests.shake.run import Run

RESULTS = ROOT / ".shake"


@click.command(context_settings={"show_default": True})
@click.option(
    "--condition",
    "names",
    envvar="CONDITION",
    multiple=True,
    type=click.Choice([condition.name for condition in CONDITIONS]),
    help="Which ones (default: all).",
)
@click.option("--seed", envvar="SEED", type=int, help="Of the first run (default: drawn).")
@click.option("--tests", envvar="TESTS", default="", help="Paths or node ids (default: all).")
@click.option("--mark", envvar="MARK", default="", help="Tests with this mark, as for pytest -m.")
@click.option("--repeat", "times", envvar="REPEAT", type=click.IntRange(min=1), default=1)
@click.option(
    "--workers",
    envvar="WORKERS",
    type=click.IntRange(min=1),
    help="Processes that run tests (default: the condition's, or three for each core).",
)
def main(
    names: tuple[str, ...],
    seed: int | None,
    tests: str,
    mark: str,
    times: int,
    workers: int | None,
) -> None:
    """Run the suite under each condition; exit 1 if a test failed in any run.

    Each further run has the next seed, so that one run can be asked for by its own.
    """
    signal.signal(signal.SIGTERM, _stop)
    first = secrets.randbelow(10**6) if seed is None else seed
    conditions = [condition for condition in chosen(names) for _ in range(times)]
    # Before the first run: what cannot be made must not end a campaign of hours.
    venvs = {python: environment(python) for python in {c.python for c in conditions}}
    rows: list[Row] = []
    for number, condition in enumerate(conditions, start=first):
        asked = {"TESTS": tests, "MARK": mark, "WORKERS": workers}
        count = workers or condition.workers or (os.cpu_count() or 1) * 3
        venv = venvs[condition.python]
        run = Run(condition, number, count, venv, tuple(shlex.split(tests)), mark)
        result = run.carried_out(RESULTS / f"{condition.name}-{number}")
        rows.append(Row(condition.name, number, count, _version(venv), result))
        tell(rows[-1], {"CONDITION": condition.name, "SEED": number, **asked})
        (RESULTS / "table.md").write_text(table(rows), encoding="utf-8")
    click.echo(table(rows), nl=False)
    sys.exit(any(row.result.failed or not row.result.passed for row in rows))


def _stop(number: int, _: object) -> NoReturn:
    """End like any program that a signal ended, but not before what was started has ended."""
    sys.exit(128 + number)


def tell(row: Row, options: dict[str, str | int | None]) -> None:
    """How a run went, and how each failure is had again."""
    result = row.result
    click.echo(
        f"{row.condition}, seed {row.seed}: {result.passed} passed, {result.failed} failed, "
        f"{result.skipped} skipped, {result.seconds / 60:.1f} minutes"
    )
    for test in result.failures:
        click.echo(f"  failed: {test}\n    {repeat(options, test if '::' in test else '')}")
    if result.failures:
        click.echo(f"  in the same order, with all others: {repeat(options)}")


def _version(venv: Path) -> str:
    told = subprocess.run(
        [venv / "bin" / "python", "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return told.stdout.strip()


if __name__ == "__main__":
    main()
