"""The files that hold the secrets of a target, looked at for change."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.client.auth import Stamp, stamp
from exporter.vendors.base import Target


class SecretFiles:
    """Every file that the block `auth` of a target names."""

    def __init__(self, target: Target) -> None:
        self._paths = tuple(_files(target.model_dump().get("auth")))
        self._stamps = self._look()

    def changed(self) -> bool:
        """Whether one is another than at the last look."""
        before, self._stamps = self._stamps, self._look()
        return self._stamps != before

    def _look(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self._paths]


def _files(auth: Any) -> Iterator[str]:
    for name, value in auth.items() if isinstance(auth, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _files(value)
        elif str(name).endswith("_file") and isinstance(value, str):
            yield value


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp(Path(path).stat())
    except OSError:
        return None  # whoever reads it says what is wrong
