"""One run of the suite under a condition, as processes that are ended before it is over."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.shake.conditions import Condition
from tests.shake.interpreters import ROOT
from tests.shake.results import Result, read

LIMIT = 3600.0
"""Seconds after which a run hangs: several times what the suite takes on a busy machine."""

NOTHING_CHOSEN = 5
"""pytest's exit code where there is no test that was asked for."""

OPTIONS = ("CONDITION", "SEED", "TESTS", "MARK", "REPEAT", "WORKERS")
_OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


@dataclass(frozen=True)
class Part:
    """One call of pytest: at the real time, or at the one that the condition tells."""

    name: str
    mark: str
    shifted: bool = False


@dataclass(frozen=True)
class Run:
    """The suite, or some of it, under a condition and with a seed."""

    condition: Condition
    seed: int
    workers: int
    venv: Path
    tests: tuple[str, ...] = ()
    mark: str = ""

    def parts(self) -> list[Part]:
        """What is compared with programs that keep the real time runs at the real time."""
        if self.condition.starts is None:
            return [Part("all", self.mark)]
        chosen = f"({self.mark}) and " if self.mark else ""
        return [
            Part("shifted", f"{chosen}not real_time", shifted=True),
            Part("real-time", f"{chosen}real_time"),
        ]

    def command(self, part: Part, results: Path, scratch: Path) -> list[str]:
        return [
            *(str(self.venv / "bin" / "python"), "-m", "pytest"),
            *(f"--numprocesses={self.workers}", "--dist=loadfile", "--no-loadscope-reorder"),
            *(f"--randomly-seed={self.seed}", f"--hypothesis-seed={self.seed}"),
            *(f"--junitxml={results}", "--override-ini=junit_family=xunit1"),
            f"--basetemp={scratch / 'tmp'}",
            *(["-m", part.mark] if part.mark else []),
            *self.tests,
        ]

    def environment(
        self, part: Part, now: float, home: Path, given: Mapping[str, str]
    ) -> dict[str, str]:
        """What is given, less what was told to this program, and what the condition changes."""
        left = {name: v for name, v in given.items() if name not in (*OPTIONS, *_OF_MAKE)}
        left |= {"PYTHONHASHSEED": str(self.seed), **self.condition.environment}
        if self.condition.bare_home:
            left["HOME"] = str(home)
        if part.shifted and self.condition.starts is not None:
            left["LD_PRELOAD"] = str(self.venv / "shifted_clock.so")
            left["SHIFT_SECONDS"] = str(round(self.condition.starts.timestamp() - now))
        return left

    def carried_out(self, directory: Path) -> Result:
        """Run it; results and what pytest said go to the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        began = time.monotonic()
        with busy(self.condition.busy_loops), taken(self.condition.taken_port):
            results = [self._carry_out(part, directory) for part in self.parts()]
        return sum(results, Result()).lasting(time.monotonic() - began)

    def _carry_out(self, part: Part, directory: Path) -> Result:
        results, output = directory / f"{part.name}.xml", directory / f"{part.name}.log"
        results.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="usage-exporter-shake-") as scratch:
            home = Path(scratch) / "home"
            home.mkdir(mode=0o500)
            environment = self.environment(part, time.time(), home, os.environ)
            if part.shifted:
                self._check_shift(environment)
            command = self.command(part, results, Path(scratch))
            with output.open("wb") as log:
                code = _ended(command, environment, self.condition.umask, log.fileno())
        if code == NOTHING_CHOSEN:
            return Result()
        if code not in (0, 1) or not results.is_file():
            return Result(failed=1, failures=(f"the run itself: exit code {code}, see {output}",))
        return read(results)

    def _check_shift(self, environment: Mapping[str, str]) -> None:
        """A clock that was not shifted would prove nothing."""
        told = subprocess.run(
            [self.venv / "bin" / "python", "-c", "import time; print(time.time())"],
            env=dict(environment),
            capture_output=True,
            check=True,
        )
        shift = float(told.stdout) - time.time()
        if abs(shift - float(environment["SHIFT_SECONDS"])) > 60:
            raise RuntimeError(f"the clock could not be shifted: {told.stderr.decode()}")


def _ended(command: list[str], environment: Mapping[str, str], umask: int, output: int) -> int:
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        umask=umask,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            # Its workers, too, and also where this program was told to stop.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that take all they get of the cores; they also end when this one does."""
    loop = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    processes = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextlib.contextmanager
def taken(port: int | None) -> Iterator[None]:
    """Listen on a port of all IPv4 addresses, where there is one."""
    if port is None:
        yield
        return
    with socket.create_server(("", port)):
        yield
