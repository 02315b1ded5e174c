"""A systemd of a test's own: a user's manager, in a namespace where it can write to the test's folder only."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.processes import PATIENCE, Process, wait_for

PROGRAM = "/usr/lib/systemd/systemd"

_NAMESPACE = """
set -e
mount --bind "$1" "$1"
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
mount -t cgroup2 none /sys/fs/cgroup
group="/sys/fs/cgroup/$(basename "$1")"
mkdir "$group"
echo $$ > "$group/cgroup.procs"
mount --bind "$group" /sys/fs/cgroup
mount -o remount,bind,ro /
exec unshare --cgroup "$2" --user --unit="$3"
"""
"""Everything but the folder, an empty /run and a control group of its own is read-only or out of sight:
a manager takes all processes of its group, and some of its units clean up folders."""


_GROUPS = "unshare --mount sh -c 'mount -t cgroup2 none /sys/fs/cgroup && eval \"$1\"' groups"
"""Runs a command where the control groups can be seen."""


def _grouped(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*shlex.split(_GROUPS), command],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


def missing() -> str:
    """Why no manager can run here; empty where one can."""
    needed = (PROGRAM, "unshare", "systemctl")
    absent = [name for name in needed if shutil.which(name) is None]
    if absent:
        return f"needs {', '.join(absent)}"
    refused = _grouped("mkdir /sys/fs/cgroup/unit-try && rmdir /sys/fs/cgroup/unit-try").stderr
    return f"needs a namespace with control groups: {refused}" if refused else ""


class Manager:
    """The manager of one unit, whose folder is `directory`."""

    def __init__(self, directory: Path, unit: str) -> None:
        self.directory = directory
        self._unit = unit
        units = directory / "config" / "systemd" / "user"
        units.mkdir(parents=True)
        self._file = units / unit
        self.environment = {
            "XDG_RUNTIME_DIR": str(directory / "runtime"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            "HOME": str(directory),
        }
        (directory / "runtime").mkdir(mode=0o700)

    @contextmanager
    def running(self, text: str) -> Iterator[None]:
        """Run the unit with this text, until the end of the block."""
        self._file.write_text(text, encoding="utf-8")
        process = Process(
            [
                "env",
                *(f"{name}={value}" for name, value in self.environment.items()),
                *("unshare", "--mount", "sh", "-c", _NAMESPACE, "manager"),
                *(str(self.directory), PROGRAM, self._unit),
            ],
            self.directory / "manager.log",
        )
        try:
            yield
        finally:
            self.call("stop", self._unit)
            process.stop()
            group = f"/sys/fs/cgroup/{self.directory.name}"
            _grouped(f"find {group} -depth -type d -exec rmdir {{}} +")

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What systemctl says."""
        return subprocess.run(
            ["systemctl", "--user", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    def properties(self) -> dict[str, str]:
        """What the manager knows of the unit; nothing where it does not answer yet."""
        shown = self.call("show", self._unit).stdout
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

    def wait_until(self, **wanted: str) -> dict[str, str]:
        """The properties, once they are these."""

        def reached() -> dict[str, str] | None:
            found = self.properties()
            return found if wanted.items() <= found.items() else None

        return wait_for(f"the unit is {wanted}", reached)


@contextmanager
def manager(unit: str) -> Iterator[Manager]:
    """A manager in a folder with a short name, as the paths of its sockets have a limit."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="unit-") as directory:
        yield Manager(Path(directory), unit)
