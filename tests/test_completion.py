"""The shell completes what the document says: commands, flags and their values."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from exporter.commands import main

DOCUMENT = Path(__file__).parent.parent / "docs" / "configuration.md"
VARIABLE = "_USAGE_EXPORTER_COMPLETE"


def completed(*words: str) -> list[str]:
    """What stands to choose for the last word."""
    kind = get_completion_class("bash")
    assert kind is not None
    found = kind(main, {}, "usage-exporter", VARIABLE).get_completions([*words[:-1]], words[-1])
    return [item.value for item in found]


def test_commands_are_completed() -> None:
    assert completed("") == sorted(main.commands)
    assert completed("do") == ["doctor"]


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_flag_is_completed(name: str) -> None:
    """Also those with a dot in them."""
    flags = {flag for option in main.commands[name].params for flag in option.opts}
    assert {*completed(name, "--")} == flags | {"--help"}


def test_values_are_completed() -> None:
    """Words that a flag knows, and names of files."""
    assert completed("run", "--log.format", "") == ["logfmt", "json"]
    assert completed("run", "--log.level=w") == completed("run", "--log.level", "w") == ["warn"]
    kind = get_completion_class("bash")
    assert kind is not None
    [file] = kind(main, {}, "usage-exporter", VARIABLE).get_completions(
        ["run", "--config.file"], "con"
    )
    assert file.type == "file"


def test_every_shell_has_its_line_in_the_document() -> None:
    """Click knows each of them by this name."""
    shells = re.findall(
        rf"^\| (\w+) .*{VARIABLE}=(\w+)_source", DOCUMENT.read_text("utf-8"), re.MULTILINE
    )
    assert shells == [("bash", "bash"), ("zsh", "zsh"), ("fish", "fish")]
    assert all(get_completion_class(name) for name, _ in shells)


TYPED = {
    "usage-exporter check --web.t": ["--web.telemetry-path"],
    "usage-exporter run --log.level = w": ["warn"],
    "usage-exporter run --log.level =": ["debug", "info", "warn", "error"],
    "usage-exporter run --config.file = c.yaml --log.f": ["--log.format"],
    "usage-exporter doctor --output j": ["json"],
}
"""Words as bash parts them, which takes an equals sign for one, and what it offers for the last."""


@pytest.mark.process
@pytest.mark.parametrize("words", TYPED)
def test_bash_completes_with_the_line_of_the_document(words: str) -> None:
    """As if somebody typed it, and the tab key."""
    [line] = re.findall(r'`(eval "\$\(_\w+=bash_source [^`]*)`', DOCUMENT.read_text("utf-8"))
    program = (
        f"{line}\n"
        f"COMP_WORDS=({words}) COMP_CWORD={len(words.split()) - 1}\n"
        "_usage_exporter_completion usage-exporter\n"
        'printf "%s\\n" "${COMPREPLY[@]}"; complete -p usage-exporter\n'
    )
    result = subprocess.run(
        ["bash", "-c", program],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    *chosen, registered = result.stdout.splitlines()
    assert chosen == TYPED[words]
    assert registered.endswith("-F _usage_exporter_completion usage-exporter")


HEAVY = {"httpx", "pydantic", "structlog", "uvicorn", "yaml"}


@pytest.mark.process
def test_the_tab_key_waits_for_nothing_that_a_command_needs() -> None:
    """Nor do the help and a refused flag: importing all of it takes most of a second."""
    program = "import sys; from exporter import commands; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )
    assert HEAVY & set(modules.stdout.split()) == set()
