"""A vendor that a test feeds, and one daemon on it: for what is tried without a whole month."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from bench.ports import free_port
from tests.chaos.failpoints import Strike
from tests.chaos.world_time import WorldTime
from tests.e2e.processes import PATIENCE, Process, Simulator, http, wait_for

PATIENT = 4 * PATIENCE
"""Seconds for what takes several polls, or several processes."""


def configuration(directory: Path, state: Path, vendors: str) -> Path:
    """The file of an exporter that reads nothing but Tabnine's audit log."""
    (directory / "tabnine").write_text("sim-tabnine-token", encoding="utf-8")
    off = {"enabled": False}
    target = {
        "vendor": "tabnine",
        "account": "acme",
        "base_url": f"{vendors}/tabnine",
        "auth": {"token_file": str(directory / "tabnine")},
        "requests_per_minute": 1_000_000,
        "streams": {
            "audit_log": {"interval": "1s"},
            **dict.fromkeys(("usage", "team_usage", "organization", "repositories"), off),
        },
    }
    settings = {
        "targets": [target],
        "state": {"path": str(state)},
        "counting": {"history": "count", "birth_hold": "0s"},
    }
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


class AuditLog:
    """Tabnine's audit log: each posted event is one unit of `tabnine_audit_events_total`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "state.db"
        self.condition = directory / "condition.sql"
        self.posted = 0
        self._clock_file = directory / "clock"
        self.clock = WorldTime(self._clock_file)
        self._simulator = Simulator(directory, "--no-rate-limit", "--developers=2")
        self._simulator.control("quiet", {"from": time.time() - 9 * 86_400})

    def post(self, events: int = 5) -> None:
        self._post(["token.revoked"] * events)

    def post_types(self, types: int) -> None:
        """One event of each of so many types: each is a series of its own."""
        self._post([f"type.{number}" for number in range(types)])

    def _post(self, types: list[str]) -> None:
        self._simulator.control("audit-events", {"items": [{"eventType": name} for name in types]})
        self.posted += len(types)

    def configuration(self) -> Path:
        return configuration(self.directory, self.state, self._simulator.url)

    @contextlib.contextmanager
    def daemon(self, strike: Strike | None = None) -> Iterator["AuditDaemon"]:
        """A daemon in the chaos runner: with a clock that can be set, and fail points."""
        port = free_port()
        arguments = [
            *(sys.executable, "-m", "tests.chaos.daemon"),
            f"--config.file={self.configuration()}",
            f"--port={port}",
            f"--clock={self._clock_file}",
            f"--condition={self.condition}",
            *([f"--strike={strike}"] if strike else []),
        ]
        with running(arguments, port, self.directory / "exporter.log") as daemon:
            yield daemon

    @contextlib.contextmanager
    def real_daemon(self) -> Iterator["AuditDaemon"]:
        """`usage-exporter run`, with nothing replaced."""
        port = free_port()
        arguments = [
            *(sys.executable, "-m", "exporter", "run"),
            f"--config.file={self.configuration()}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with running(arguments, port, self.directory / "exporter.log") as daemon:
            yield daemon

    def stop(self) -> None:
        self._simulator.stop()


class AuditDaemon:
    """A running daemon, and what its page says."""

    def __init__(self, arguments: list[str], port: int, output: Path) -> None:
        self.process = Process(arguments, output)
        self._url = f"http://127.0.0.1:{port}"

    def value(self, metric: str, label: str = "") -> int:
        """The sum of a metric's series that have the label, 0 without one."""
        page = http.get(f"{self._url}/metrics", timeout=PATIENCE).text
        return sum(
            int(float(line.rpartition(" ")[2]))
            for line in page.splitlines()
            if line.startswith((f"{metric}{{", f"{metric} ")) and label in line
        )

    @property
    def events(self) -> int:
        return self.value("tabnine_audit_events_total", "token.revoked")

    def is_in(self, state: str) -> bool:
        return self.value("usage_exporter_stream_state", f'state="{state}"') == 1

    def status(self) -> str:
        """The status page, which tells the reason of a state."""
        return http.get(f"{self._url}/", timeout=PATIENCE).text

    def wait_for_events(self, events: int) -> None:
        wait_for(f"{events} events are counted", lambda: self.events == events, PATIENT)

    def wait_for_state(self, state: str) -> None:
        wait_for(f"the state is {state}", lambda: self.is_in(state), PATIENT)

    def wait_for_polls(self, polls: int = 2) -> None:
        name = "usage_exporter_polls_total"
        until = self.value(name) + polls
        wait_for("the stream was polled again", lambda: self.value(name) >= until, PATIENT)


@contextlib.contextmanager
def running(arguments: list[str], port: int, output: Path) -> Iterator[AuditDaemon]:
    """A daemon that is ended with the block, if it did not end itself."""
    daemon = AuditDaemon(arguments, port, output)
    try:
        yield daemon
    finally:
        daemon.process.kill()
