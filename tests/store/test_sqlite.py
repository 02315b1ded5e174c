"""The state file: whole or untouched, its owner's only, and never silently started over."""

import asyncio
import errno
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exporter.model import Series, SeriesKey, Slot, StreamKey
from exporter.store import state_file
from exporter.store.migrations import MIGRATIONS
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import Changes, Gauge, StoreError, StreamState

KEY = StreamKey("cursor", "acme", "ai_code_commits")
TWIN = StreamKey("cursor", "acme", "ai_code_changes")
NOW = 1_700_000_000.25
COMMITS: SeriesKey = ("commits_total", ("a/b",))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def state(counter: Any = 7, **slots: Any) -> StreamState:
    """A state with one series and one gauge."""
    remembered = {Slot(0, "part", key): value for key, value in slots.items()}
    return StreamState(
        oldest_kept=0,
        read_until=100.5,
        erased={("commits_total", 0): 2**70},
        memory={"etag": "x", "pages": [1, 2]},
        last_success=101.5,
        data_until=99.0,
        empty=False,
        ledger={COMMITS: Series(1.0, counter, 2, released=True, slots=remembered)},
        gauges={("seats", ()): {"": Gauge(5, 101.5)}},
    )


def everything(of: StreamState) -> Changes:
    return Changes(frozenset(of.ledger), gauges=True)


async def commit(store: SQLiteStore, of: StreamState, key: StreamKey = KEY) -> None:
    await store.commit(key, of, everything(of))


async def written(path: Path, of: StreamState) -> None:
    """Leave a file behind that has this state."""
    store = SQLiteStore.open(path, NOW)
    await commit(store, of)
    await store.close()


async def reopened(path: Path, key: StreamKey = KEY) -> StreamState:
    store = SQLiteStore.open(path, now=0)
    try:
        return await store.load(key)
    finally:
        await store.close()


def files(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


def modes(path: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}


def pragma(path: Path, text: str) -> Any:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"PRAGMA {text}").fetchone()


async def test_what_was_started_is_written_and_erased_by_scope(tmp_path: Path) -> None:
    """Only what changed: the rest is neither written nor lost."""
    store = SQLiteStore.open(tmp_path / "state.db", 1.0)
    whole, part = ("commits_total", ""), ("commits_total", "team")
    kept = StreamState(started={whole: 1.5, part: 2.5})
    await store.commit(KEY, kept, Changes(frozenset(), False, started=frozenset({whole, part})))
    assert (await store.load(KEY)).started == kept.started
    kept.started = {whole: 1.5}
    await store.commit(KEY, kept, Changes(frozenset(), gauges=False))
    assert (await store.load(KEY)).started == {whole: 1.5, part: 2.5}
    await store.commit(KEY, kept, Changes(frozenset(), False, started=frozenset({part})))
    assert (await store.load(KEY)).started == {whole: 1.5}
    await store.close()


async def test_a_state_comes_back_as_it_was(path: Path) -> None:
    """Every field, through another process's eyes; an unknown stream has an empty state."""
    store = SQLiteStore.open(path, NOW)
    wanted = state(a=3, b=4)
    await commit(store, wanted)
    assert await store.load(KEY) == wanted
    assert await store.load(TWIN) == StreamState()
    await store.close()
    assert await reopened(path) == wanted


async def test_only_what_changed_is_written(path: Path) -> None:
    """A series and gauges that are not named in the changes keep what is on disk."""
    store = SQLiteStore.open(path, NOW)
    first = state(a=3)
    await commit(store, first)
    second = state(counter=9, a=5)
    second.gauges = {}
    second.read_until = 200.0
    await store.commit(KEY, second, Changes(frozenset(), gauges=False))
    loaded = await store.load(KEY)
    assert (loaded.ledger, loaded.gauges, loaded.read_until) == (first.ledger, first.gauges, 200.0)
    await commit(store, second)
    assert await store.load(KEY) == second
    await store.close()


