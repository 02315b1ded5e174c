"""What commands write on: plain text anywhere, colours and the width of the window in a terminal."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from exporter import paper

SECRET = "ghp_4f9aK2mQ8xT1zB7cWvYe0123456789abcdef"
ROWS = [
    [paper.cell("ok", "green"), paper.cell("github/acme"), paper.cell("works")],
    [paper.cell("fail"), paper.cell("[red]a[/red]"), paper.cell(f"not {SECRET} " + "word " * 20)],
]
CONFIG = """\
targets:
  - vendor: cursor
    account: acme
    auth: {token_env: TOKEN}
    requests_per_minute: 1
"""


def terminal(width: int) -> Console:
    return Console(file=StringIO(), force_terminal=True, color_system="standard", width=width)


def _written(on: Console, head: Sequence[str] = (), *below: str) -> str:
    return paper.written(on, [paper.table(on, ROWS, head), *map(paper.cell, below)])


def test_plain_text_has_no_colours_and_breaks_no_line() -> None:
    """Whoever reads it may be a program; what looks like a markup is none."""
    shown = _written(paper.plain(), ["a", "b", "c"], "end")
    head, first, second, end = shown.splitlines()
    assert (head, end) == ("a     b             c", "end")
    assert first == "ok    github/acme   works"
    assert second.startswith("fail  [red]a[/red]  not ghp_****")
    assert second.endswith("word word")


def test_a_terminal_gets_colours_and_lines_that_fit() -> None:
    """A long cell goes on below itself, and not one of its words is lost."""
    shown = _written(terminal(60))
    assert "\x1b[32mok" in shown
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= 60
    assert all(line.startswith(" " * 20) for line in lines[2:])
    assert " ".join(lines).count("word") == 20


WORDS = ["interval", "requests/h", "github/acme", "copilot_reports", "about"]


@pytest.mark.parametrize("width", [52, 60, 80, 200])
def test_words_stay_whole_where_there_is_room_for_them(width: int) -> None:
    """Names are looked for: a narrow window breaks between words, and leaves less between columns."""
    row = [paper.cell(text) for text in ("github/acme", "copilot_reports", "6h", "about 528")]
    on = terminal(width)
    head = ["target", "stream", "interval", "requests/h"]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", paper.written(on, [paper.table(on, [row], head)]))
    assert all(word in shown for word in WORDS)
    assert shown.split().count("528") == 1
    assert max(map(len, shown.splitlines())) <= width


@pytest.mark.parametrize("width", [20, 40, 60, 200])
def test_no_width_shows_a_credential(width: int) -> None:
    """A line that is broken within it would not look like one."""
    shown = _written(terminal(width))
    assert "4f9a" not in shown
    assert "cdef" not in shown


@pytest.mark.process
@pytest.mark.parametrize(
    ("variables", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_check_has_colours_where_there_is_a_terminal(
    variables: dict[str, str], colours: bool, tmp_path: Path
) -> None:
    """Unless the environment asks for none."""
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "TOKEN": "a-token", **variables}
    with subprocess.Popen(
        [Path(sys.executable).parent / "usage-exporter", "check"],
        cwd=tmp_path,
        env=environment,
        stdout=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    assert process.returncode == 0
    assert (b"\x1b[3" in shown) is colours
    assert b"config.yaml is valid: 1 target, " in shown


def _read(terminal: int) -> bytes:
    """What the program wrote; nothing once it has ended, which Linux tells as an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
