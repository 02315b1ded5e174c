"""`doctor` as a user types it, against the simulated vendors and against what can be wrong."""

import http.server
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest
import yaml

from bench.ports import free_port
from tests.e2e.processes import ANY_PORT, PATIENCE, Exporter, Simulator

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("simulator")
    simulator = Simulator(directory, "--developers=8", "--teams=2", "--no-rate-limit")
    yield simulator
    simulator.stop()


@pytest.fixture(autouse=True)
def _no_faults(simulator: Simulator) -> Iterator[None]:
    yield
    httpx.delete(f"{simulator.url}/_simulator/faults", timeout=PATIENCE).raise_for_status()


def target(directory: Path, vendor: str, url: str, secret: str, **more: Any) -> dict[str, Any]:
    account = more.get("account", "acme")
    token = directory / f"{vendor}-{account}.secret"
    token.write_text(secret, encoding="utf-8")
    return {
        "vendor": vendor,
        "account": account,
        "base_url": url,
        "auth": {"token_file": str(token)},
        "requests_per_minute": 100_000,
        **({"org": "acme"} if vendor == "github" else {}),
        **more,
    }


def good(simulator: Simulator, directory: Path) -> list[dict[str, Any]]:
    return [
        target(directory, "github", f"{simulator.url}/github", "sim-github-token"),
        target(directory, "tabnine", f"{simulator.url}/tabnine", "sim-tabnine-token"),
        target(directory, "cursor", f"{simulator.url}/cursor", "sim-cursor-key"),
    ]


def doctor(
    directory: Path,
    targets: list[dict[str, Any]],
    *flags: str,
    state: Path | None = None,
    **more: Any,
) -> subprocess.CompletedProcess[str]:
    path = directory / "config.yaml"
    content = {"targets": targets, "state": {"path": str(state or directory / "state.db")}, **more}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return subprocess.run(
        [
            *(sys.executable, "-m", "exporter", "doctor"),
            f"--config.file={path}",
            *(flags or [ANY_PORT]),
        ],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=4 * PATIENCE,
    )


def found(done: subprocess.CompletedProcess[str], **fields: Any) -> dict[str, Any]:
    """The one finding with these fields."""
    assert done.stderr == ""
    [one] = [
        finding
        for finding in json.loads(done.stdout)["findings"]
        if all(finding[name] == value for name, value in fields.items())
    ]
    return dict(one)


