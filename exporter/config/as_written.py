"""Values that mean something else in the file than in the program: variables, ~, octal numbers."""

import re
from collections.abc import Iterator

from exporter.config.document import Document
from exporter.config.text import Place, Problem

_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\([A-Za-z_]\w*\)|^\$[A-Za-z_]\w*$|\{\{.*?\}\}")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9_]*)")
_LONGEST_SHOWN = 80


def misread(document: Document) -> Iterator[Problem]:
    """Texts in which somebody expects a variable or a home directory to be filled in."""
    for at, written, value in document.scalars():
        if not isinstance(value, str) or is_extension(at):
            continue
        variable = _VARIABLE.search(written)
        if variable:
            yield (
                at,
                (
                    f"{variable.group()[:_LONGEST_SHOWN]} is not filled in: the file is taken as it is "
                    "written; write the value itself, name a credential by token_file or token_env, "
                    "and for several environments keep a file for each (--config.file)"
                ),
            )
        elif written.startswith("~") and is_path(at):
            yield at, "~ is not taken for the home directory; write the whole path"


def misnumbered(document: Document) -> Iterator[Problem]:
    """Numbers that YAML reads as others than their digits say: 010 is 8, 1:30 is 90."""
    for at, written, value in document.scalars():
        if isinstance(value, bool) or not isinstance(value, int) or is_extension(at):
            continue
        if not _DECIMAL.fullmatch(written):
            plain = written.lstrip("+-0") or "0"
            meant = f"{plain} or {value}" if plain.isdecimal() else str(value)
            yield at, f"YAML takes {written} for {value}; write {meant}"


def is_extension(at: Place) -> bool:
    """Whether a place is inside a key of the top level that is free for anchors."""
    return bool(at) and str(at[0]).startswith("x-")


def is_path(at: Place) -> bool:
    """Whether a path of the file system stands at a place."""
    return bool(at) and (str(at[-1]).endswith("_file") or at == ("state", "path"))
