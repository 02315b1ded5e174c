"""What an operator reads in the log of a real daemon: changes, each in one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.ports import free_port
from bench.simulated import SECRETS
from tests.e2e.processes import Exporter, Simulator, wait_for

pytestmark = pytest.mark.process

LOGS = Path(__file__).parent / "logs"
STREAM = {"interval": "1s"}
VARYING = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", "TIME"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"(duration|seconds)(=|\": )[\d.]+", r"\1\2SECONDS"),
    (r"(version)(=|\": \")[\w.+]+", r"\1\2VERSION"),
    (r"(port|failures)(=|\": )\d+", r"\1\2NUMBER"),
)

BUSY = ("running polls were abandoned", "the vendor is slow", "the vendor answers quickly")


def github(simulator: str, directory: Path, **streams: Any) -> dict[str, Any]:
    """A target with these streams only."""
    off = {"enabled": False}
    others = dict.fromkeys(("api_insights", "copilot_reports", "copilot_seats", "rate_limit"), off)
    return {
        "vendor": "github",
        "account": "acme",
        "org": "acme",
        "base_url": f"{simulator}/github",
        "auth": {"token_file": str(directory / "token")},
        "requests_per_minute": 1_000_000,
        "streams": {**others, **streams},
    }


def settings(directory: Path, *targets: dict[str, Any]) -> dict[str, Any]:
    token(directory, SECRETS["github"])
    return {"targets": list(targets), "state": {"path": str(directory / "state.db")}}


def token(directory: Path, secret: str) -> None:
    """Replace the file of the credential; nobody sees a part of it."""
    (directory / "token.next").write_text(secret, encoding="utf-8")
    (directory / "token.next").replace(directory / "token")


def in_state(exporter: Exporter, *states: str) -> None:
    """Wait until each stream is in the state beside it."""

    def told() -> bool:
        pattern = r'^usage_exporter_stream_state\{.*state="(\w+)"\} 1$'
        return re.findall(pattern, exporter.page(), re.MULTILINE) == list(states)

    wait_for(f"the streams are {', '.join(states)}", told)


def lines(exporter: Exporter, directory: Path) -> list[str]:
    """The log without what differs from run to run, and what a busy machine adds."""
    text = exporter.process.output.read_text("utf-8").replace(str(directory), "DIRECTORY")
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return [line for line in text.splitlines() if not any(each in line for each in BUSY)]


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_a_life_is_told_by_its_changes(
    form: str, simulator: Simulator, tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    """Start, first poll, a credential that is wrong and then right, a reload, the end; no more."""
    config = settings(tmp_path, github(simulator.url, tmp_path, rate_limit=STREAM))
    exporter = Exporter(tmp_path, config, f"--log.format={form}")
    try:
        in_state(exporter, "ok")
        token(tmp_path, "wrong")
        in_state(exporter, "unauthorized")
        token(tmp_path, SECRETS["github"])
        in_state(exporter, "ok")
        slower = github(simulator.url, tmp_path, rate_limit={"interval": "1h"})
        exporter.reconfigure(settings(tmp_path, slower))
    finally:
        assert exporter.process.stop() == 0
    told = lines(exporter, tmp_path)
    golden(LOGS / f"life.{form}", "\n".join(told) + "\n")
    if form == "json":
        for line in exporter.process.output.read_text("utf-8").splitlines():
            assert {"time", "level", "logger", "msg"} <= json.loads(line).keys()


def test_a_vendor_that_is_not_reached_is_told_once_and_so_is_its_return(
    tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    """Not for each of its streams, nor for each of their tries; with host, port and why."""
    port = free_port()
    listen = ("--no-rate-limit", "--developers=3", f"--listen=127.0.0.1:{port}")
    simulator = Simulator(tmp_path, *listen)
    streams = {"copilot_seats": STREAM, "rate_limit": STREAM}
    exporter = Exporter(tmp_path, settings(tmp_path, github(simulator.url, tmp_path, **streams)))
    try:
        in_state(exporter, "ok", "ok")
        simulator.stop()
        in_state(exporter, "unavailable", "unavailable")
        failed = float(_failures(exporter))
        wait_for("they fail again", lambda: _failures(exporter) >= failed + 2)
        simulator = Simulator(tmp_path, *listen)
        in_state(exporter, "ok", "ok")
    finally:
        assert exporter.process.stop() == 0
        simulator.stop()
    # The two streams are polled in any order at first.
    told = [line for line in lines(exporter, tmp_path) if "msg=polled" not in line]
    golden(LOGS / "unreached.logfmt", "\n".join(told) + "\n")
    assert len(lines(exporter, tmp_path)) == len(told) + len(streams)


def _failures(exporter: Exporter) -> float:
    found = re.findall(
        r"^usage_exporter_poll_failures_total\{.*\} (\S+)$", exporter.page(), re.MULTILINE
    )
    return sum(map(float, found))


def test_where_it_is_debugged_every_poll_and_every_try_is_told(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Each names vendor, account and stream."""
    config = settings(tmp_path, github(simulator.url, tmp_path, rate_limit=STREAM))
    fault = {"path": "/github/rate_limit", "kind": "status", "status": 503, "times": 1}
    simulator.control("faults", fault)
    exporter = Exporter(tmp_path, config, "--log.level=debug")
    about = "vendor=github account=acme stream=rate_limit"
    try:
        log = exporter.process.output
        wait_for(
            "two polls", lambda: log.read_text("utf-8").count(f"msg=polled {about} state=ok") >= 2
        )
    finally:
        assert exporter.process.stop() == 0
    text = log.read_text("utf-8")
    retry = f'level=debug logger=exporter.client.client msg="a request is tried again" {about}'
    assert f"{retry} endpoint=/rate_limit attempt=1" in text
    assert f"level=debug logger=exporter.poll.telling msg=polled {about}" in text
