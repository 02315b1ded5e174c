"""The container image, as far as its recipe shows it."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"


def _instructions() -> list[tuple[str, str]]:
    """Instructions with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line)
    ]


def _final(name: str) -> list[str]:
    """The arguments of an instruction in the last stage."""
    instructions = _instructions()
    start = max(place for place, (word, _) in enumerate(instructions) if word == "FROM")
    return [rest for word, rest in instructions[start:] if word == name]


@pytest.mark.process
def test_hadolint_has_no_findings() -> None:
    """At any level, and with no rule turned off."""
    hadolint = Path(sys.executable).parent / "hadolint"
    result = subprocess.run(
        [hadolint, DOCKERFILE], capture_output=True, encoding="utf-8", check=False
    )
    assert (result.returncode, result.stdout) == (0, "")


def test_it_runs_without_privileges_and_without_a_shell() -> None:
    """A numeric user that Kubernetes can tell from root; signals reach the exporter itself."""
    assert _final("USER") == ["65532:65532"]
    assert _final("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(_final("ENTRYPOINT")[0]) == ["usage-exporter"]
    assert json.loads(_final("CMD")[0])[0] == "run"
    assert not _final("RUN"), "the last stage only copies"


def test_the_state_is_in_a_volume_that_its_user_owns() -> None:
    """Also where `state.path` is relative, as it is by default."""
    assert _final("VOLUME") == _final("WORKDIR") == ["/data"]
    assert "--from=build --chown=65532:65532 /data /data" in _final("COPY")


def test_only_locked_dependencies_are_installed() -> None:
    """Every installation checks hashes, or takes nothing from an index."""
    runs = " && ".join(rest for word, rest in _instructions() if word == "RUN")
    installs = [part for part in runs.split(" && ") if re.search(r"pip (install|wheel)", part)]
    assert len(installs) == 4
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)


def test_the_build_context_is_what_the_image_needs() -> None:
    """Nothing is sent by default; what is copied is let through."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = [rest.split()[:-1] for word, rest in _instructions() if word == "COPY"]
    needed = {name for names in copied if "--from=build" not in names for name in names}
    assert "*" in lines
    assert allowed == needed
    assert all((ROOT / name).exists() for name in allowed)


def test_labels_say_where_it_comes_from() -> None:
    """Those of the OCI that concern an image like this."""
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", _final("LABEL")[0]))
    assert labels == {
        *("title", "description", "licenses", "url", "source"),
        *("documentation", "version", "revision", "created"),
    }


@pytest.mark.process
def test_the_build_date_is_the_label_that_is_given() -> None:
    """What `--version` says is made in the first stage, from the argument that the label has too."""
    start = _instructions().index(("ARG", "CREATED"))
    word, command = _instructions()[start + 1]
    [date] = re.findall(r'SOURCE_DATE_EPOCH="(\$\{CREATED.*?\+%s\)\})"', command)
    for created, epoch in {"2026-11-28T12:00:00Z": "1795867200", "": ""}.items():
        told = subprocess.run(
            ["sh", "-c", f'printf %s "{date}"'],
            env={**os.environ, "CREATED": created},
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert (word, told.stdout) == ("RUN", epoch)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/-/healthy" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.mark.process
@pytest.mark.parametrize(("path", "healthy"), [("/-/healthy", True), ("/broken", False)])
def test_the_health_check_tells_health(server: str, path: str, healthy: bool) -> None:
    """With Python's own library, as the image runs it."""
    command = json.loads(_final("HEALTHCHECK")[0].partition("CMD ")[2])
    assert command[0] == "python"
    result = subprocess.run(
        [sys.executable, *command[1:]],
        env={**os.environ, "HEALTH_URL": server + path},
        capture_output=True,
        check=False,
    )
    assert (result.returncode == 0) is healthy
