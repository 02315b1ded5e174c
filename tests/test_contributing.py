"""What a contributor is given: hooks and an editor's settings that agree with the build."""

import configparser
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def _recipe(target: str) -> list[str]:
    """The commands of a target of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert found, f"there is no target {target}"
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_hooks_run_exactly_what_lint_runs() -> None:
    """Over the whole tree, as it does, and with no repository from elsewhere."""
    path = ROOT / ".pre-commit-config.yaml"
    repositories = yaml.safe_load(path.read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    hooks = repositories[0]["hooks"]
    assert [hook["entry"] for hook in hooks] == _recipe("lint")
    for hook in hooks:
        assert (hook["language"], hook["pass_filenames"], hook["always_run"]) == (
            "system",
            False,
            True,
        )


def test_editors_are_told_the_width_of_the_formatter() -> None:
    """A line that an editor wraps is one that ruff would leave."""
    settings = configparser.ConfigParser()
    text = (ROOT / ".editorconfig").read_text(encoding="utf-8")
    settings.read_string(f"[top]\n{text}")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["*.{py,c}"].getint("max_line_length") == project["tool"]["ruff"]["line-length"]


def test_make_targets_that_are_named_exist() -> None:
    """In the documents for whoever changes the code."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for name in ("CONTRIBUTING.md", "ARCHITECTURE.md", "README.md"):
        named = re.findall(r"\bmake ([a-z]+)`", (ROOT / name).read_text(encoding="utf-8"))
        assert named
        assert set(named) <= targets, name


def test_modules_that_are_named_as_examples_exist() -> None:
    """The streams to read first."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`(exporter/[\w/.]+)`", text)
    assert named
    for path in named:
        assert (ROOT / path).exists(), path
