"""The GitHub workflows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def _jobs(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return jobs


def _actionlint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Without shellcheck, which is not on every machine."""
    program = shutil.which("actionlint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert program is not None, "actionlint is not installed; `make unit` installs it"
    command = [program, "-no-color", "-shellcheck=", "-pyflakes="]
    files = [str(path) for path in sorted(directory.glob("*.yaml"))]
    return subprocess.run([*command, *files], capture_output=True, encoding="utf-8", check=False)


@pytest.mark.process
def test_actionlint_has_no_findings() -> None:
    """Not even about an action whose runtime GitHub is about to remove."""
    result = _actionlint(ROOT / ".github" / "workflows")
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.process
def test_a_mistake_would_be_found(tmp_path: Path) -> None:
    """The check above is able to fail."""
    text = (ROOT / ".github" / "workflows" / "release.yaml").read_text(encoding="utf-8")
    broken = text.replace("needs.version.outputs.version", "needs.version.outputs.versoin", 1)
    (tmp_path / "broken.yaml").write_text(broken, encoding="utf-8")
    result = _actionlint(tmp_path)
    assert result.returncode == 1
    assert "versoin" in result.stdout


@every_workflow
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    """With the version beside it, for people; what a tag leads to can change."""
    used = re.findall(r"uses: (.+)", path.read_text(encoding="utf-8"))
    for action in used:
        assert action.startswith("./") or re.fullmatch(
            r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action
        ), action


@every_workflow
def test_jobs_may_do_no_more_than_they_need(path: Path) -> None:
    """Reading by default, an end in time, and no credential left in the checkout."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in _jobs(path).values():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 60
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"] == {"persist-credentials": False}


def test_the_tests_run_what_a_developer_runs() -> None:
    """On every supported version of Python."""
    jobs = _jobs(ROOT / ".github" / "workflows" / "test.yaml")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    supported = re.findall(r"Python :: (3\.\d+)", project)
    assert jobs["unit"]["strategy"]["matrix"]["python"] == supported
    assert {"make lint types", "make unit"} <= {
        step.get("run") for job in jobs.values() for step in job["steps"]
    }
