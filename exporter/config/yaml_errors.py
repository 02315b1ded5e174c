"""What is wrong with a text that is not YAML, in plain words."""

import re

import yaml
from yaml.reader import ReaderError

_INDENTED = "this line is indented otherwise than those above it"

_BEGINNINGS = frozenset(
    {"found unexpected end of stream", "expected ',' or", "could not find expected ':'"}
)
"""Problems that are seen late: where they begin is the better place."""

_WORDS = (
    (r"found character '\\t'", "a tab stands here; indent with spaces"),
    (r"found character '(.+)' that", r"a value cannot begin with \1; put it in quotes"),
    (
        "mapping values are not allowed",
        "a colon stands where none can; put a text with a colon in quotes, or correct the indentation",
    ),
    (
        "sequence entries are not allowed",
        "a dash stands here where none can; begin each item of a list on a line of its own",
    ),
    (
        "could not find expected ':'",
        "a key without a colon, or a text of several lines; write KEY: VALUE, or put it in quotes",
    ),
    (
        "found unexpected (end of stream|document separator)",
        "a quote is opened here and never closed; close it on the same line",
    ),
    (
        "unknown escape character '(.+)'",
        r"\\\1 means nothing between double quotes; use single quotes",
    ),
    (r"expected ',' or '([}\]])'", r"a bracket is opened here and never closed; close it with \1"),
    (
        "undefined alias '(.+)'",
        r"*\1 names no anchor; define it further up with &\1, or put the text in quotes",
    ),
    ("duplicate anchor '(.+)'", r"the anchor &\1 is defined twice; give each its own name"),
    (
        "found unhashable key",
        "a block or a list cannot be a key; put a text that begins with a bracket in quotes",
    ),
    (
        "found another document",
        "a second document begins here; keep one, as the file is one configuration",
    ),
    (
        "constructor for the tag '(.+)'",
        r"the tag \1 is not known; remove it, or put the text in quotes",
    ),
    (
        r"<block end>, but found '(<scalar>|\*)'",
        "text stands after a value that has ended; put the whole value between one pair of quotes",
    ),
    (r"<block end>, but found '([}\]])'", r"\1 closes a bracket that was not opened; remove it"),
    (
        r"<block end>, but found '([,:])'",
        r"\1 stands where none can; put a text that has one in quotes",
    ),
    ("<block end>, but found", f"{_INDENTED}; indent it as its neighbours are"),
    (
        "node content, but found '<stream end>'",
        "the file ends inside a bracket that is not closed; close it",
    ),
    (
        "node content, but found '(.+)'",
        r"a value is missing before \1; write it, or quote the text",
    ),
    (
        "<document start>'?, but found '<block mapping start>'",
        f"{_INDENTED}; begin the top level at the start of the line",
    ),
    (
        "<document start>",
        "the file cannot begin like this; a text that begins with % stands in quotes",
    ),
    ("for merging, but found", "<< takes a block by its name, as *NAME; define it with &NAME"),
    (
        "chomping or indentation",
        "text stands after | or >; begin it on the next line, or put it in quotes",
    ),
)
"""What PyYAML says, and what it means for the person at the file, with the remedy."""


def in_plain_words(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """Line, column and words, for a person who knows YAML little."""
    if isinstance(error, ReaderError):
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return line, column, f"the character U+{_code(error):04X} is not allowed; remove it"
    problem = str(getattr(error, "problem", "") or error)
    context = str(getattr(error, "context", "") or "")
    mark = getattr(error, "problem_mark", None)
    if any(problem.startswith(beginning) for beginning in _BEGINNINGS):
        mark = getattr(error, "context_mark", None) or mark
    line, column = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
    for said, words in _WORDS:
        found = re.search(said, problem) or re.search(said, context)
        if found:
            return line, column, found.expand(words)
    return line, column, problem


def _code(error: ReaderError) -> int:
    return error.character if isinstance(error.character, int) else ord(str(error.character)[0])