async def test_streams_do_not_touch_each_other(path: Path) -> None:
    """What is older than the oldest kept is forgotten, and gauges are replaced, in their own stream only."""
    store = SQLiteStore.open(path, NOW)
    twin = state(a=3)
    await commit(store, twin, TWIN)
    later = state(a=3)
    later.oldest_kept, later.gauges = 50, {}
    later.ledger[COMMITS].slots = {}
    await commit(store, later)
    assert await store.load(TWIN) == twin
    assert await store.load(KEY) == later
    await store.close()


async def test_numbers_and_texts_of_any_kind_survive(path: Path) -> None:
    """Integers beyond 64 bits, exact decimals, fractions, and text that is no valid Unicode."""
    huge, cents = 2**200 + 1, Decimal("12345678901234567890.000000001")
    labels = ("", "\ud800", "a\0b", 'x"\\\n\x1f', "ü🦊")
    wanted = StreamState(
        ledger={
            ("cost_total", labels): Series(
                created=0.1,
                counter=huge,
                debt=cents,
                slots={
                    Slot(-60, "\ud801", "\udfff"): -(2**63) - 1,
                    Slot(2**40): Decimal("1E-9"),
                },
            )
        },
        gauges={
            ("ratio", labels): {"": Gauge(0.1, 0.2)},
            ("large", ()): {"": Gauge(2**64, 0.0)},
            ("exact", ()): {"": Gauge(Decimal("0.10"), 0.0)},
            ("endless", ()): {"": Gauge(float("inf"), 0.0)},
        },
    )
    store = SQLiteStore.open(path, NOW)
    await commit(store, wanted)
    await store.close()
    loaded = await reopened(path)
    assert loaded == wanted
    assert repr(loaded.ledger) == repr(wanted.ledger)


async def test_the_file_remembers_when_it_was_made(path: Path) -> None:
    """So that a state that was lost can be seen."""
    await SQLiteStore.open(path, NOW).close()
    again = SQLiteStore.open(path, NOW + 1_000)
    assert again.created == NOW
    await again.close()


def opened_to_others(path: Path) -> None:
    path.chmod(0o644)


def created_empty(path: Path) -> None:
    path.touch(0o600)


async def test_every_file_is_its_owners_only(path: Path) -> None:
    """Also the log beside it, under a generous umask; and an existing file is closed to others."""
    before = os.umask(0)
    try:
        store = SQLiteStore.open(path, NOW)
        await commit(store, state())
        beside = modes(path)
        await store.close()
    finally:
        os.umask(before)
    assert beside == {"state.db": 0o600, "state.db-wal": 0o600}
    opened_to_others(path)
    await SQLiteStore.open(path, NOW).close()
    assert modes(path) == {"state.db": 0o600}


async def test_commits_are_durable(path: Path) -> None:
    """Write-ahead log, and a sync at each commit: a power cut takes nothing that was shown."""
    store = SQLiteStore.open(path, NOW)
    ask = store._connection.execute  # the durability of a connection is not visible elsewhere
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)
    await store.close()


async def test_an_empty_file_becomes_the_current_schema(path: Path) -> None:
    """As one that is not there."""
    created_empty(path)
    await written(path, state())
    assert pragma(path, "user_version") == (len(MIGRATIONS),)


