"""The real programs of the end-to-end tests, each on loopback and ended by its own pid."""

import contextlib
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from bench.ports import free_port

T = TypeVar("T")

PATIENCE = 180.0
"""Seconds that a condition is waited for: far above what it takes, because machines are noisy."""

# One for all: each has the certificate authorities read, which is most of what a request costs. No
# connection is kept, because the programs behind them are killed.
http = httpx.Client(
    timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
)


def fetch(url: str) -> httpx.Response:
    """What is there, whatever its status."""
    return http.get(url)


def wait_for(what: str, check: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """The first true value of `check`, asked again and again; it is real processes that we wait for."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < patience:
        with contextlib.suppress(httpx.TransportError):
            if value := check():
                return value
        # Whoever waits long asks more rarely: the questions cost what is waited for its time.
        time.sleep(min(0.05 + waited / 20, 0.5))
    raise AssertionError(f"{what}: not within {patience:.0f} s")


ANY_PORT = "--web.listen-address=127.0.0.1:0"
"""The default one may be taken: by an exporter of this machine, or by another test."""


def program(name: str) -> str:
    """The path of an installed program; a missing one is a failure of the set-up."""
    path = shutil.which(name)
    assert path is not None, f"{name} is not installed: make test installs it on Debian as root"
    return path


class Process:
    """A program in the background with its output in a file."""

    def __init__(self, arguments: list[str], output: Path) -> None:
        self.output = output
        with output.open("ab") as file:
            self._process = subprocess.Popen(arguments, stdout=file, stderr=subprocess.STDOUT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(by)
        return self._process.wait(PATIENCE)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        self._process.send_signal(number)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid


class Simulator:
    """The vendors, and control over their world."""

    def __init__(self, directory: Path, *options: str) -> None:
        output = directory / "simulator.log"
        self._process = Process(
            [sys.executable, "-m", "exporter.simulator", "--exit-with-parent", *options], output
        )
        self.url = wait_for("the simulator's address", lambda: _address(output))

    def control(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = http.post(f"{self.url}/_simulator/{path}", json=body or {})
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def truth(self, **query: float) -> dict[tuple[str, tuple[tuple[str, str], ...]], Any]:
        """The true totals by metric name and labels."""
        answer = http.get(f"{self.url}/_simulator/truth", params=query)
        answer.raise_for_status()
        return {
            (total["name"], tuple(sorted(total["labels"].items()))): total["value"]
            for total in answer.json()["metrics"]
        }

    def requests(self) -> list[dict[str, Any]]:
        """How often each path was asked for, by status."""
        return self._told("requests")

    def exports(self) -> list[dict[str, Any]]:
        """The usage report exports: what each is of, its last day, and when it was created."""
        return self._told("exports")

    def _told(self, what: str) -> list[dict[str, Any]]:
        answer = http.get(f"{self.url}/_simulator/{what}")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()[what]
        return found

    def stop(self) -> None:
        self._process.stop()


def _address(output: Path) -> str | None:
    for line in output.read_text(encoding="utf-8").splitlines():
        if "listening on" in line:
            return line.split()[-1]
    return None


class Exporter:
    """The daemon; it can be killed and started again on the same state."""

    module = "exporter"

    def __init__(self, directory: Path, config: Mapping[str, Any], *flags: str) -> None:
        self.directory = directory
        self.flags = flags
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config_file = directory / "config.yaml"
        self.config_file.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
        self.start()

    def reconfigure(self, config: Mapping[str, Any] | str) -> None:
        """Write the configuration and send SIGHUP; returns when it has been read."""
        before = self._reloads()
        content = config if isinstance(config, str) else yaml.safe_dump(dict(config))
        self.config_file.write_text(content, encoding="utf-8")
        self.process.send(signal.SIGHUP)
        wait_for("the configuration was read again", lambda: self._reloads() > before)

    def _reloads(self) -> int:
        log = self.process.output.read_text("utf-8")
        return len(re.findall("configuration reloaded|reload refused", log))

    def start(self) -> None:
        self.process = Process(
            [
                *(sys.executable, "-m", self.module, "run"),
                f"--config.file={self.config_file}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                *self.flags,
            ],
            self.directory / "exporter.log",
        )

    def wait_until_ready(self) -> None:
        wait_for("the exporter is ready", lambda: self._answers("/-/ready"))

    def wait_until_polled(self) -> None:
        """Until the first poll of every stream has ended, well or not, in this process or before."""
        self.wait_until_ready()
        wait_for("every stream was polled", self._polled)

    def _polled(self) -> bool:
        page = self.page()
        with_state = set(
            re.findall(r"^usage_exporter_stream_state\{(.*),state=", page, re.MULTILINE)
        )
        return with_state == set(
            re.findall(r"^usage_exporter_poll_interval_seconds\{(.*)\}", page, re.MULTILINE)
        )

    def _answers(self, path: str) -> bool:
        assert self.process.running, self.process.output.read_text("utf-8")
        return http.get(self.url + path).status_code == 200

    def page(self) -> str:
        return http.get(f"{self.url}/metrics").text

    def successes(self) -> dict[str, float]:
        """When the last good poll of each `vendor/stream` began, the first of several accounts'."""
        found = re.findall(
            r"^usage_exporter_last_success_timestamp_seconds"
            r'\{vendor="(\w+)",.*stream="(\w+)"\} (\S+)$',
            self.page(),
            re.MULTILINE,
        )
        first: dict[str, float] = {}
        for vendor, stream, at in found:
            name = f"{vendor}/{stream}"
            first[name] = min(float(at), first.get(name, math.inf))
        return first

    def wait_for_polls(self, streams: Collection[str]) -> None:
        """Until each `vendor/stream` of these has had a good poll that began after this moment."""
        moment = time.time()

        def polled() -> bool:
            return {stream for stream, at in self.successes().items() if at > moment} >= {*streams}

        wait_for("every stream was polled", polled)


class Prometheus:
    """A real Prometheus that scrapes every second; it has begun to when this is there."""

    def __init__(
        self,
        directory: Path,
        target_port: int,
        scrape: Mapping[str, Any] | None = None,
        rules: Path | None = None,
        evaluation: str = "5s",
        alertmanager: str | None = None,
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        notified = [{"static_configs": [{"targets": [alertmanager]}]}] if alertmanager else []
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": evaluation},
            "rule_files": [str(rules)] if rules else [],
            "alerting": {"alertmanagers": notified},
            "scrape_configs": [
                {
                    "job_name": "usage-exporter",
                    "static_configs": [{"targets": [f"127.0.0.1:{target_port}"]}],
                    **(scrape or {}),
                }
            ],
        }
        path = directory / "prometheus.yml"
        path.write_text(json.dumps(config), encoding="utf-8")
        self._process = Process(
            [
                program("prometheus"),
                f"--config.file={path}",
                f"--storage.tsdb.path={directory / 'tsdb'}",
                # Some tests give it a past of months.
                "--storage.tsdb.retention.time=1y",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ],
            directory / "prometheus.log",
        )
        wait_for("Prometheus is ready", lambda: http.get(f"{self.url}/-/ready").status_code == 200)
        # Its discovery hands targets over every five seconds, and the first time may be late.
        wait_for("Prometheus scrapes the exporter", lambda: self.query("up == 1"))

    def wait_for_scrape(self) -> None:
        """Until a scrape that began after this moment is stored; by Prometheus's own clock."""
        moment = float(self.query("vector(time())")[0]["value"][1])
        wait_for("Prometheus scraped", lambda: self.query(f"timestamp(up) > {moment} and up == 1"))

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The result of an instant query."""
        answer = http.get(f"{self.url}/api/v1/query", params={"query": expression})
        answer.raise_for_status()
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def stop(self) -> None:
        self._process.stop()


@contextlib.contextmanager
def stopping(*processes: Any) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.stop()
