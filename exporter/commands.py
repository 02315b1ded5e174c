"""The commands and their flags; what a command does is imported when it runs.

A shell that completes a word, the help and a refused flag need none of it, and it takes most of a second.
"""

from collections.abc import Sequence
from pathlib import Path

import click

from exporter import __version__, completion, flags, release

completion.register()


@click.group(cls=flags.Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    __version__,
    "-V",
    "--version",
    message=release.described(),
    help="Show the version and the build.",
)
def main() -> None:
    """Prometheus exporter for the usage, seats and bills of AI coding assistants and of GitHub's API."""


@main.command()
@flags.config_file
@flags.of_daemon
def run(
    config_file: Path,
    addresses: Sequence[str],
    telemetry_path: str,
    web_config_file: Path | None,
    level: str,
    form: flags.Format,
    *,
    lifecycle: bool,
) -> None:
    """Poll on schedule and serve the metrics: the daemon."""
    from exporter import cli

    cli.run(
        config_file, addresses, telemetry_path, web_config_file, level, form, lifecycle=lifecycle
    )


@main.command()
@flags.config_file
@flags.log_level
@flags.log_format
def once(config_file: Path, level: str, form: flags.Format) -> None:
    """Poll everything once, print the exposition, exit: 1 if a stream failed."""
    from exporter import cli

    cli.once(config_file, level, form)


@main.command()
@flags.config_file
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the file instead.")
@flags.output("How the plan is written.")
@flags.of_daemon
def check(
    config_file: Path, web_config_file: Path | None, output: str, *, schema: bool, **_: object
) -> None:
    """Validate the configuration and the flags of run, and print what it polls and what that costs."""
    from exporter import cli

    if schema:
        cli.print_schema()
    else:
        cli.check(config_file, web_config_file, output)


@main.command()
@flags.config_file
@flags.listen_address
@flags.web_config_file
@click.option(
    "--target",
    "chosen",
    multiple=True,
    metavar="VENDOR/ACCOUNT",
    help="Look at this target only; may be given several times.",
)
@click.option("--problems", is_flag=True, help="Print only what fails and what is warned of.")
@flags.output("For people, or for programs.")
def doctor(
    config_file: Path,
    addresses: Sequence[str],
    web_config_file: Path | None,
    chosen: Sequence[str],
    output: str,
    *,
    problems: bool,
) -> None:
    """Ask for each stream once and say what is missing: exit 1 if something is."""
    from exporter import cli

    cli.doctor(config_file, addresses, web_config_file, chosen, output, problems=problems)


@main.command(name="catalogue")
def print_catalogue() -> None:
    """Print every metric as Markdown."""
    from exporter import cli

    cli.print_catalogue()


@main.command()
@flags.listen_address
@flags.log_level
@flags.log_format
def demo(addresses: Sequence[str], level: str, form: flags.Format) -> None:
    """Run against the built-in simulator: no account, no configuration, no network."""
    from exporter import cli

    cli.demo(addresses, level, form)
