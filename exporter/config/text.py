"""The text of the configuration file: YAML, and the line that each part of it stands on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Place: TypeAlias = tuple[int | str, ...]
"""The keys and indexes that lead to a part of the file."""

Problem: TypeAlias = tuple[Place, str]


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has a line for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        # YAML can spell an unpaired surrogate, which can be neither printed nor logged.
        self.problems = tuple(p.encode("utf-8", "backslashreplace").decode() for p in problems)
        super().__init__("\n".join(self.problems))


def read_text(path: Path) -> str:
    """The content of the file; raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{path}: cannot be read: {error.strerror}; check --config.file"]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text: {error}"]) from error


def read_yaml(text: str, path: str | Path) -> tuple[Any, yaml.Node | None]:
    """The data, and the same as nodes that know their lines; raises ConfigError."""
    try:
        return yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError([f"{place}: is not YAML: {getattr(error, 'problem', error)}"]) from error
    except (ValueError, RecursionError) as error:
        # A date or a number to YAML that is none to Python; or far too many brackets.
        raise ConfigError([f"{path}: is not YAML: {error}; put such a text in quotes"]) from error


def repeated(node: yaml.Node | None) -> Iterator[Problem]:
    """The keys that one block gives twice: YAML would take the last, and say nothing."""
    seen: set[int] = set()
    waiting: list[tuple[Place, yaml.Node | None]] = [((), node)]
    while waiting:
        at, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += (((*at, index), item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
                yield (*at, key), "is given more than once; keep one of them"
            waiting += (((*at, str(key.value)), value) for key, value in node.value)


def dotted(at: Place) -> str:
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the file"


def line_of(node: yaml.Node | None, at: Place) -> int:
    """The line of the innermost part of a path that the file has."""
    line = 1
    for part in at:
        following = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            following = node.value[int(part)]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line
