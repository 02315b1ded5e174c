"""The simulator as a process, over real connections."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.simulator.support import COMMITS, CURSOR_AUTH, START

pytestmark = pytest.mark.process

PATIENCE = 60.0
"""Seconds that an answer or an end is waited for, far above what it takes."""


@contextmanager
def running(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulator process and its URL."""
    command = [sys.executable, "-m", "exporter.simulator", "--developers", "5", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"simulator listening on (http://127\.0\.0\.1:\d+)\n", line)
            assert match, line
            yield process, match[1]
        finally:
            process.kill()


def test_a_process_serves_streams_and_stops_quietly() -> None:
    """One line on start; CSV comes in chunks; cut bodies are cut for real; SIGTERM ends it with 0."""
    with running("--start", str(START), "--no-rate-limit", "--commits", "300") as (process, url):
        with httpx.Client(base_url=url, auth=CURSOR_AUTH, timeout=PATIENCE) as http:
            table = http.get(f"{COMMITS}.csv", params={"startDate": "3d"})
            assert table.headers["transfer-encoding"] == "chunked"
            total = http.get(COMMITS, params={"startDate": "3d"}).json()["totalCount"]
            assert total > 600
            assert table.text.count("@acme.example") == total
            fault = {"path": "/cursor/*", "kind": "truncate", "times": 1}
            http.post("/_simulator/faults", json=fault)
            with pytest.raises(httpx.RemoteProtocolError):
                http.get(f"{COMMITS}.csv")
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, errors) == (0, "", "")


def test_a_process_ends_with_its_parent() -> None:
    """With the option an orphaned simulator does not stay behind."""
    script = (
        "import subprocess, sys\n"
        "command = [sys.executable, '-m', 'exporter.simulator', '--exit-with-parent']\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stdin=0)\n"
        "print(child.stdout.readline(), flush=True)\n"
    )
    # The child inherits standard error: it reaches its end when the child is gone too.
    parent = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
    )
    assert parent.stdout.startswith("simulator listening on ")


@pytest.mark.parametrize(
    "options", [("--lag-start", "soon"), ("--listen", "nowhere"), ("--lag-start", "7h")]
)
def test_wrong_options_are_usage_errors(options: tuple[str, str]) -> None:
    """Exit code 2 and a message that names what is wrong."""
    command = [sys.executable, "-m", "exporter.simulator", *options]
    finished = subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    assert finished.returncode == 2
    assert "Usage" in finished.stderr
