"""The flags of the commands, each refused by itself where it cannot be used."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

import click

from exporter.masking import masked
from exporter.web import addresses

Format = Literal["logfmt", "json"]
LEVELS = ("debug", "info", "warn", "error")

_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_Command = TypeVar("_Command", bound=Callable[..., object])

_ALL_HELP = 1_000
"""More characters than the help of a command has."""


class Commands(click.Group):
    """Commands whose errors show no credential, and whose list shows their help as a whole."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _masking():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _masking():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(_ALL_HELP)) for name, each in commands if each]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@contextlib.contextmanager
def _masking() -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        raise click.UsageError(masked(error.format_message()), error.ctx) from error


def _addresses(_: click.Context, __: click.Parameter, value: Sequence[str]) -> Sequence[str]:
    for address in value:
        try:
            addresses.parse(address)
        except addresses.AddressError as error:
            raise click.BadParameter(str(error)) from error
        if value.count(address) > 1:
            raise click.BadParameter(f"{address!r} is given more than once; keep one of them")
    return value


def _path(_: click.Context, __: click.Parameter, value: str) -> str:
    if value == "/":
        raise click.BadParameter("'/' is the status page; give another path, as /metrics")
    if value.startswith("/-/"):
        raise click.BadParameter(
            f"{value!r} is among the exporter's own paths, /-/healthy and others; give another one, "
            "as /metrics"
        )
    if not _PATH.fullmatch(value) or {".", ".."}.intersection(value.split("/")):
        raise click.BadParameter(
            f"{value!r} is not a path; begin it with a slash, as /metrics, and write it in letters, "
            "digits and . _ ~ -"
        )
    return value


config_file = click.option(
    "--config.file",
    "config_file",
    default="config.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The configuration file.",
)
listen_address = click.option(
    "--web.listen-address",
    "addresses",
    multiple=True,
    default=(":9899",),
    show_default=True,
    callback=_addresses,
    help="Where to listen; may be given several times.",
)
telemetry_path = click.option(
    "--web.telemetry-path",
    "telemetry_path",
    default="/metrics",
    show_default=True,
    callback=_path,
    help="Where the metrics are.",
)
web_config_file = click.option(
    "--web.config.file",
    "web_config_file",
    type=click.Path(path_type=Path),
    help="TLS, users and response headers, in the format of the Prometheus exporter-toolkit.",
)
enable_lifecycle = click.option(
    "--web.enable-lifecycle",
    "lifecycle",
    is_flag=True,
    help="Let a POST to /-/reload read the configuration again, and one to /-/quit stop it.",
)
log_level = click.option(
    "--log.level",
    "level",
    type=click.Choice(LEVELS),
    default="info",
    show_default=True,
    help="The least severe messages that are logged.",
)
log_format = click.option(
    "--log.format",
    "form",
    type=click.Choice(get_args(Format)),
    default="logfmt",
    show_default=True,
    help="How messages are written.",
)


def of_daemon(command: _Command) -> _Command:
    """All flags of the daemon but `--config.file`."""
    for flag in reversed(
        (
            listen_address,
            telemetry_path,
            web_config_file,
            enable_lifecycle,
            log_level,
            log_format,
        )
    ):
        command = flag(command)
    return command


def output(explained: str) -> Callable[[_Command], _Command]:
    """The flag `--output` of a command that prints something for people or for programs."""
    return click.option(
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=explained,
    )
