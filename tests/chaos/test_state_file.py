"""A state file that cannot be written, is damaged, or belongs to another exporter."""

import asyncio
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from bench.ports import free_port
from exporter.model import Series, Slot, StreamKey
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import Changes, StreamState
from tests.chaos.failpoints import Point, Strike
from tests.chaos.vendor import PATIENT, AuditLog, configuration
from tests.e2e.processes import wait_for

pytestmark = pytest.mark.process

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


NOBODY = "http://127.0.0.1:9"
"""Vendors that are never asked."""


def refused(config_file: Path) -> str:
    """What a daemon says that must not start."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "exporter", "run"),
            f"--config.file={config_file}",
            f"--web.listen-address=127.0.0.1:{free_port()}",
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENT,
        check=False,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("condition", "reason", "remedy"),
    [
        (
            "PRAGMA max_page_count = 1",
            "the disk is full; make room",
            "PRAGMA max_page_count = 1000000",
        ),
        (
            "PRAGMA query_only = ON",
            "it is read-only; make it writable",
            "PRAGMA query_only = OFF",
        ),
    ],
)
def test_a_disk_that_takes_nothing_is_told_and_survived(
    log: AuditLog, condition: str, reason: str, remedy: str
) -> None:
    """An error with the remedy, a page as before, and then every unit once."""
    log.post()
    with log.daemon() as daemon:
        daemon.wait_for_events(5)
        log.condition.write_text(condition, encoding="utf-8")
        # More types than the pages at hand have room for.
        log.post_types(400)
        log.post(7)
        daemon.wait_for_state("error")
        assert reason in daemon.status()
        assert str(log.state) in daemon.status()
        daemon.wait_for_polls()
        assert daemon.events == 5
        log.condition.write_text(remedy, encoding="utf-8")
        daemon.wait_for_state("ok")
        daemon.wait_for_events(12)
        assert daemon.value("tabnine_audit_events_total") == log.posted


def test_a_file_that_may_not_grow_is_told_and_survived(log: AuditLog) -> None:
    """The real daemon under a limit of the system: writes fail, then they do not."""
    log.post()
    with log.real_daemon() as daemon:
        daemon.wait_for_events(5)
        grown = max(path.stat().st_size for path in log.directory.iterdir())
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (grown, UNLIMITED[1]))
        log.post_types(3_000)
        daemon.wait_for_state("error")
        assert str(log.state) in daemon.status()
        daemon.wait_for_polls()
        assert daemon.value("tabnine_audit_events_total") == 5
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)
        daemon.wait_for_state("ok")
        daemon.wait_for_events(5)
        assert daemon.value("tabnine_audit_events_total") == log.posted


def below_a_file(path: Path) -> None:
    path.parent.write_text("a file, not a directory", encoding="utf-8")


def a_directory(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize("spoil", [below_a_file, a_directory])
def test_a_state_path_that_cannot_be_written_is_refused(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """Whoever runs it, root too: exit 1, with path and remedy."""
    state = tmp_path / "place" / "state.db"
    spoil(state)
    said = refused(configuration(tmp_path, state, NOBODY))
    assert f"state file {state} cannot be opened for writing" in said
    assert "check state.path, its directory and the owner" in said


def overwritten(path: Path) -> None:
    """Garbage at the beginning of every page but the first."""
    data, chance = bytearray(path.read_bytes()), Random(1)
    for page in range(4096, len(data), 4096):
        data[page : page + 64] = chance.randbytes(64)
    path.write_bytes(data)


def beheaded(path: Path) -> None:
    path.write_bytes(b"\0" * 512 + path.read_bytes()[512:])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize("damage", [overwritten, beheaded, cut])
async def test_a_damaged_state_file_is_refused_and_left_as_it_is(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """Counting on from half of the counts would be wrong for ever."""
    state = tmp_path / "state.db"
    store = SQLiteStore.open(state, 0)
    keys = [("tabnine_audit_events_total", (f"type.{number}",)) for number in range(300)]
    counted = StreamState(ledger={key: Series(0, 5, slots={Slot(0): 5}) for key in keys})
    await store.commit(
        StreamKey("tabnine", "acme", "audit_log"), counted, Changes(frozenset(keys), False)
    )
    await store.close()
    damage(state)
    before = state.read_bytes()
    said = await asyncio.to_thread(refused, configuration(tmp_path, state, NOBODY))
    assert f"state file {state}: " in said
    assert "it is damaged and is left as it is; restore a backup, or move it away" in said
    assert state.read_bytes() == before


def test_a_second_daemon_on_one_state_file_is_refused(log: AuditLog) -> None:
    """It says why and ends; the first one counts on."""
    log.post()
    with log.real_daemon() as daemon:
        daemon.wait_for_events(5)
        said = refused(log.configuration())
        assert f"state file {log.state}: " in said
        assert "another exporter uses it" in said
        log.post(3)
        daemon.wait_for_events(8)
        assert daemon.process.stop() == 0
        assert not re.search(r"level=(warn|error)", daemon.process.output.read_text("utf-8"))


@pytest.mark.parametrize("point", [Point.IN_TRANSACTION, Point.BEFORE_COMMIT])
def test_a_stop_in_the_middle_of_a_commit_lets_it_end(log: AuditLog, point: Point) -> None:
    """SIGTERM while the transaction is open: a good end, and nothing counted twice or lost."""
    log.post()
    with log.daemon(Strike(point, transaction=2, by=signal.SIGTERM)) as daemon:
        wait_for("it ended", lambda: not daemon.process.running, PATIENT)
        assert daemon.process.stop() == 0, daemon.process.output.read_text("utf-8")
    with log.daemon() as daemon:
        daemon.wait_for_events(5)
        log.post(2)
        daemon.wait_for_events(7)
