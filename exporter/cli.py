"""The command line."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import click

from exporter import __version__, log
from exporter.clock import SystemClock
from exporter.config import blocks
from exporter.config.blocks import Config
from exporter.config.file import load
from exporter.config.text import ConfigError
from exporter.demo import Demo, SimulatorError
from exporter.exposition import catalogue
from exporter.preflight import plan
from exporter.preflight.doctor import rendering
from exporter.preflight.doctor.examination import examine
from exporter.runtime.app import App
from exporter.runtime.ending import Stop, leave
from exporter.runtime.loop import Loop
from exporter.runtime.sighup import Sighup
from exporter.store.store import StoreError
from exporter.web import server
from exporter.web.guard import WebConfigFile
from exporter.web.tls import build
from exporter.web.web_config import WebConfigError

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

FAILURE, USAGE = 1, 2

_config_file = click.option(
    "--config.file",
    "config_file",
    default="config.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The configuration file.",
)
_listen_address = click.option(
    "--web.listen-address",
    "addresses",
    multiple=True,
    default=(":9899",),
    show_default=True,
    help="Where to listen; may be given several times.",
)
_telemetry_path = click.option(
    "--web.telemetry-path",
    "telemetry_path",
    default="/metrics",
    show_default=True,
    help="Where the metrics are.",
)
_web_config_file = click.option(
    "--web.config.file",
    "web_config_file",
    type=click.Path(path_type=Path),
    help="TLS, users and response headers, in the format of the Prometheus exporter-toolkit.",
)
_enable_lifecycle = click.option(
    "--web.enable-lifecycle",
    "lifecycle",
    is_flag=True,
    help="Let a POST to /-/reload read the configuration again, and one to /-/quit stop it.",
)
_log_level = click.option(
    "--log.level",
    "level",
    type=click.Choice(log.LEVELS),
    default="info",
    show_default=True,
    help="The least severe messages that are logged.",
)
_log_format = click.option(
    "--log.format",
    "form",
    type=click.Choice(["logfmt", "json"]),
    default="logfmt",
    show_default=True,
    help="How messages are written.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="usage-exporter")
def main() -> None:
    """Prometheus exporter for the usage, seats and bills of AI coding assistants and of GitHub's API."""


@main.command()
@_config_file
@_listen_address
@_telemetry_path
@_web_config_file
@_enable_lifecycle
@_log_level
@_log_format
def run(
    config_file: Path,
    addresses: Sequence[str],
    telemetry_path: str,
    web_config_file: Path | None,
    level: str,
    form: log.Format,
    *,
    lifecycle: bool,
) -> None:
    """Poll on schedule and serve the metrics: the daemon."""
    sighup = Sighup()
    log.configure(level, form)
    settings, web_config = _load(config_file), _load_web_config(web_config_file)

    def read() -> Config:
        """The configuration as it is; a bad web configuration spoils it."""
        try:
            _read_web_config(web_config_file)
        except WebConfigError as error:
            raise ConfigError([str(error)]) from error
        return load(config_file)

    async def serve() -> None:
        stop = _stop_on(signal.SIGTERM, signal.SIGINT)
        sockets = [server.listen(address) for address in addresses]
        async with App(settings, SystemClock(), Random(), read=read) as app:
            for listening in sockets:
                tls = web_config is not None and web_config.config.tls_server_config is not None
                _log.info("listening on %s%s", server.url_of(listening, tls=tls), telemetry_path)
            await app.serve(sockets, telemetry_path, stop, web_config, sighup, lifecycle=lifecycle)
        _log.info("stopped")
        leave()

    _run(serve())


@main.command()
@_config_file
@_log_level
@_log_format
def once(config_file: Path, level: str, form: log.Format) -> None:
    """Poll everything once, print the exposition, exit: 1 if a stream failed."""
    log.configure(level, form)
    page, failed = _run(_once(_load(config_file)))
    click.echo(page, nl=False)
    sys.exit(FAILURE if failed else 0)


@main.command()
@_config_file
@_web_config_file
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the file instead.")
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the plan is written.",
)
def check(config_file: Path, web_config_file: Path | None, output: str, *, schema: bool) -> None:
    """Validate the configuration and print what it polls and what that costs."""
    if schema:
        click.echo(json.dumps(blocks.schema(), indent=2))
        return
    planned = plan.of(_load(config_file))
    _load_web_config(web_config_file)
    click.echo(plan.as_json(planned) if output == "json" else plan.render(planned))


@main.command()
@_config_file
@_listen_address
@_web_config_file
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
def doctor(
    config_file: Path, addresses: Sequence[str], web_config_file: Path | None, output: str
) -> None:
    """Ask for each stream once and say what is missing: exit 1 if something is."""
    settings = _load(config_file)
    report = _run(examine(settings, addresses, SystemClock(), Random(), web_config_file))
    click.echo(rendering.as_json(report) if output == "json" else rendering.as_text(report))
    sys.exit(0 if report.healthy else FAILURE)


@main.command(name="catalogue")
def print_catalogue() -> None:
    """Print every metric as Markdown."""
    click.echo(catalogue.markdown(), nl=False)


@main.command()
@_listen_address
@_log_level
@_log_format
def demo(addresses: Sequence[str], level: str, form: log.Format) -> None:
    """Run against the built-in simulator: no account, no configuration, no network."""
    log.configure("warn" if level == "info" else level, form)
    _run(_demo(addresses))


def _load(path: Path) -> Config:
    try:
        return load(path)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(problem, err=True)
        sys.exit(USAGE)


def _load_web_config(path: Path | None) -> WebConfigFile | None:
    try:
        return _read_web_config(path)
    except WebConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)


def _read_web_config(path: Path | None) -> WebConfigFile | None:
    web_config = None if path is None else WebConfigFile(path)
    tls = web_config.config.tls_server_config if web_config else None
    if tls is not None:
        build(tls)
    return web_config


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            return runner.run(work)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    except (StoreError, SimulatorError, server.AddressError) as error:
        click.echo(str(error), err=True)
        sys.exit(FAILURE)


async def _once(settings: Config) -> tuple[str, bool]:
    async with App(settings, SystemClock(), Random(), birth_hold=0) as app:
        page = await app.once()
        return page, not all(job.status.state and job.status.state.answered for job in app.jobs)


async def _demo(addresses: Sequence[str]) -> None:
    # The demo has no configuration to read again: a closed terminal ends it.
    stop = _stop_on(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    sockets = [server.listen(address) for address in addresses]
    async with Demo() as running:
        await running.serve(sockets, stop, click.echo)


def _stop_on(*signals: signal.Signals) -> Stop:
    stop = Stop()
    for number in signals:
        signal.signal(number, stop.order)
    return stop
