"""The text of the configuration file, the places in it, and the error that names them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from exporter.masking import masked

Place: TypeAlias = tuple[int | str, ...]
"""The keys and indexes that lead to a part of the file."""

Problem: TypeAlias = tuple[Place, str]


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has a line for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        # YAML can spell an unpaired surrogate, which can be neither printed nor logged.
        printable = (p.encode("utf-8", "backslashreplace").decode() for p in problems)
        self.problems = tuple(map(masked, printable))
        super().__init__("\n".join(self.problems))


def read_text(path: Path, flag: str = "--config.file") -> str:
    """The content of the file that a flag names; raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}; check {flag}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [f"{path}: is not UTF-8 text; save it as UTF-8, or check {flag}"]
        ) from error


def dotted(at: Place) -> str:
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the file"
