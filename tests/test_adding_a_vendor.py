"""docs/adding-a-vendor.md, followed to the letter in a copy of the project."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.ports import free_port

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "adding-a-vendor.md"
PORT = "8099"
"""The port that the document gives its stand-in for the vendor."""

LEFT_OUT = (
    *(".git", ".venv*", ".shake", ".pytest_cache", ".ruff_cache", ".hypothesis", "dist"),
    *(".coverage*", "*.pyc.*"),  # written by what runs beside: gone before it is copied
)
PATIENCE = 900.0

_BLOCK = re.compile(r"(?P<said>[^\n]*)\n\n(?P<fence>`{3,4})(?P<kind>\w+)\n(?P<body>.*?)^(?P=fence)$",
                    re.DOTALL | re.MULTILINE)  # fmt: skip


class Step(NamedTuple):
    """A block of the document, and the line that stands above it."""

    said: str
    kind: str
    body: str


def _steps() -> Iterator[Step]:
    for found in _BLOCK.finditer(DOCUMENT.read_text(encoding="utf-8")):
        yield Step(found["said"], found["kind"], found["body"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that shares its environment."""
    copy = tmp_path / "project"
    ignored = shutil.ignore_patterns(*LEFT_OUT, "*.db*")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    (copy / ".venv").symlink_to(sys.prefix)
    _copy_of_databases(ROOT / ".mypy_cache", copy / ".mypy_cache")
    return copy


def _copy_of_databases(source: Path, target: Path) -> None:
    """What mypy knows of the project's files, which it need not read again; it may be running meanwhile."""
    for file in source.rglob("*.db"):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        with (
            contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as read,
            contextlib.closing(sqlite3.connect(copy)) as written,
        ):
            read.backup(written)


def _run(project: Path, script: str) -> str:
    """What a script of the document prints; it fails at the first command that does."""
    ending = "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ending + script],
        cwd=project,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(project.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, f"{script}\n{result.stdout}"
    return result.stdout


def test_a_vendor_is_added_as_the_document_says(project: Path) -> None:
    """Its files, its changes and its commands give the pages that it shows, and the tests pass."""
    port, printed, shown = str(free_port()), "", 0
    for said, kind, body in _steps():
        path = re.fullmatch(r"`([^`]+)`( is then)?:", said)
        if path and path[2]:
            assert (project / path[1]).read_text(encoding="utf-8") == body
            shown += 1
        elif path:
            file = project / path[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            assert not file.exists(), f"{path[1]} is there already"
            file.write_text(body.replace(PORT, port), encoding="utf-8")
        elif kind == "diff":
            (project / "change.diff").write_text(body, encoding="utf-8")
            _run(project, "git apply change.diff; rm change.diff")
        elif kind == "sh":
            printed = _run(project, body.replace(PORT, port))
        elif said == "The last lines that it prints:":
            assert printed.endswith(body)
            shown += 1
    assert shown == 2
