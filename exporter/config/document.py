"""A YAML document: its data, and for each part of them the line and the words in the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from exporter.config.text import ConfigError, Place, Problem
from exporter.config.yaml_errors import in_plain_words


@dataclass(frozen=True, slots=True)
class Document:
    """What a file holds. `repeats` are the keys that one block gives twice."""

    data: Any
    repeats: tuple[Problem, ...]
    _node: yaml.Node | None

    def line_of(self, at: Place) -> int:
        """The line of the innermost part of a path that the file has."""
        line = 1
        for line, _ in _followed(self._node, at):  # noqa: B007  # the last one is wanted
            pass
        return line

    def written(self, at: Place) -> str | None:
        """What stands in the file for a single value, whatever YAML made of it."""
        parts = list(_followed(self._node, at))
        node = parts[-1][1] if len(parts) == len(at) and parts else None
        return str(node.value) or None if isinstance(node, yaml.ScalarNode) else None

    def scalars(self) -> Iterator[tuple[Place, str, Any]]:
        """Every single value with its place and the words for it; an anchor's where it is defined."""
        loader = yaml.SafeLoader("")
        for at, node in _inside(self._node):
            if isinstance(node, yaml.ScalarNode):
                yield at, node.value, loader.construct_object(node)


def read(text: str, path: str | Path) -> Document:
    """The document of a text; raises ConfigError with the place and the remedy."""
    loader = yaml.SafeLoader("")
    node: yaml.Node | None = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        # Before the data are made: that copies merged blocks into those that they are merged with.
        repeats = tuple(_repeated(node))
        return Document(None if node is None else loader.construct_document(node), repeats, node)
    except yaml.YAMLError as error:
        line, column, told = in_plain_words(error, text)
        raise ConfigError([f"{path}:{line}:{column}: is not YAML: {told}"]) from error
    except RecursionError as error:
        told = "blocks or brackets lie too deep inside each other"
        raise ConfigError([f"{path}: is not YAML: {told}"]) from error
    except (ValueError, AttributeError) as error:
        raise ConfigError([f"{path}{_unreadable(node)}"]) from error
    finally:
        loader.dispose()


def _repeated(node: yaml.Node | None) -> Iterator[Problem]:
    """The keys that one block gives twice: YAML would take the last, and say nothing."""
    for at, inner in _inside(node):
        if isinstance(inner, yaml.MappingNode):
            keys = [key.value for key, _ in inner.value if isinstance(key, yaml.ScalarNode)]
            for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
                yield (*at, key), "is given more than once; keep one of them"


def _inside(node: yaml.Node | None) -> Iterator[tuple[Place, yaml.Node | None]]:
    """Every part of a document once, however many aliases lead to it."""
    seen: set[int] = set()
    waiting: list[tuple[Place, yaml.Node | None]] = [((), node)]
    while waiting:
        at, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield at, node
        if isinstance(node, yaml.SequenceNode):
            waiting += (((*at, index), item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            waiting += (((*at, str(key.value)), value) for key, value in node.value)


def _followed(node: yaml.Node | None, at: Place) -> Iterator[tuple[int, yaml.Node]]:
    """The line and the value of each part of a path, as far as the file has it."""
    for part in at:
        line, following = 0, None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            following = node.value[int(part)]
            line = following.start_mark.line + 1
        if following is None:
            return
        yield line, following
        node = following


def _unreadable(node: yaml.Node | None) -> str:
    """The place of a value that YAML takes for a date or a number, and Python does not."""
    for _, inner in _inside(node):
        if not isinstance(inner, yaml.ScalarNode):
            continue
        try:
            yaml.SafeLoader("").construct_object(inner)
        except (ValueError, AttributeError):
            mark = inner.start_mark
            return (
                f":{mark.line + 1}:{mark.column + 1}: is not YAML: {inner.value[:80]!r} has the form "
                "of a date or a number and is none; put it in quotes"
            )
    return ": is not YAML: a date or a number in it is none; put such a text in quotes"
