"""The command as a user types it: exit codes, messages, what is printed."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from exporter.config.blocks import schema
from exporter.exposition import catalogue
from tests.e2e.processes import ANY_PORT, PATIENCE, Exporter, Simulator, program

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("simulator"), "--developers=8", "--no-rate-limit")
    yield simulator
    simulator.stop()


def settings(simulator: Simulator, directory: Path, **more: Any) -> dict[str, Any]:
    def target(vendor: str, secret: str, **rest: Any) -> dict[str, Any]:
        token = directory / f"{vendor}-token"
        token.write_text(secret, encoding="utf-8")
        return {
            "vendor": vendor,
            "account": "acme",
            "base_url": f"{simulator.url}/{vendor}",
            "auth": {"token_file": str(token)},
            "requests_per_minute": 100_000,
            **rest,
        }

    return {
        "targets": [
            target("github", "sim-github-token", org="acme"),
            target("cursor", "sim-cursor-key"),
        ],
        "state": {"path": str(directory / "state.db")},
        "counting": {"history": "count"},
        **more,
    }


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "exporter", *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=4 * PATIENCE,
        env={**os.environ, **environment},
    )


def write(directory: Path, content: Mapping[str, Any]) -> str:
    path = directory / "config.yaml"
    path.write_text(yaml.safe_dump(dict(content)), encoding="utf-8")
    return f"--config.file={path}"


def lint(page: str) -> str:
    """What promtool finds to complain about."""
    done = subprocess.run(
        [program("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_once_prints_the_whole_exposition_and_promtool_finds_nothing(
    simulator: Simulator, tmp_path: Path
) -> None:
    """One poll of everything; every family is in the catalogue and lints clean."""
    done = command("once", write(tmp_path, settings(simulator, tmp_path)))
    assert done.returncode == 0, done.stderr
    families = {line.split()[2] for line in done.stdout.splitlines() if line.startswith("# TYPE ")}
    vendors = {name for name in families if not name.startswith(("process_", "python_"))}
    assert vendors <= set(catalogue.metrics())
    assert {"cursor_commits_total", "github_api_requests_total"} <= vendors
    assert lint(done.stdout) == ""


def test_once_fails_when_a_stream_fails_and_still_prints_the_rest(
    simulator: Simulator, tmp_path: Path
) -> None:
    """A refused credential is exit code 1 and a state; the other vendor's numbers are there."""
    content = settings(simulator, tmp_path)
    Path(content["targets"][1]["auth"]["token_file"]).write_text("wrong", encoding="utf-8")
    done = command("once", write(tmp_path, content))
    assert done.returncode == 1
    assert 'stream="ai_code_commits",state="unauthorized"} 1' in done.stdout
    assert "github_api_requests_total" in done.stdout
    assert "cursor_commits_total{" not in done.stdout
    assert "wrong" not in done.stdout + done.stderr