def test_all_is_well_with_one_request_a_stream_and_nothing_written(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Exit code 0, a line for every stream, no state file, no secret; no path is asked twice over."""
    before = sum(row["count"] for row in simulator.requests())
    done = doctor(tmp_path, good(simulator, tmp_path))
    asked = sum(row["count"] for row in simulator.requests()) - before
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    for stream in ("api_insights", "copilot_seats", "audit_log", "ai_code_commits"):
        assert any(stream in line and "works" in line for line in done.stdout.splitlines())
    works = sum(line.endswith("works") for line in done.stdout.splitlines())
    assert works <= asked <= works + 2
    assert not (tmp_path / "state.db").exists()
    assert "sim-" not in done.stdout
    assert "\x1b" not in done.stdout


def test_what_vendors_refuse_is_told_beside_what_works(
    simulator: Simulator, tmp_path: Path
) -> None:
    """A wrong token, a missing permission, a role, a plan and a quota; the others still work."""
    simulator.control(
        "faults",
        {
            "path": "/github/orgs/acme/insights/*",
            "kind": "status",
            "status": 403,
            "headers": {"X-Accepted-GitHub-Permissions": "organization_api_insights=read"},
        },
    )
    simulator.control(
        "faults",
        {
            "path": "/cursor/analytics/ai-code/commits",
            "kind": "status",
            "status": 429,
            "headers": {"Retry-After": "120"},
        },
    )
    targets = [
        *good(simulator, tmp_path),
        target(tmp_path, "github", f"{simulator.url}/github", "ghp_wrong", account="wrong"),
        target(
            tmp_path,
            "tabnine",
            f"{simulator.url}/tabnine",
            "sim-tabnine-token-without-audit",
            account="member",
        ),
        target(
            tmp_path,
            "cursor",
            f"{simulator.url}/cursor",
            "sim-cursor-key-without-enterprise",
            account="team",
        ),
    ]
    done = doctor(tmp_path, targets, "--output=json", ANY_PORT)
    assert done.returncode == 1
    acme, wrong = ({"vendor": "github", "account": name} for name in ("acme", "wrong"))
    missing = found(done, target=acme, stream="api_insights")
    assert (missing["level"], missing["state"]) == ("fail", "forbidden")
    assert "organization_api_insights=read" in missing["remedy"]
    assert missing["document"].startswith("https://docs.github.com/")
    assert found(done, target=acme, stream="copilot_seats")["level"] == "ok"
    assert found(done, target=wrong, stream="copilot_seats")["state"] == "unauthorized"
    limited = found(done, target={"vendor": "cursor", "account": "acme"}, stream="ai_code_commits")
    assert (limited["level"], limited["state"]) == ("warn", "rate_limited")
    assert "ask again after 20" in limited["remedy"]
    member = {"vendor": "tabnine", "account": "member"}
    assert "Admin" in found(done, target=member, stream="audit_log")["remedy"]
    assert found(done, target=member, stream="usage")["level"] == "ok"
    team = {"vendor": "cursor", "account": "team"}
    assert "Enterprise plan" in found(done, target=team, stream="ai_code_changes")["remedy"]
    assert "ghp_wrong" not in done.stdout
    assert "sim-" not in done.stdout


def test_what_cannot_be_reached_is_told_and_holds_nobody_up(
    simulator: Simulator, tmp_path: Path
) -> None:
    """A name that no resolver can know, a refused connection and a vendor that hangs; the rest works."""
    simulator.control("faults", {"path": "/tabnine/api/v1/license", "kind": "hang"})
    targets = [
        *good(simulator, tmp_path),
        target(tmp_path, "cursor", f"http://{'x' * 64}.invalid", "key", account="name"),
        target(tmp_path, "cursor", f"http://127.0.0.1:{free_port()}", "key", account="port"),
    ]
    # For what hangs; the same vendor's other answers come far sooner, also on a busy machine.
    targets[1]["timeout"] = "5s"
    done = doctor(tmp_path, targets, "--output=json", ANY_PORT)
    assert done.returncode == 1
    name, port = ({"vendor": "cursor", "account": account} for account in ("name", "port"))
    assert found(done, target=name, check="dns")["level"] == "fail"
    assert found(done, target=name, stream="ai_code_commits")["level"] == "skip"
    refused = found(done, target=port, check="connect")
    assert refused["level"] == "fail"
    assert "refused" in refused["message"]
    tabnine = {"vendor": "tabnine", "account": "acme"}
    assert found(done, target=tabnine, stream="organization")["state"] == "unavailable"
    assert found(done, target=tabnine, stream="audit_log")["level"] == "ok"
    cursor = {"vendor": "cursor", "account": "acme"}
    assert found(done, target=cursor, stream="ai_code_commits")["level"] == "ok"


class _Yesterday(http.server.BaseHTTPRequestHandler):
    """Answers every request, a day late by its clock."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"items": [], "totalCount": 0, "page": 1, "pageSize": 1}')

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(time() - 86_400, usegmt=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name it has
        """Say nothing."""


def test_clocks_that_differ_fail(tmp_path: Path) -> None:
    """By the Date header of an answer that is otherwise good."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Yesterday) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            done = doctor(
                tmp_path, [target(tmp_path, "cursor", url, "key")], "--output=json", ANY_PORT
            )
        finally:
            server.shutdown()
            serving.join()
    assert done.returncode == 1
    clock = found(done, check="clock")
    assert clock["level"] == "fail"
    assert "ahead of the vendor" in clock["message"]
    assert found(done, stream="ai_code_commits")["level"] == "ok"


def test_a_state_path_and_a_port_that_cannot_be_used_fail(
    simulator: Simulator, tmp_path: Path
) -> None:
    """The path lies below a file, which stops root too; the port is somebody else's."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = doctor(
            tmp_path,
            good(simulator, tmp_path)[2:],
            "--output=json",
            f"--web.listen-address={address}",
            state=tmp_path / "file" / "state.db",
        )
    assert done.returncode == 1
    assert "state.path" in found(done, check="state_path")["remedy"]
    port = found(done, check="listen")
    assert port["level"] == "fail"
    assert address in port["message"]


def test_a_web_configuration_that_run_would_refuse_fails(
    simulator: Simulator, tmp_path: Path
) -> None:
    """With the flag of `run`; beside it everything else is looked at."""
    web = tmp_path / "web.yml"
    web.write_text(
        "tls_server_config: {cert_file: none.pem, key_file: none.key}\n", encoding="utf-8"
    )
    targets = good(simulator, tmp_path)[2:]
    done = doctor(tmp_path, targets, "--output=json", ANY_PORT, f"--web.config.file={web}")
    assert done.returncode == 1
    refused = found(done, check="web_config")
    assert (refused["level"], "none.pem" in refused["message"]) == ("fail", True)
    assert found(done, stream="ai_code_commits")["level"] == "ok"


def test_a_stream_of_people_fails_where_people_are_off(
    simulator: Simulator, tmp_path: Path
) -> None:
    """As its polls do; where they are shown it works."""
    tabnine = good(simulator, tmp_path)[1] | {"streams": {"user_usage": {}}}
    off = found(doctor(tmp_path, [tabnine], "--output=json", ANY_PORT), stream="user_usage")
    assert (off["level"], "privacy.users is off" in off["message"]) == ("fail", True)
    done = doctor(tmp_path, [tabnine], "--output=json", ANY_PORT, privacy={"users": "plain"})
    assert found(done, stream="user_usage")["message"] == "works"


def test_beside_a_running_exporter_its_file_and_port_are_only_warnings(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Exit code 0: nothing is wrong; and the daemon goes on undisturbed."""
    targets = good(simulator, tmp_path)[2:]
    state = tmp_path / "state.db"
    exporter = Exporter(tmp_path, {"targets": targets, "state": {"path": str(state)}})
    try:
        exporter.wait_until_polled()
        address = f"--web.listen-address=127.0.0.1:{exporter.port}"
        done = doctor(tmp_path, targets, "--output=json", address)
        assert done.returncode == 0, done.stdout
        assert found(done, check="state_lock")["level"] == "warn"
        assert found(done, check="listen")["level"] == "warn"
        assert exporter.process.running
        assert "usage_exporter_up" in exporter.page()
    finally:
        assert exporter.process.stop() == 0


def test_a_bad_configuration_is_exit_code_2(tmp_path: Path) -> None:
    """With its errors, and without a report."""
    path = tmp_path / "config.yaml"
    path.write_text("targets: []\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "exporter", "doctor", f"--config.file={path}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=4 * PATIENCE,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{path}:")
