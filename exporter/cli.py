"""What the commands do."""

import asyncio
import json
import signal
import sys
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NoReturn, TypeVar

import click

from exporter import __version__, log, paper
from exporter.clock import SystemClock
from exporter.config import blocks
from exporter.config.blocks import Config
from exporter.config.file import load, place_in
from exporter.config.text import ConfigError
from exporter.demo import Demo, SimulatorError
from exporter.exposition import catalogue
from exporter.masking import masked
from exporter.preflight import plan
from exporter.preflight.doctor import rendering
from exporter.preflight.doctor.examination import examine
from exporter.preflight.doctor.finding import Level
from exporter.preflight.doctor.machine import check_state_path
from exporter.runtime.app import App
from exporter.runtime.ending import Stop, leave
from exporter.runtime.interpreter import share
from exporter.runtime.loop import Loop
from exporter.runtime.sighup import Sighup
from exporter.store.store import StoreError
from exporter.web import server
from exporter.web.addresses import AddressError
from exporter.web.guard import WebConfigFile
from exporter.web.tls import build
from exporter.web.web_config import WebConfigError

_log = log.logger(__name__)
_T = TypeVar("_T")

FAILURE, USAGE = 1, 2


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
    settings, web_config = _load(config_file, web_config_file)
    for warning in plan.read_twice(settings.targets):
        _log.warning(warning)

    async def serve() -> None:
        clock = SystemClock()
        began = clock.time()
        stop = _stop_on(signal.SIGTERM, signal.SIGINT)
        sockets = [server.listen(address) for address in addresses]
        read = partial(_read_settings, config_file, web_config_file)
        async with App(settings, clock, Random(), read=read, configuration=str(config_file)) as app:
            tls = web_config is not None and web_config.config.tls_server_config is not None
            urls = [server.url_of(listening, tls=tls) + telemetry_path for listening in sockets]
            _log.info(
                "started",
                version=__version__,
                configuration=str(config_file),
                targets=len(settings.targets),
                streams=len(app.jobs),
                state_file=settings.state.path,
                metrics=",".join(urls),
            )
            await app.serve(sockets, telemetry_path, stop, web_config, sighup, lifecycle=lifecycle)
        _log.info("stopped", version=__version__, duration=round(clock.time() - began, 3))
        leave()

    _run(serve())


def once(config_file: Path, level: str, form: log.Format) -> None:
    """Poll everything once, print the exposition, exit: 1 if a stream failed."""
    log.configure(level, form)
    settings, _ = _load(config_file)
    page, failed = _run(_once(settings))
    _print(page)
    sys.exit(FAILURE if failed else 0)


def print_schema() -> None:
    """Print the JSON Schema of the file."""
    _print(json.dumps(blocks.schema(), indent=2) + "\n")


def check(config_file: Path, web_config_file: Path | None, output: str) -> None:
    """Validate the configuration and the flags of run, and print what it polls and what that costs."""
    settings, _web_config = _load(config_file, web_config_file)
    state = check_state_path(Path(settings.state.path))
    if state.level is Level.FAIL:
        place = place_in(config_file, ("state", "path"))
        _refuse([f"{place}: {state.message}; {state.remedy}"])
    planned = plan.of(settings)
    if output == "json":
        _tell(plan.as_json(planned))
    else:
        on = paper.of_output()
        valid = paper.cell(f"{config_file} is valid: {plan.summary(planned)}", "green")
        _print(f"{plan.render(planned, on)}\n{paper.written(on, [valid])}\n")


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
    log.configure("warn", "logfmt")
    settings, _ = _load(config_file)
    settings = _only(settings, chosen)
    report = _run(examine(settings, addresses, SystemClock(), Random(), web_config_file))
    if output == "json":
        _tell(rendering.as_json(report, problems=problems))
    else:
        text = rendering.as_text(report, paper.of_output(), problems=problems)
        _print(f"{text}\n")
    sys.exit(0 if report.healthy else FAILURE)


def print_catalogue() -> None:
    """Print every metric as Markdown."""
    _print(catalogue.markdown())


def demo(addresses: Sequence[str], level: str, form: log.Format) -> None:
    """Run against the built-in simulator: no account, no configuration, no network."""
    log.configure("warn" if level == "info" else level, form)
    _run(_demo(addresses))


def _load(
    config_file: Path, web_config_file: Path | None = None
) -> tuple[Config, WebConfigFile | None]:
    try:
        return _read(config_file, web_config_file)
    except ConfigError as error:
        _refuse(error.problems)


def _read(config_file: Path, web_config_file: Path | None) -> tuple[Config, WebConfigFile | None]:
    """Both files as they are; raises ConfigError with what is wrong with either."""
    problems: list[str] = []
    settings = web_config = None
    try:
        settings = load(config_file)
    except ConfigError as error:
        problems += error.problems
    try:
        web_config = _read_web_config(web_config_file)
    except WebConfigError as error:
        problems.append(str(error))
    if settings is None or problems:
        raise ConfigError(problems)
    return settings, web_config


def _read_settings(config_file: Path, web_config_file: Path | None) -> Config:
    """The configuration as it is; a bad web configuration spoils it."""
    return _read(config_file, web_config_file)[0]


def _read_web_config(path: Path | None) -> WebConfigFile | None:
    web_config = None if path is None else WebConfigFile(path)
    tls = web_config.config.tls_server_config if web_config else None
    if tls is not None:
        build(tls)
    return web_config


def _only(settings: Config, chosen: Sequence[str]) -> Config:
    """The configuration with the chosen targets; with all where none is chosen."""
    targets = {f"{target.vendor}/{target.account}": target for target in settings.targets}
    for name in chosen:
        if name not in targets:
            raise click.BadParameter(
                f"{name!r} is not a target of the configuration; it has {', '.join(targets)}",
                param_hint="--target",
            )
    wanted = [targets[name] for name in dict.fromkeys(chosen or targets)]
    return settings.model_copy(update={"targets": wanted})


def _tell(text: str) -> None:
    _print(masked(text) + "\n")


def _print(text: str) -> None:
    """Write all of it: without a buffer (PYTHONUNBUFFERED) a pipe may take a part, and Python drops the rest."""
    sys.stdout.flush()
    rest = memoryview(text.encode())
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def _refuse(problems: Sequence[str]) -> NoReturn:
    for problem in problems:
        click.echo(masked(problem), err=True)
    sys.exit(USAGE)


def _run(work: Coroutine[Any, Any, _T]) -> _T:
    share()
    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            return runner.run(work)
    except ConfigError as error:
        _refuse(error.problems)
    except (StoreError, SimulatorError, AddressError) as error:
        click.echo(masked(str(error)), err=True)
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
