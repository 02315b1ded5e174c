"""The state file and the ports: what can be used is told from what cannot, and nothing is written."""

import asyncio
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import bcrypt
import pytest
import yaml

from bench.ports import free_port
from exporter.model import DAY
from exporter.preflight.doctor.finding import Check, Finding, Level
from exporter.preflight.doctor.machine import (
    NO_SPACE,
    check_ports,
    check_state,
    check_web_config,
    is_held,
)
from exporter.preflight.doctor.network import EXPIRES_SOON
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import StoreError
from tests.web.certificates import Authority

_Usage = namedtuple("_Usage", "total used free")

HOLD = """
import sys
from exporter.store.sqlite import SQLiteStore
store = SQLiteStore.open(sys.argv[1], 0)
print("held", flush=True)
sys.stdin.read()
"""


def levels(findings: list[Finding]) -> dict[str, str]:
    return {str(one.check): str(one.level) for one in findings}


def made(path: Path) -> Path:
    asyncio.run(SQLiteStore.open(path, 1.0).close())
    return path


def test_a_file_that_is_not_there_yet_will_be_created_by_the_exporter_not_by_the_doctor(
    tmp_path: Path,
) -> None:
    """The directory stays empty."""
    found = check_state(tmp_path / "state.db")
    assert levels(found) == {"state_path": "ok", "state_space": "ok"}
    assert "will be created" in found[0].message
    assert list(tmp_path.iterdir()) == []


def test_a_good_state_file_is_ok_and_stays_as_it_is(tmp_path: Path) -> None:
    """Every check is ok; not a byte and no file beside it changes."""
    path = made(tmp_path / "state.db")
    before = path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())
    found = check_state(path)
    assert set(levels(found).values()) == {"ok"}
    assert len(found) == 4
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before


def test_a_directory_that_cannot_be_written_fails_with_the_key_to_change(tmp_path: Path) -> None:
    """Also for root: a path below a file, a directory that is missing, a directory as the file."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file" / "state.db", tmp_path / "none" / "state.db", tmp_path):
        [found] = check_state(path)
        assert found.level is Level.FAIL
        assert "state.path" in str(found.remedy)


def test_an_sqlite_that_is_too_old_fails_before_there_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    (found,) = check_state(tmp_path / "state.db")
    assert (found.check, found.level) == (Check.STATE_PATH, Level.FAIL)
    assert "3.35.0 or later" in found.message
    assert found.remedy == "use another build of Python, or the container image"


def test_what_is_no_state_file_of_this_version_fails(tmp_path: Path) -> None:
    """Another program's file, and one of a newer exporter."""
    other = tmp_path / "other"
    other.write_text("something else", encoding="utf-8")
    assert "is not a state file" in check_state(other)[0].message
    newer = made(tmp_path / "newer.db")
    content = bytearray(newer.read_bytes())
    content[60:64] = (99).to_bytes(4, "big")
    newer.write_bytes(content)
    assert "has schema 99" in check_state(newer)[0].message


def _other_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.executescript("CREATE TABLE music (title TEXT); PRAGMA user_version = 7")


def _no_row(path: Path) -> None:
    with closing(sqlite3.connect(path)) as state:
        state.executescript("DELETE FROM exporter")


def _overwritten(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 + 64] = b"\xa5" * 64
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "told", "remedy"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-4096]), "malformed", "restore a backup"),
        (lambda path: path.write_bytes(path.read_bytes()[:50]), "database", "restore a backup"),
        (_overwritten, "malformed", "restore a backup"),
        (_no_row, "the time of its creation is missing", "restore a backup"),
        (
            _other_program,
            "a database of another program",
            "give another path in state.path",
        ),
    ],
    ids=["cut off", "only a header", "overwritten", "without its row", "of another program"],
)
def test_a_file_that_run_would_refuse_is_told_and_left_as_it_is(
    spoil: Callable[[Path], object], told: str, remedy: str, tmp_path: Path
) -> None:
    """With the store's own words; nothing is said of its mode, and no file appears beside it."""
    path = made(tmp_path / "state of #1?.db")
    spoil(path)
    path.chmod(0o644)
    before = path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())
    [found] = check_state(path)
    assert (found.check, found.level) == (Check.STATE_PATH, Level.FAIL)
    assert told in found.message
    assert remedy in str(found.remedy)
    assert (path.read_bytes(), path.stat().st_mtime_ns, sorted(tmp_path.iterdir())) == before
    with pytest.raises(StoreError):
        SQLiteStore.open(path, 1.0)


def test_an_empty_file_can_be_used(tmp_path: Path) -> None:
    """As `run` does: it becomes the state file."""
    (tmp_path / "state.db").touch(mode=0o600)
    assert set(levels(check_state(tmp_path / "state.db")).values()) == {"ok"}