async def test_an_older_schema_is_migrated_and_keeps_its_counts(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step once, in its own transaction."""
    wanted = state(a=3)
    await written(path, wanted)
    more = (
        lambda connection: connection.execute("CREATE TABLE note (text)"),
        lambda connection: connection.execute("INSERT INTO note VALUES ('kept')"),
    )
    monkeypatch.setattr(state_file, "MIGRATIONS", (*MIGRATIONS, *more))
    assert await reopened(path) == wanted
    assert await reopened(path) == wanted
    assert pragma(path, "user_version") == (len(MIGRATIONS) + 2,)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT text FROM note").fetchall() == [("kept",)]


async def test_a_migration_that_fails_leaves_the_file_at_its_schema(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the broken step is kept, and the exporter of before still reads the file."""
    wanted = state(a=3)
    await written(path, wanted)
    with monkeypatch.context() as patch:

        def broken(connection: sqlite3.Connection) -> None:
            connection.execute("CREATE TABLE note (text)")
            connection.execute("INSERT INTO nowhere VALUES (1)")

        patch.setattr(state_file, "MIGRATIONS", (*MIGRATIONS, broken))
        with pytest.raises(StoreError, match="nowhere"):
            SQLiteStore.open(path, NOW)
    assert pragma(path, "user_version") == (len(MIGRATIONS),)
    assert await reopened(path) == wanted


def refused(path: Path, *texts: str) -> None:
    """Opening fails with a message that has these texts, and changes no byte."""
    before, mode = files(path), path.stat().st_mode
    with pytest.raises(StoreError) as refusal:
        SQLiteStore.open(path, NOW)
    for text in (str(path), *texts):
        assert text in str(refusal.value)
    assert (files(path), path.stat().st_mode) == (before, mode)


async def test_a_newer_schema_is_refused_untouched(path: Path) -> None:
    """An exporter that went back a version must not write what it does not understand."""
    await SQLiteStore.open(path, NOW).close()
    pragma(path, "user_version = 99")
    refused(path, "has schema 99, this exporter knows up to", "restore the backup")


def test_an_sqlite_without_what_the_state_needs_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some systems have a recent Python on an SQLite of years before: a syntax error would tell nobody why."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    told = r"SQLite 3\.34\.1, the state file needs 3\.35\.0 or later; use another build of Python"
    with pytest.raises(StoreError, match=told):
        SQLiteStore.open(path, now=0)
    assert not path.exists()


@pytest.mark.parametrize("version", [0, 1, 99])
def test_a_database_of_another_program_is_refused_untouched(path: Path, version: int) -> None:
    """Whatever schema number that program gave it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"CREATE TABLE cookies (name); INSERT INTO cookies VALUES ('x');"
            f"PRAGMA user_version = {version}"
        )
    path.chmod(0o644)
    refused(path, "a database of another program", "state.path")


def overwrite(path: Path) -> None:
    """All pages but two at either end."""
    whole = bytearray(path.read_bytes())
    whole[8_192 : len(whole) - 8_192] = b"\xab" * (len(whole) - 16_384)
    path.write_bytes(whole)


async def test_a_damaged_file_is_refused_untouched(path: Path) -> None:
    """Pages overwritten in the middle are found when the file is opened, not at some later poll."""
    large = state()
    large.ledger = {("commits_total", (str(n),)): Series(0, n) for n in range(2_000)}
    await written(path, large)
    overwrite(path)
    refused(path, "it is damaged and is left as it is", "restore a backup")


async def test_a_file_that_lost_its_end_is_refused_untouched(path: Path) -> None:
    """As after a copy that ran out of room."""
    await written(path, state())
    os.truncate(path, 4_096 * 2)
    refused(path, "it is damaged and is left as it is")


def test_a_file_that_is_no_database_is_refused_untouched(path: Path) -> None:
    """A text file at `state.path` is somebody's text file."""
    path.write_bytes(b"targets: []\n" * 100)
    refused(path, "not a database", "damaged")


@pytest.mark.parametrize(
    ("number", "text"), [(errno.EROFS, "Read-only file system"), (errno.EACCES, "Permission")]
)
def test_a_file_that_cannot_be_written_is_refused(
    path: Path, number: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start, not after the first poll."""

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match=f"cannot be opened for writing: {text}.*check state.path"):
        SQLiteStore.open(path, NOW)


def test_a_directory_in_its_place_or_none_to_hold_it_is_refused(tmp_path: Path) -> None:
    """The message names the path and what to check."""
    with pytest.raises(StoreError, match=r"Is a directory; check state\.path"):
        SQLiteStore.open(tmp_path, NOW)
    with pytest.raises(StoreError, match=r"No such file or directory; check state\.path"):
        SQLiteStore.open(tmp_path / "nowhere" / "state.db", NOW)


def test_a_directory_that_takes_no_log_is_refused(path: Path) -> None:
    """SQLite writes beside the file; where it cannot, the message says so."""
    path.with_name("state.db-wal").symlink_to("nowhere/state.db-wal")
    with pytest.raises(StoreError, match="its directory must be writable"):
        SQLiteStore.open(path, NOW)


async def test_a_file_that_turns_read_only_fails_the_commit(path: Path) -> None:
    """The message says so, and what was committed before is still there."""
    store = SQLiteStore.open(path, NOW)
    wanted = state(a=3)
    await commit(store, wanted)
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="read-only; make it writable"):
        await commit(store, state(counter=99))
    store._connection.execute("PRAGMA query_only = OFF")
    assert await store.load(KEY) == wanted
    await store.close()


async def test_a_second_exporter_is_kept_out(path: Path) -> None:
    """Two writers would count everything twice; the first goes on undisturbed."""
    first = SQLiteStore.open(path, NOW)
    with pytest.raises(StoreError, match="another exporter uses it"):
        SQLiteStore.open(path, NOW)
    await commit(first, state(a=3))
    await first.close()
    assert await reopened(path) == state(a=3)


async def test_a_full_disk_keeps_nothing_of_the_poll_and_heals(path: Path) -> None:
    """The commit fails whole with a message that says why; with room again it works."""
    store = SQLiteStore.open(path, NOW)
    before = state(a=3)
    await commit(store, before)
    ask = store._connection.execute
    ask(f"PRAGMA max_page_count = {ask('PRAGMA page_count').fetchone()[0]}")
    large = state(counter=8, a=4)
    large.ledger |= {("commits_total", (str(n),)): Series(0, n) for n in range(2_000)}
    for _ in range(2):
        with pytest.raises(StoreError, match="the disk is full; make room, nothing of this poll"):
            await commit(store, large)
        assert await store.load(KEY) == before
    ask("PRAGMA max_page_count = 1000000")
    await commit(store, large)
    assert await store.load(KEY) == large
    await store.close()
    assert await reopened(path) == large


def broken_gauge() -> StreamState:
    broken = state(counter=99, a=99)
    broken.gauges = {("a", ()): {"": Gauge(1, 0.0)}, ("b", ()): {"": Gauge(object(), 0.0)}}  # type: ignore[arg-type]
    return broken


def broken_slot() -> StreamState:
    return state(counter=99, a=99, b=object())


@pytest.mark.parametrize("broken", [broken_gauge(), broken_slot()], ids=["gauge", "slot"])
async def test_a_commit_that_fails_in_the_middle_changes_nothing(
    path: Path, broken: StreamState
) -> None:
    """Stream, series, slots and gauges are one transaction."""
    store = SQLiteStore.open(path, NOW)
    before = state(a=3)
    await commit(store, before)
    with pytest.raises(StoreError):
        await commit(store, broken)
    assert await store.load(KEY) == before
    await commit(store, state(counter=8, a=4))
    assert await store.load(KEY) == state(counter=8, a=4)
    await store.close()


def copied(path: Path, to: Path, names: Sequence[str]) -> Path:
    to.mkdir()
    for name in names:
        (to / name).write_bytes(path.with_name(name).read_bytes())
    return to / path.name


async def test_what_was_committed_survives_a_kill(path: Path, tmp_path: Path) -> None:
    """The file and its log, as they lie when nobody closed them, hold every commit."""
    store = SQLiteStore.open(path, NOW)
    await commit(store, state(counter=1, a=1))
    await commit(store, state(counter=2, a=2))
    left = copied(path, tmp_path / "left", ["state.db", "state.db-wal"])
    await store.close()
    assert await reopened(left) == state(counter=2, a=2)


PERSON = "ada@example.com"


async def erased(path: Path) -> SQLiteStore:
    """A store whose file and log held a name, in the middle of erasing it."""
    store = SQLiteStore.open(path, NOW)
    named = state()
    named.ledger[("commits_total", (PERSON,))] = Series(1.0, 5, slots={Slot(0, key=PERSON): 5})
    named.gauges[("seats", (PERSON,))] = {"": Gauge(1, 0.0)}
    await commit(store, named)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    await commit(store, named)
    await store.commit(KEY, state(), Changes(frozenset(named.ledger), gauges=True, erase=True))
    return store


def holding(path: Path, text: str) -> set[str]:
    return {name for name, content in files(path).items() if text.encode() in content}


async def test_what_is_erased_leaves_no_trace_while_the_exporter_runs(path: Path) -> None:
    """Neither in free pages of the file nor in the log."""
    store = await erased(path)
    assert holding(path, PERSON) == set()
    assert await store.load(KEY) == state()
    await store.close()


async def test_what_a_killed_process_was_erasing_is_gone_after_the_next_start(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the commit and before the log was written back; without waiting for a stop."""
    monkeypatch.setattr("exporter.store.sqlite.write_back", lambda _: None)
    store = await erased(path)
    left = copied(path, tmp_path / "left", ["state.db", "state.db-wal"])
    await store.close()
    monkeypatch.undo()
    assert holding(left, PERSON) == {"state.db", "state.db-wal"}
    store = SQLiteStore.open(left, NOW)
    assert holding(left, PERSON) == set()
    assert await store.load(KEY) == state()
    await store.close()


async def test_a_full_disk_at_the_start_is_told_and_stops_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is served must not depend on it; the log says what is left to do."""

    def full(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(state_file, "write_back", full)
    with caplog.at_level("WARNING"):
        store = SQLiteStore.open(path, NOW)
    assert "make room" in caplog.text
    await commit(store, state(a=1))
    await store.close()


async def test_a_name_that_is_none_to_sqlite_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is counted under `:memory:` would be gone with the process."""
    monkeypatch.chdir(tmp_path)
    store = SQLiteStore.open(":memory:", NOW)
    await commit(store, state(a=1))
    await store.close()
    assert await reopened(tmp_path / ":memory:") == state(a=1)


@pytest.mark.parametrize("empty", [True, False])
def test_an_empty_file_is_begun_with_a_warning(
    empty: bool, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be one that was cut to nothing; a file that was not there is begun without a word."""
    if empty:
        path.touch()
    asyncio.run(SQLiteStore.open(path, NOW).close())
    assert ("was empty: counting starts afresh" in caplog.text) == empty


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE exporter SET created = 'soon'",
        "DELETE FROM exporter",
        "UPDATE stream SET oldest_kept = 'far'",
        "UPDATE stream SET read_until = 'late'",
        "UPDATE stream SET memory = '[1]'",
        "UPDATE stream SET memory = replace(hex(zeroblob(9999)), '0', '[')",
        "UPDATE stream SET erased = '[1]'",
        "UPDATE stream SET memory = '{'",
        "UPDATE stream SET erased = '[[1, 2, 3]]'",
        "UPDATE series SET labels = '1'",
        "UPDATE series SET labels = '[[]]'",
        "UPDATE series SET created = 'once'",
        "UPDATE series SET counter = 'many'",
        "UPDATE series SET counter = 7.5",
        "UPDATE series SET debt = x'00'",
        "UPDATE stream SET walk = '[1]'",
        "UPDATE stream SET walk = '[1, 2, 3]'",
        "UPDATE slot SET key = '['",
        "UPDATE slot SET key = '{}'",
        "UPDATE slot SET partition = '['",
        "UPDATE gauge SET partition = '{}'",
        "UPDATE slot SET value = 'many'",
        "UPDATE slot SET value = 7.5",
        "UPDATE slot SET start = 'Monday'",
        "UPDATE gauge SET value = 'many'",
        "UPDATE gauge SET value = x'00'",
        "UPDATE gauge SET read_at = 'once'",
        "UPDATE gauge SET labels = 'null'",
    ],
)
async def test_a_damaged_row_is_told_with_the_file_and_the_remedy(path: Path, damage: str) -> None:
    """A row that no exporter wrote, in every column that is more than a number to SQLite."""
    store = SQLiteStore.open(path, NOW)
    await commit(store, state(a=1))
    await store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(damage).rowcount == 1
    with pytest.raises(StoreError, match=r"state\.db.*damaged.*move it away"):
        await reopened(path)
