"""The commands of the documents: those that can run here do, and each other one has its reason."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.e2e.processes import ANY_PORT, Process, Simulator, http, stopping, wait_for

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "helm").rglob("README.md")),
]
FOLLOWED = {ROOT / "docs" / "adding-a-vendor.md"}
"""Documents that a test of their own follows: tests/test_adding_a_vendor.py."""

BIN = Path(sys.executable).parent
HELM = Path(sys.prefix) / "helm4" / "helm"
PATIENCE = 600.0


class Command(NamedTuple):
    """A command of a document, and what the document shows that it prints."""

    text: str
    shown: str


def _commands(document: Path) -> Iterator[Command]:
    """The commands of the shell blocks; continued lines are joined."""
    text = document.read_text(encoding="utf-8")
    for kind, block in re.findall(
        r"^```(sh|bash|shell|console)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    ):
        body = re.sub(r"\\\n\s*", "", block)
        if kind == "console":
            for found in re.finditer(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                yield Command(found[1], found[2].strip())
        else:
            yield from (Command(line, "") for line in body.splitlines())


COMMANDS = [
    command for document in DOCUMENTS if document not in FOLLOWED for command in _commands(document)
]


def _run(command: str, directory: Path) -> str:
    """What a command prints; it must end with success."""
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=directory,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def _block(document: Path, start: str) -> str:
    """The YAML block of a document that starts so."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return next(str(block) for block in blocks if block.startswith(start))


def _configured(directory: Path) -> str:
    """Save the README's configuration with a secret in each of its files."""
    text = _block(ROOT / "README.md", "targets:")
    (directory / "config.yaml").write_text(text, encoding="utf-8")
    for name in re.findall(r"token_file: (\S+?)}", text):
        (directory / name).write_text("a-secret-of-some-length", encoding="utf-8")
    return text


def as_written(command: Command, directory: Path) -> None:
    """With the README's configuration; it prints what the document shows."""
    _configured(directory)
    assert _run(command.text, directory).strip() == command.shown


