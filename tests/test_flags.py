"""Every flag is checked before anything is touched: no file, no port, no vendor."""

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exporter import __version__
from exporter.commands import main

CONFIG = "targets: [{vendor: cursor, account: acme, auth: {token_env: TOKEN}}]\n"


@pytest.fixture(autouse=True)
def _configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", "a-token")
    Path("config.yaml").write_text(CONFIG, encoding="utf-8")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


ADDRESSES = {
    "9899": "'9899' is not a listen address; write :9899, 127.0.0.1:9899 or [::1]:9899",
    "": "'' is not a listen address",
    "localhost": "'localhost' is not a listen address",
    ":": "':' is not a listen address",
    ":-1": "':-1' is not a listen address",
    ":65536": "':65536' is not a listen address",
    ":http": "':http' is not a listen address",
    ":\uff19\uff18": "is not a listen address",
    "http://localhost:9899": "'http://localhost:9899' is not a listen address",
    "a b:9899": "'a b:9899' is not a listen address",
}
PATHS = {
    "metrics": "'metrics' is not a path; begin it with a slash, as /metrics",
    "": "'' is not a path",
    "/": "'/' is the status page; give another path, as /metrics",
    "/-/healthy": "'/-/healthy' is among the exporter's own paths",
    "/-/metrics": "'/-/metrics' is among the exporter's own paths",
    "/{path}": "'/{path}' is not a path",
    "/a b": "'/a b' is not a path",
    "/a?b=c": "'/a?b=c' is not a path",
    "/a#b": "'/a#b' is not a path",
    "//metrics": "'//metrics' is not a path",
    "/a/../metrics": "'/a/../metrics' is not a path",
    "https://x/metrics": "'https://x/metrics' is not a path",
}


@pytest.mark.parametrize("command", ["run", "check", "demo", "doctor"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_listen_address_that_is_none_is_a_wrong_command_line(command: str, address: str) -> None:
    """Exit code 2, with the flag, what was given and what to write."""
    result = call(command, f"--web.listen-address={address}")
    assert result.exit_code == 2
    assert "Invalid value for '--web.listen-address'" in result.output
    assert ADDRESSES[address] in result.output
    assert not Path("usage-exporter.db").exists()


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("path", PATHS)
def test_a_telemetry_path_that_cannot_be_served_is_a_wrong_command_line(
    command: str, path: str
) -> None:
    """It would shadow another page, be shadowed by one, or end in a traceback."""
    result = call(command, f"--web.telemetry-path={path}")
    assert result.exit_code == 2
    assert "Invalid value for '--web.telemetry-path'" in result.output
    assert PATHS[path] in result.output
    assert not Path("usage-exporter.db").exists()


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/a/b-c_d.e~f", "/-metrics", "/..a"])
def test_a_telemetry_path_that_can_be_served_is_taken(path: str) -> None:
    assert call("check", f"--web.telemetry-path={path}").exit_code == 0


@pytest.mark.parametrize(
    "address", [":9899", "localhost:0", "127.0.0.1:1", "[::1]:9899", "[fe80::1%eth0]:1", "a_b.c:1"]
)
def test_a_listen_address_is_taken_without_listening(address: str) -> None:
    """Whether it is free, only `run` and `doctor` can tell."""
    assert call("check", f"--web.listen-address={address}").exit_code == 0


def test_an_address_that_is_given_twice_is_refused() -> None:
    """The second would find the first in its way, and the message would accuse another program."""
    result = call("run", "--web.listen-address=:9899", "--web.listen-address=:9899")
    assert result.exit_code == 2
    assert "':9899' is given more than once; keep one of them" in result.output


def test_check_takes_the_flags_of_run() -> None:
    """So that one line of arguments can be checked, and then used."""
    flags = {name: {p.name for p in main.commands[name].params} for name in ("run", "check")}
    assert flags["run"] - flags["check"] == set()


def test_help_is_not_cut() -> None:
    """The list of commands has the whole first sentence of each."""
    listed = " ".join(call("--help").output.split())
    assert "..." not in listed.partition("Commands:")[2]
    for name, command in main.commands.items():
        assert f"{name} {' '.join(str(command.help).split())}" in listed


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_told_with_the_build(flag: str) -> None:
    """As Prometheus's own programs do; a checkout was never built."""
    first, *others = call(flag).output.splitlines()
    assert first == f"usage-exporter, version {__version__} (revision: unknown)"
    assert [line.split(":")[0].strip() for line in others] == [
        "build date",
        "python version",
        "platform",
    ]
    assert {line.index(line.split(":")[1].strip()[:1], 15) for line in others} == {19}


def test_the_doctor_looks_at_the_targets_that_are_named_only() -> None:
    """One that is not there is a wrong command line, which names those that are."""
    result = call("doctor", "--target=cursor/acme", "--target=github/acme")
    assert result.exit_code == 2
    assert (
        "Invalid value for --target: 'github/acme' is not a target of the configuration; it has"
        " cursor/acme"
    ) in result.output


class Sipping(io.RawIOBase):
    """An output without a buffer that takes a little at a time, as a pipe may."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""

    def writable(self) -> bool:
        return True

    def write(self, given: Any, /) -> int:
        self.taken += bytes(given[:1_000])
        return min(len(given), 1_000)


@pytest.mark.parametrize(
    "command",
    [["catalogue"], ["check", "--schema"], ["check", "--config.file=config.yaml"]],
    ids=" ".join,
)
def test_all_is_printed_where_the_output_takes_a_part_at_a_time(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With PYTHONUNBUFFERED, as in the image, Python itself drops what a pipe does not take at once."""
    output: Any = Sipping()
    unbuffered = io.TextIOWrapper(output, encoding="utf-8", write_through=True)
    with unbuffered, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", unbuffered)
        main.main(command, standalone_mode=False)
        printed = output.taken.decode()
    assert printed == call(*command).stdout