def test_a_log_that_a_killed_exporter_left_is_not_judged(tmp_path: Path) -> None:
    """The file without its log may be half of the truth; both stay as they are."""
    path = tmp_path / "state.db"
    store = SQLiteStore.open(path, 1.0)
    copy = tmp_path / "copy" / "state.db"
    copy.parent.mkdir(mode=0o700)
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    asyncio.run(store.close())
    log = Path(f"{copy}-wal")
    log.write_bytes(log.read_bytes() or b"\0")
    before = copy.read_bytes(), log.read_bytes(), sorted(copy.parent.iterdir())
    found = check_state(copy)
    assert found[0].level is Level.OK
    assert "left a log beside it" in found[0].message
    assert (copy.read_bytes(), log.read_bytes(), sorted(copy.parent.iterdir())) == before


def test_a_file_that_is_open_to_others_is_a_warning(tmp_path: Path) -> None:
    """With the mode as it is, and the command that mends it."""
    path = made(tmp_path / "state.db")
    path.chmod(0o644)
    found = next(one for one in check_state(path) if one.check is Check.STATE_MODE)
    assert (found.level, "0644" in found.message) == (Level.WARN, True)
    assert str(found.remedy).startswith(f"chmod 600 {path}")


def test_little_space_is_a_warning_and_none_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the file system says is free."""
    for free, level in ((NO_SPACE - 1, "fail"), (NO_SPACE, "warn"), (10**12, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: _Usage(10**13, 0, free))
        assert levels(check_state(tmp_path / "state.db"))["state_space"] == level


@pytest.mark.process
def test_a_running_exporter_is_seen_and_not_disturbed(tmp_path: Path) -> None:
    """Another process that has the store open holds it; once it is gone, nobody does."""
    path = tmp_path / "state.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        held = check_state(path)
        assert is_held(held)
    finally:
        holder.communicate("", timeout=60)
    assert not is_held(check_state(path))


def test_a_port_in_use_fails_unless_it_is_the_running_exporters(tmp_path: Path) -> None:
    """Free, taken, taken while an exporter runs, and no address at all."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    with socket.create_server(("127.0.0.1", port)):
        [fails] = check_ports([address], running=False)
        [warns] = check_ports([address], running=True)
    [free, wrong] = check_ports([address, "nonsense"], running=False)
    assert (fails.level, warns.level) == (Level.FAIL, Level.WARN)
    assert "--web.listen-address" in str(fails.remedy)
    assert address in fails.message
    assert (free.level, wrong.level) == (Level.OK, Level.FAIL)


def test_two_addresses_that_share_a_port_cannot_both_be_free() -> None:
    """One on all interfaces takes the port of the other, as it would when they are served."""
    port = free_port()
    found = check_ports([f":{port}", f"127.0.0.1:{port}"], running=False)
    assert [one.level for one in found] == [Level.OK, Level.FAIL]


TLS = {"cert_file": "server.pem", "key_file": "server.key"}


def web_file(directory: Path, content: object) -> Path:
    path = directory / "web.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def test_a_web_configuration_is_good_for_as_long_as_its_certificate(tmp_path: Path) -> None:
    """Good, soon to end, ended, and not yet valid: by the clock that is handed in."""
    Authority(tmp_path).issue("server", "localhost")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    path = web_file(tmp_path, {"tls_server_config": TLS, "basic_auth_users": {"one": hashed}})
    now = time.time()
    levels = {
        now - 2 * DAY: (Level.FAIL, "not valid yet"),
        now: (Level.WARN, "is good for 1 days"),
        now + 3 * DAY: (Level.FAIL, "ended 2 days ago"),
    }
    for moment, (level, told) in levels.items():
        found = check_web_config(path, moment)
        assert (found.check, found.level) == (Check.WEB_CONFIG, level)
        assert told in found.message
        assert "renew it" in str(found.remedy)


def test_a_certificate_that_lasts_is_ok(tmp_path: Path) -> None:
    """And so is a file that asks for no TLS."""
    Authority(tmp_path, days=2 * EXPIRES_SOON // DAY).issue("server", "localhost")
    lasting = check_web_config(web_file(tmp_path, {"tls_server_config": TLS}), time.time())
    assert (lasting.level, lasting.remedy) == (Level.OK, None)
    plain = check_web_config(web_file(tmp_path, {}), time.time())
    assert (plain.level, "no TLS" in plain.message) == (Level.OK, True)


def test_what_run_refuses_of_a_web_configuration_is_a_failure(tmp_path: Path) -> None:
    """No file, two faults at once, a key of another certificate, a key that is missing or encrypted."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    authority.issue("other", "localhost")
    authority.issue("locked", "localhost", password=b"pass-word")
    assert "cannot be read" in check_web_config(tmp_path / "none.yml", time.time()).message
    found = check_web_config(web_file(tmp_path, {"colour": "red", "size": 1}), time.time())
    assert "colour" in found.message
    assert "size" in found.message
    plain = {"basic_auth_users": {"one": "plain text"}}
    found = check_web_config(web_file(tmp_path, plain), time.time())
    assert (found.level, "password of one is not" in found.message) == (Level.FAIL, True)
    assert "plain text" not in found.message
    for key, told in (("other", "mismatch"), ("none", "No such"), ("locked", "is encrypted")):
        broken = {"tls_server_config": {**TLS, "key_file": f"{key}.key"}}
        found = check_web_config(web_file(tmp_path, broken), time.time())
        assert (found.level, told in found.message) == (Level.FAIL, True), found.message
        assert f"{key}.key" in found.message
