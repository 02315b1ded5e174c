"""The Pythons of this machine, each with an environment that the Makefile makes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"python3\.(\d+)")

Version = tuple[int, int]


def interpreters() -> dict[Version, Path]:
    """Those that the project runs on, by version; each was started to see whether it works."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*pyenv.glob("versions/*/bin"), *map(Path, os.get_exec_path())]
    return {
        version: path
        for version, path in candidates(file for folder in folders for file in folder.glob("*"))
        if _works(path, version)
    }


def candidates(paths: Iterable[Path]) -> list[tuple[Version, Path]]:
    """What is called like a Python that is new enough, the oldest first."""
    named = [(match, path) for path in paths if (match := _NAME.fullmatch(path.name))]
    versions = [((3, int(match[1])), path) for match, path in named]
    return sorted((version, path) for version, path in versions if version >= OLDEST)


def _works(path: Path, version: Version) -> bool:
    told = subprocess.run(
        [path, "-c", "import sys, venv; print(*sys.version_info[:2])"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return told.stdout.split() == [str(number) for number in version]


def wanted(name: str, found: Mapping[Version, Path]) -> Version:
    """The version that a condition names, among those that were found."""
    if name == "newest":
        return max(found)
    version: Version = tuple(int(part) for part in name.split("."))  # type: ignore[assignment]
    if version not in found:
        raise LookupError(f"there is no Python {name} on this machine")
    return version


def environment(name: str | None) -> Path:
    """The virtual environment with the Python of this name; None is the one that runs this."""
    if name is None:
        return Path(sys.prefix)
    found = interpreters()
    version = wanted(name, found)
    if version == sys.version_info[:2]:
        return Path(sys.prefix)
    folder = f".venv-{version[0]}.{version[1]}"
    parts = ("dev", "debian", "helm", "locked", "shifted_clock.so")
    subprocess.run(
        [
            *("make", "--silent", f"VENV={folder}", f"PYTHON={found[version]}"),
            *(f"{folder}/{part}" for part in parts),
        ],
        cwd=ROOT,
        check=True,
    )
    return ROOT / folder