def test_check_prints_the_plan_and_warns_where_it_does_not_fit(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Requests an hour against the limit; an interval that is too short is called out."""
    content = settings(simulator, tmp_path)
    del content["targets"][0]["requests_per_minute"]
    content["targets"][0]["streams"] = {"api_insights": {"interval": "10s"}}
    done = command("check", write(tmp_path, content))
    assert done.returncode == 0, done.stderr
    assert "api_insights" in done.stdout
    assert "warning: github/acme: core may need" in done.stdout


@pytest.mark.parametrize("name", ["run", "once", "check"])
def test_a_bad_configuration_is_exit_code_2_with_every_error_and_no_traceback(
    name: str, tmp_path: Path
) -> None:
    """File, line, path and remedy for each problem at once."""
    path = tmp_path / "config.yaml"
    path.write_text(
        "targets:\n"
        "  - {vendor: cursor, account: a, auth: {token_env: NOT_SET}}\n"
        "  - {vendor: cursor, account: a, auth: {token_env: NOT_SET}, colour: red}\n"
        "  - {vendor: github, account: 7, org: acme, auth: {token_file: /no/such/file}}\n",
        encoding="utf-8",
    )
    done = command(name, f"--config.file={path}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    for part in (
        "NOT_SET",
        "colour",
        "has the account 'a' too",
        "targets[2].account",
        "/no/such/file",
    ):
        assert any(part in line for line in lines), (part, done.stderr)


def test_a_missing_configuration_file_is_exit_code_2(tmp_path: Path) -> None:
    """The message names the file and the flag."""
    done = command("run", f"--config.file={tmp_path / 'nowhere.yaml'}")
    assert done.returncode == 2
    assert "nowhere.yaml: cannot be read" in done.stderr
    assert "--config.file" in done.stderr


def test_a_damaged_state_file_is_refused_and_left_alone(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Counting is never silently started over."""
    state = tmp_path / "state.db"
    state.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    before = state.read_bytes()
    done = command("run", write(tmp_path, settings(simulator, tmp_path)), ANY_PORT)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "restore a backup" in done.stderr
    assert state.read_bytes() == before


def test_a_state_file_of_a_newer_exporter_is_refused(simulator: Simulator, tmp_path: Path) -> None:
    """The message says what to do."""
    state = tmp_path / "state.db"
    with sqlite3.connect(state) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    done = command("run", write(tmp_path, settings(simulator, tmp_path)), ANY_PORT)
    assert done.returncode == 1
    assert "run the newer exporter again" in done.stderr


def test_the_daemon_serves_refuses_a_second_one_and_stops_on_sigterm(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Pages, health, 404 elsewhere, HEAD; a second daemon on the same state is told why not."""
    exporter = Exporter(tmp_path, settings(simulator, tmp_path))
    try:
        exporter.wait_until_polled()
        second = command("run", f"--config.file={exporter.config_file}", ANY_PORT)
        assert second.returncode == 1
        assert "another exporter uses it" in second.stderr

        with httpx.Client(base_url=exporter.url, timeout=PATIENCE) as client:
            assert client.get("/-/healthy").status_code == 200
            assert client.get("/nowhere").status_code == 404
            assert client.post("/metrics").status_code == 405
            whole = client.get("/metrics")
            assert whole.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert whole.headers["content-encoding"] == "gzip"
            head = client.head("/metrics")
            assert head.status_code == 200
            assert head.content == b""
            some = client.get("/metrics", params={"name[]": ["usage_exporter_up", "nothing"]})
            assert {line.split("{")[0] for line in some.text.splitlines() if line[0] != "#"} == {
                "usage_exporter_up"
            }
            openmetrics = client.get(
                "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0"}
            )
            assert openmetrics.text.endswith("# EOF\n")
            assert "github_api_requests_created" in openmetrics.text
            page = client.get("/")
            assert page.headers["content-type"].startswith("text/html")
            assert "ai_code_commits" in page.text
            assert "sim-github-token" not in page.text
        assert lint(whole.text) == ""
    finally:
        assert exporter.process.stop() == 0
    assert "sim-" not in exporter.process.output.read_text("utf-8")
    mode = (tmp_path / "state.db").stat().st_mode
    assert mode & 0o077 == 0


def test_an_address_in_use_is_a_clear_failure(simulator: Simulator, tmp_path: Path) -> None:
    """The message names the address and the flag."""
    address = simulator.url.removeprefix("http://")
    done = command(
        "run", write(tmp_path, settings(simulator, tmp_path)), f"--web.listen-address={address}"
    )
    assert done.returncode == 1
    assert f"cannot listen on {address}" in done.stderr
    assert "--web.listen-address" in done.stderr


def test_the_schema_is_printed(tmp_path: Path) -> None:
    """`check --schema` gives the JSON Schema of the configuration."""
    done = command("check", "--schema")
    assert json.loads(done.stdout) == schema()
