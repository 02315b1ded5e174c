"""The configuration file: read, checked, and every error at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.config import document
from exporter.config.as_written import is_extension, misnumbered, misread
from exporter.config.blocks import Config
from exporter.config.checks import check
from exporter.config.document import Document
from exporter.config.text import ConfigError, Place, Problem, dotted, read_text


def load(path: str | Path) -> Config:
    """Read and check a configuration file and its secrets; raises ConfigError."""
    return parse(read_text(Path(path)), path)


def parse(text: str, path: str | Path) -> Config:
    """Check the text of a configuration file; `path` is named in the errors."""
    read = document.read(text, path)
    data = _without_extensions(read.data)
    problems = sorted(
        (read.line_of(at), number, dotted(at), problem)
        for number, (at, problem) in enumerate(_problems(read, data))
    )
    if problems:
        raise ConfigError(
            [f"{path}:{line}: {place}: {problem}" for line, _, place, problem in problems]
        )
    return Config.model_validate(data)


def place_in(path: str | Path, at: Place) -> str:
    """A place of a configuration that was loaded from the file, as messages begin."""
    line = document.read(read_text(Path(path)), path).line_of(at)
    return f"{path}:{line}: {dotted(at)}"


def _problems(read: Document, data: Any) -> Iterator[Problem]:
    """Everything that is wrong; what is misread is told as that alone."""
    yield from read.repeats
    misunderstood = dict(misread(read))
    yield from misunderstood.items()
    found = [one for one in check(data, read.written) if one[0] not in misunderstood]
    yield from found
    told = {at for at, _ in found}
    yield from (one for one in misnumbered(read) if one[0] not in told)


def _without_extensions(data: Any) -> Any:
    """The data without the keys that begin with `x-`, which are there for anchors."""
    if not isinstance(data, Mapping):
        return {} if data is None else data
    return {key: value for key, value in data.items() if not is_extension((str(key),))}
