"""The configuration file: read, checked, and every error at once."""

from pathlib import Path

from exporter.config.blocks import Config
from exporter.config.checks import check
from exporter.config.text import ConfigError, dotted, line_of, read_text, read_yaml, repeated


def load(path: str | Path) -> Config:
    """Read and check a configuration file and its secrets; raises ConfigError."""
    return parse(read_text(Path(path)), path)


def parse(text: str, path: str | Path) -> Config:
    """Check the text of a configuration file; `path` is named in the errors."""
    data, node = read_yaml(text, path)
    problems = sorted(
        (line_of(node, at), number, dotted(at), problem)
        for number, (at, problem) in enumerate((*repeated(node), *check(data or {})))
    )
    if problems:
        raise ConfigError(
            [f"{path}:{line}: {place}: {problem}" for line, _, place, problem in problems]
        )
    return Config.model_validate(data)
