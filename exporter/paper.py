"""What commands write on: a terminal, in its width and with colours, or plain text for anything else."""

import sys
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from exporter.masking import masked

_ENDLESS = 100_000
"""A width in which no line of plain text is broken."""
_GAPS = (2, 1)
"""Blanks between two columns, fewer where the words would not fit otherwise."""
_LONGEST_WORD = 24


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


def table(on: Console, rows: Sequence[Sequence[Text]], head: Sequence[str] = ()) -> Table:
    """Columns side by side; what is too wide for the paper goes on below, word by word if it can."""
    cells = [*([*map(cell, head)] for _ in head[:1]), *rows]
    columns = list(zip(*cells, strict=True))
    gap = next((gap for gap in _GAPS if _fits(on, map(_narrowest, columns), gap)), _GAPS[-1])
    widths = _widths(on, columns, gap)
    names = head or [""] * len(columns)
    made = Table(
        *(
            Column(name, overflow="fold", width=width)
            for name, width in zip(names, widths, strict=True)
        ),
        box=None,
        show_header=bool(head),
        header_style="bold",
        pad_edge=False,
        padding=(0, gap, 0, 0),
    )
    for row in rows:
        made.add_row(*row)
    return made


def _widths(on: Console, columns: Sequence[Sequence[Text]], gap: int) -> list[int | None]:
    """How wide columns are whose words stay whole; None where there is no room for that."""
    narrowest = [_narrowest(column) for column in columns]
    if not _fits(on, narrowest, gap):
        return [None] * len(columns)
    widths = [max(map(_longest_line, column)) for column in columns]
    while not _fits(on, widths, gap):
        spare = [width - least for width, least in zip(widths, narrowest, strict=True)]
        widths[spare.index(max(spare))] -= 1
    return [*widths]


def _narrowest(column: Sequence[Text]) -> int:
    """The width in which no word is broken, but for those that nobody expects whole, as addresses."""
    words = (len(word) for each in column for word in each.plain.split())
    return min(max(words, default=0), _LONGEST_WORD)


def _longest_line(text: Text) -> int:
    return max(map(len, text.plain.splitlines()), default=0)


def _fits(on: Console, widths: Iterable[int], gap: int) -> bool:
    every = list(widths)
    return sum(every) + gap * (len(every) - 1) <= on.width


def cell(text: str, style: str = "") -> Text:
    """A text that is shown as it is, without what may be a credential: a broken line would hide that."""
    return Text(masked(text), style=style, overflow="fold")
