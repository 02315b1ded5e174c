"""Wheel and source distribution: built without a network, installed into an empty environment, run."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter import __version__
from tests.e2e.processes import ANY_PORT, Process, fetch, wait_for

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
WHEELS = Path(sys.prefix) / "locked"
VENDORS = ("github", "tabnine", "cursor")
PATIENCE = 600.0

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""An environment in which nothing leads back to the checkout."""


def _run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    result = subprocess.run(
        command,
        cwd=cwd,
        env=CLEAN if env is None else env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


def _build(source: Path, directory: Path, *targets: str) -> None:
    """Build as the release does, at a fixed time."""
    chosen = [flag for target in targets for flag in ("--target", target)]
    _run(
        *(sys.executable, "-m", "hatchling", "build", "--directory", str(directory), *chosen),
        cwd=source,
        env={**CLEAN, "SOURCE_DATE_EPOCH": "1767225600"},
    )


def _only(directory: Path, pattern: str) -> Path:
    [found] = directory.glob(pattern)
    return found


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of the checkout."""
    directory = tmp_path_factory.mktemp("distributions")
    _build(ROOT, directory, "sdist", "wheel")
    return directory


@pytest.fixture(scope="module")
def environment(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the locked dependencies and the wheel."""
    assert WHEELS.is_dir(), f"{WHEELS} is missing; `make unit` gets it"
    directory = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", "--without-pip", "empty", cwd=directory)
    python = directory / "empty" / "bin" / "python"
    # Not compiled: what is imported is compiled when it is, and most of it never is.
    install = (sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index",
               "--no-compile")  # fmt: skip
    locked = ("--find-links", str(WHEELS), "--require-hashes", "-r", str(ROOT / "requirements.txt"))
    _run(*install, *locked, cwd=directory)
    _run(*install, "--no-deps", _only(distributions, "*.whl"), cwd=directory)
    return python.parent


def test_the_wheel_has_all_that_it_needs(environment: Path, tmp_path: Path) -> None:
    """It is imported from the empty environment, and no dependency is missing or too old."""
    place = _run(environment / "python", "-c", "import exporter; print(exporter.__file__)",
                 cwd=tmp_path)  # fmt: skip
    assert Path(place.strip()).is_relative_to(environment.parent)
    checking = (sys.executable, "-m", "pip", "--python", str(environment / "python"), "check")
    assert "No broken requirements" in _run(*checking, cwd=tmp_path)


def test_the_command_tells_its_version(environment: Path, tmp_path: Path) -> None:
    """The installed command is the one of this version, and knows the commit and the time of its build."""
    commit = _run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    printed = _run(environment / "usage-exporter", "--version", cwd=tmp_path)
    first, built, *_ = printed.splitlines()
    assert first == f"usage-exporter, version {__version__} (revision: {commit})"
    assert built.split() == ["build", "date:", "2026-01-01T00:00:00Z"]


@pytest.fixture
def demo(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """The installed demo, outside the checkout."""
    for name in os.environ.keys() - CLEAN.keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.chdir(tmp_path)
    command = [str(environment / "usage-exporter"), "demo", ANY_PORT]
    process = Process(command, tmp_path / "output")
    yield process
    process.kill()


def test_the_installed_demo_serves_every_vendor_and_stops(demo: Process) -> None:
    """It needs no account, no configuration, no checkout; SIGTERM ends it with success."""

    def page() -> str | None:
        printed = re.search(r"metrics +(http://\S+)", demo.output.read_text(encoding="utf-8"))
        text = fetch(printed[1]).text if printed else ""
        found = set(re.findall(r"^([a-z]+)_\w+\{", text, re.MULTILINE))
        return text if found.issuperset(VENDORS) else None

    text = wait_for("a page with every vendor", page, PATIENCE)
    assert f'usage_exporter_build_info{{version="{__version__}"' in text
    assert demo.stop() == 0
    assert demo.output.read_text(encoding="utf-8").endswith("stopped\n")


def test_the_source_distribution_builds_the_same_wheel(distributions: Path, tmp_path: Path) -> None:
    """To the byte: nothing that the wheel is made of is missing from it."""
    # Not by tarfile: its `filter`, which newer Pythons want, came with 3.11.4.
    archive = _only(distributions, "*.tar.gz")
    subprocess.run(["tar", "-xzf", str(archive), "-C", str(tmp_path)], check=True)
    rebuilt = tmp_path / "rebuilt"
    _build(_only(tmp_path, "usage_exporter-*"), rebuilt, "wheel")
    first, second = (_only(place, "*.whl") for place in (distributions, rebuilt))
    assert first.name == second.name
    assert _digest(first) == _digest(second)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_the_version_stands_in_one_place() -> None:
    """The package takes it from the code; chart and changelog, which are files of others, agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "exporter/__init__.py"
    chart = _yaml("helm/usage-exporter/Chart.yaml")
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
    assert next(version for version in versions if version != "Unreleased") == __version__


def test_the_image_is_labelled_with_the_version() -> None:
    """The release gives its version to the label, after it was compared with the code's."""
    label = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert 'org.opencontainers.image.version="${VERSION}"' in label
    jobs = _yaml(".github/workflows/release.yaml")["jobs"]
    [build] = [step for step in jobs["image"]["steps"] if "build-args" in step.get("with", {})]
    assert "VERSION=${{ needs.version.outputs.version }}" in build["with"]["build-args"]
    assert "exporter/__init__.py" in json.dumps(jobs["version"])
