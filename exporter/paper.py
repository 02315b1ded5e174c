"""What commands write on: a terminal, in its width and with colours, or plain text for anything else."""

import sys
from collections.abc import Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from exporter.masking import masked

_ENDLESS = 100_000
"""A width in which no line of plain text is broken."""


def plain() -> Console:
    """Text without colours, whose lines are as long as they need to be."""
    return Console(file=StringIO(), width=_ENDLESS, color_system=None, force_terminal=False)


def of_output() -> Console:
    """The terminal that the standard output is, or plain text."""
    return Console(file=sys.stdout) if sys.stdout.isatty() else plain()


def written(paper: Console, parts: Sequence[RenderableType]) -> str:
    """The parts below one another, as the paper shows them."""
    with paper.capture() as shown:
        for part in parts:
            paper.print(part, soft_wrap=isinstance(part, Text))
    return "\n".join(line.rstrip() for line in shown.get().splitlines())


def table(rows: Sequence[Sequence[Text]], head: Sequence[str] = ()) -> Table:
    """Columns with two blanks between them; a cell that is too wide for a terminal goes on below."""
    made = Table(
        *(Column(name) for name in head),
        box=None,
        show_header=bool(head),
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for row in rows:
        made.add_row(*row)
    return made


def cell(text: str, style: str = "") -> Text:
    """A text that is shown as it is, without what may be a credential: a broken line would hide that."""
    return Text(masked(text), style=style, overflow="fold")