def against_the_simulator(command: Command, directory: Path) -> None:
    """With the README's configuration, the vendors simulated, and folders of this test."""
    settings = yaml.safe_load(_configured(directory))
    secrets = {"github": "github-token", "tabnine": "tabnine-token", "cursor": "cursor-key"}
    simulator = Simulator(directory, "--developers=5", "--no-rate-limit")
    with stopping(simulator):
        for target in settings["targets"]:
            vendor = target["vendor"]
            target |= {"base_url": f"{simulator.url}/{vendor}", "requests_per_minute": 100_000}
            secret = f"sim-{secrets[vendor]}"
            (directory / target["auth"]["token_file"]).write_text(secret, encoding="utf-8")
        (directory / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        lines = command.text.replace("/var/lib/node_exporter", str(directory))
        lines = lines.replace("doctor ", f"doctor {ANY_PORT} ")
        assert "error" not in _run(lines, directory)


def as_a_dry_run(command: Command, directory: Path) -> None:
    """Make says what it would do: the target exists, and so does all that it needs."""
    assert _run(command.text.replace("make ", "make --dry-run ", 1), ROOT)


def as_a_template(command: Command, directory: Path) -> None:
    """What would be installed is rendered; tests/test_chart.py validates it."""
    values = _block(ROOT / "helm" / "usage-exporter" / "README.md", "config:")
    (directory / "values.yaml").write_text(values, encoding="utf-8")
    rendering = command.text.replace("helm install", f"{HELM} template")
    rendering = rendering.replace("values.yaml", str(directory / "values.yaml"))
    assert "kind: Deployment" in _run(rendering, ROOT)


def in_a_copy(command: Command, directory: Path) -> None:
    """In a folder with the rules, so that the project's own stay as they are."""
    shutil.copytree(ROOT / "prometheus", directory / "prometheus")
    _run(command.text, directory)


RUN: Mapping[str, Callable[[Command, Path], None]] = {
    "make demo": as_a_dry_run,
    "make shake CONDITION=midnight SEED=1234 TESTS=tests/test_duration.py": as_a_dry_run,
    "usage-exporter check --config.file=config.yaml": as_written,
    "usage-exporter doctor --config.file=config.yaml": against_the_simulator,
    "usage-exporter once --config.file=config.yaml > usage.prom.tmp": against_the_simulator,
    "helm install demo helm/usage-exporter --set demo=true": as_a_template,
    (
        "helm install demo helm/usage-exporter --set demo=true --set image.registry= "
        "--set image.repository=usage-exporter --set image.tag=local --set image.pullPolicy=Never"
    ): as_a_template,
    "helm install usage-exporter helm/usage-exporter --values values.yaml": as_a_template,
    "promtool check rules --lint=all prometheus/rules/*.yaml": in_a_copy,
    "sed -i.bak 's|https://github.com/usage-exporter/usage-exporter/blob/main|"
    "https://wiki.example.com/usage-exporter|' prometheus/rules/*.yaml": in_a_copy,
}
"""How a command is run that can be run by itself."""

ASKED = "curl -s"
"""How commands start that ask the running demo."""

NOT_RUN: Mapping[str, tuple[str, ...]] = {
    "it would call the vendors; tests/e2e runs it with simulated ones": (
        "usage-exporter run --config.file=config.yaml",
    ),
    "tests/test_prometheus_rules.py runs it": ("promtool test rules prometheus/tests/*.yaml",),
    "it moves a file out of the folder of the command before": (
        "mv usage.prom.tmp /var/lib/node_exporter/usage.prom",
    ),
    "there is no container engine; the workflow `image` builds and runs the demo": (
        "docker build --tag usage-exporter .",
        (
            "docker run --rm --read-only --tmpfs /tmp --cap-drop ALL "
            "--publish 127.0.0.1:9899:9899 usage-exporter demo"
        ),
        (
            "docker run --detach --name usage-exporter --read-only --tmpfs /tmp --cap-drop ALL "
            "--publish 127.0.0.1:9899:9899 --volume /etc/usage-exporter:/etc/usage-exporter:ro "
            "--volume usage-exporter:/data usage-exporter"
        ),
        "docker compose up --build",
    ),
    "there is no cluster": (
        "helm test demo",
        "kind load docker-image usage-exporter:local",
        "minikube image load usage-exporter:local",
        "docker save usage-exporter:local | sudo k3s ctr images import -",
        "kubectl create secret generic usage-exporter-credentials --from-file=github.token",
    ),
    "it needs a package index; tests/test_package.py installs the same from local wheels": (
        "/opt/usage-exporter/bin/pip install .",
        "/opt/usage-exporter/bin/pip install --require-hashes -r requirements.txt",
        "/opt/usage-exporter/bin/pip install --no-deps .",
    ),
    "it changes the machine": (
        "python3 -m venv /opt/usage-exporter",
        "useradd --system --no-create-home --shell /usr/sbin/nologin usage-exporter",
        "install -d -o root -g usage-exporter -m 0750 /etc/usage-exporter",
        "install -o root -g usage-exporter -m 0640 config.yaml github.token /etc/usage-exporter/",
        "install -m 0644 deploy/usage-exporter.service /etc/systemd/system/",
        "systemctl daemon-reload",
        "systemctl enable --now usage-exporter",
    ),
}
"""Why commands are not run here."""


def test_every_command_is_run_or_has_a_reason() -> None:
    """A command that is added to a document must be put into one of the tables, and none is stale."""
    written = {command.text for command in COMMANDS if not command.text.startswith(ASKED)}
    excused = {command for commands in NOT_RUN.values() for command in commands}
    assert written == RUN.keys() | excused
    assert not RUN.keys() & excused


RUNNABLE = sorted({command for command in COMMANDS if command.text in RUN})


@pytest.mark.parametrize("command", RUNNABLE, ids=lambda command: command.text[:60])
def test_a_command_does_what_the_document_says(command: Command, tmp_path: Path) -> None:
    """It ends with success, and prints what is shown."""
    RUN[command.text](command, tmp_path)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a demo, which Ctrl-C ends with all that it started."""
    output = tmp_path_factory.mktemp("demo") / "output"
    process = Process([str(BIN / "usage-exporter"), "demo", ANY_PORT],
                      output)  # fmt: skip

    def address() -> str | None:
        found = re.search(r"status page +http://(\S+)/", output.read_text(encoding="utf-8"))
        return found[1] if found else None

    with stopping(process):
        yield wait_for("the demo's address", address, PATIENCE)
        assert process.stop(signal.SIGINT) == 0
    assert "stopped" in output.read_text(encoding="utf-8")


USED = (
    "cursor_commits_total{",
    "cursor_changes_total{",
    "github_api_requests_total{",
    "github_api_subject_rate_limited_requests_total{",
    "assistant_lines_accepted_total{",
)


def test_the_demo_shows_usage(demo: str) -> None:
    """No account, no configuration: numbers arrive."""

    def arrived() -> bool:
        lines = http.get(f"http://{demo}/metrics").text.splitlines()
        used = [line for line in lines if not line.endswith(" 0")]
        return all(any(line.startswith(family) for line in used) for family in USED)

    wait_for("usage arrives", arrived, PATIENCE)


ASKING = sorted({command for command in COMMANDS if command.text.startswith(ASKED)})


@pytest.mark.parametrize("command", ASKING, ids=lambda command: command.text[:60])
def test_the_demo_answers_as_the_document_shows(
    command: Command, demo: str, tmp_path: Path
) -> None:
    """The same series, once all vendors were polled; their values differ with the day."""
    asking = command.text.replace("localhost:9899", demo)

    def answered() -> bool:
        printed = _run(f"{asking} || true", tmp_path)
        return _series(printed) == _series(command.shown)

    assert "localhost:9899" in command.text
    wait_for(f"{command.text} prints what is shown", answered, PATIENCE)


def _series(text: str) -> list[str]:
    """The lines without the values of series."""
    return [re.sub(r"(?<=\}) \S+$", "", line) for line in text.strip().splitlines()]
