"""The store in one SQLite file."""

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from exporter.model import Number, Series, SeriesKey, StreamKey
from exporter.store.store import Changes, Gauge, StoreError, StreamState

_log = logging.getLogger(__name__)
_LARGEST = 2**63 - 1
_Result = TypeVar("_Result")

MIGRATIONS = (
    """
    CREATE TABLE exporter (created REAL NOT NULL);
    CREATE TABLE stream (
        id INTEGER PRIMARY KEY,
        vendor TEXT NOT NULL, account TEXT NOT NULL, stream TEXT NOT NULL,
        horizon INTEGER, read_until REAL, started TEXT NOT NULL, progress TEXT NOT NULL,
        last_success REAL, data_until REAL, empty INTEGER NOT NULL, privacy TEXT NOT NULL,
        UNIQUE (vendor, account, stream)
    );
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL,
        created REAL NOT NULL, counter NOT NULL, debt NOT NULL, released INTEGER NOT NULL,
        UNIQUE (stream_id, metric, labels)
    );
    CREATE TABLE slot (
        series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
        start INTEGER NOT NULL, identity TEXT NOT NULL, value NOT NULL,
        PRIMARY KEY (series_id, start, identity)
    ) WITHOUT ROWID;
    CREATE TABLE gauge (
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL, value NOT NULL, read_at REAL NOT NULL,
        PRIMARY KEY (stream_id, metric, labels)
    ) WITHOUT ROWID;
    """,
)
"""What takes an empty file, step by step, to the current schema; `PRAGMA user_version` counts them."""


class SQLiteStore:
    """One writer on one file, in WAL mode; SQLite runs in a thread of its own."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._created = float(connection.execute("SELECT created FROM exporter").fetchone()[0])

    @classmethod
    def open(cls, path: str | Path, now: float) -> "SQLiteStore":
        """Open or create the state file; raises StoreError."""
        path = Path(path)
        with _explained(path):
            _own(path)
            connection = sqlite3.connect(
                path, timeout=1, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, path, now)
                return cls(connection, path)
            except BaseException:
                connection.close()
                raise

    @property
    def created(self) -> float:
        return self._created

    async def fingerprints(self) -> dict[StreamKey, str]:
        return await self._run(self._fingerprints)

    async def load(self, key: StreamKey) -> StreamState:
        return await self._run(lambda: self._load(key))

    async def commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        await self._run(lambda: self._commit(key, state, changes))

    async def close(self) -> None:
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        def explained() -> _Result:
            with _explained(self._path):
                return work()

        # A commit that has begun ends, also when the poll that made it is cancelled.
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, explained))

    def _fingerprints(self) -> dict[StreamKey, str]:
        rows = self._connection.execute("SELECT vendor, account, stream, privacy FROM stream")
        return {StreamKey(*key): privacy for *key, privacy in rows}

    def _load(self, key: StreamKey) -> StreamState:
        row = self._connection.execute(
            "SELECT id, horizon, read_until, started, progress, last_success, data_until, empty,"
            " privacy FROM stream WHERE (vendor, account, stream) = (?, ?, ?)",
            key,
        ).fetchone()
        if row is None:
            return StreamState()
        (stream_id, horizon, read_until, started, progress, last_success, data_until, empty,
         privacy) = row  # fmt: skip
        return StreamState(
            horizon=horizon,
            read_until=read_until,
            started=frozenset(json.loads(started)),
            progress=json.loads(progress),
            last_success=last_success,
            data_until=data_until,
            empty=bool(empty),
            privacy=privacy,
            ledger=self._load_ledger(stream_id),
            gauges={
                (metric, tuple(json.loads(labels))): Gauge(_value(value), read_at)
                for metric, labels, value, read_at in self._connection.execute(
                    "SELECT metric, labels, value, read_at FROM gauge WHERE stream_id = ?",
                    (stream_id,),
                )
            },
        )

    def _load_ledger(self, stream_id: int) -> dict[SeriesKey, Series]:
        ledger: dict[SeriesKey, Series] = {}
        by_id: dict[int, Series] = {}
        for series_id, metric, labels, created, counter, debt, released in self._connection.execute(
            "SELECT id, metric, labels, created, counter, debt, released FROM series"
            " WHERE stream_id = ?",
            (stream_id,),
        ):
            series = Series(created, _exact(counter), _exact(debt), bool(released))
            ledger[metric, tuple(json.loads(labels))] = by_id[series_id] = series
        for series_id, start, identity, value in self._connection.execute(
            "SELECT series_id, start, identity, value FROM slot"
            " JOIN series ON series.id = series_id WHERE stream_id = ?",
            (stream_id,),
        ):
            by_id[series_id].slots[start, json.loads(identity)] = _exact(value)
        return ledger

    def _commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        with self._transaction():
            stream_id = self._write_stream(key, state)
            self._write_series(stream_id, state, changes)
            if changes.gauges:
                self._connection.execute("DELETE FROM gauge WHERE stream_id = ?", (stream_id,))
                self._connection.executemany(
                    "INSERT INTO gauge VALUES (?, ?, ?, ?, ?)",
                    (
                        (stream_id, metric, json.dumps(labels), _stored(value), read_at)
                        for (metric, labels), (value, read_at) in state.gauges.items()
                    ),
                )
        if changes.erase:
            _write_back(self._connection)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _write_stream(self, key: StreamKey, state: StreamState) -> int:
        row = self._connection.execute(
            "INSERT INTO stream (vendor, account, stream, horizon, read_until, started, progress,"
            " last_success, data_until, empty, privacy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET horizon = excluded.horizon,"
            " read_until = excluded.read_until, started = excluded.started,"
            " progress = excluded.progress, last_success = excluded.last_success,"
            " data_until = excluded.data_until, empty = excluded.empty,"
            " privacy = excluded.privacy RETURNING id",
            (
                *key,
                state.horizon,
                state.read_until,
                json.dumps(sorted(state.started)),
                json.dumps(state.progress),
                state.last_success,
                state.data_until,
                state.empty,
                state.privacy,
            ),
        ).fetchone()
        return int(row[0])

    def _write_series(self, stream_id: int, state: StreamState, changes: Changes) -> None:
        for key in changes.series:
            series = state.ledger.get(key)
            if series is None:
                self._connection.execute(
                    "DELETE FROM series WHERE (stream_id, metric, labels) = (?, ?, ?)",
                    (stream_id, key[0], json.dumps(key[1])),
                )
                continue
            series_id = self._connection.execute(
                "INSERT INTO series (stream_id, metric, labels, created, counter, debt, released)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " created = excluded.created, counter = excluded.counter, debt = excluded.debt,"
                " released = excluded.released"
                " RETURNING id",
                (
                    stream_id,
                    key[0],
                    json.dumps(key[1]),
                    series.created,
                    _stored(series.counter),
                    _stored(series.debt),
                    series.released,
                ),
            ).fetchone()[0]
            self._connection.execute("DELETE FROM slot WHERE series_id = ?", (series_id,))
            self._connection.executemany(
                "INSERT INTO slot VALUES (?, ?, ?, ?)",
                (
                    (series_id, start, json.dumps(identity), _stored(value))
                    for (start, identity), value in series.slots.items()
                ),
            )
        if state.horizon is not None:
            self._connection.execute(
                "DELETE FROM slot WHERE start < ? AND series_id IN"
                " (SELECT id FROM series WHERE stream_id = ?)",
                (state.horizon, stream_id),
            )


def _prepare(connection: sqlite3.Connection, path: Path, now: float) -> None:
    # Exclusive locking keeps a second exporter out for as long as this one runs; a commit that
    # was shown must survive a power cut, or counters would fall: hence FULL. WAL marks the file,
    # so the file is examined before.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    version = _examine(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Not every build of SQLite overwrites what is deleted; the names of people are among it.
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        _log.info("state file %s: migrating to schema %d", path, number)
        connection.executescript(f"BEGIN IMMEDIATE; {script}")
        if number == 1:
            connection.execute("INSERT INTO exporter VALUES (?)", (now,))
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("COMMIT")
    try:
        # A process that was killed may have erased people and not got as far as this.
        _write_back(connection)
    except sqlite3.OperationalError as error:
        _log.warning(
            "state file %s: what was erased before a crash may still be in it: reason=%r; make room "
            "and start again",
            path,
            str(error),
        )
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
        _log.warning("state file %s was open to other users; it is its owner's only", path)


def _write_back(connection: sqlite3.Connection) -> None:
    """Put the log into the file: until then the file has the old pages, and afterwards the log would."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _examine(connection: sqlite3.Connection, path: Path) -> int:
    """The schema of the file, 0 for an empty one; changes nothing, raises for what is not ours."""
    damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if damage != "ok":
        raise sqlite3.DatabaseError(f"malformed: {damage}")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if names and (version == 0 or "exporter" not in names):
        raise StoreError(
            f"{path} is a database of another program: give another path in state.path"
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"state file {path} has schema {version}, this exporter knows up to {len(MIGRATIONS)}: "
            "run the newer exporter again, or restore the backup from before the upgrade"
        )
    return version


def _own(path: Path) -> None:
    """Create the file for its owner only, or see that an existing one can be written."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into a message that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"state file {path} cannot be opened for writing: {error.strerror}; "
            "check state.path, its directory and the owner"
        ) from error
    except json.JSONDecodeError as error:
        raise StoreError(
            f"state file {path}: a row of it cannot be read ({error}): it is damaged and is left as "
            "it is; restore a backup, or move it away to start counting afresh"
        ) from error
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text:
            remedy = "another exporter uses it; stop that one or give this one its own state.path"
        elif "full" in text:
            remedy = "the disk is full; make room, nothing of this poll was kept"
        elif "readonly" in text or "read-only" in text:
            remedy = "it is read-only; make it writable for this user"
        elif "unable to open" in text:
            remedy = "its directory must be writable for this user too"
        elif "malformed" in text or "not a database" in text or "corrupt" in text:
            remedy = (
                "it is damaged and is left as it is; restore a backup, "
                "or move it away to start counting afresh"
            )
        else:
            remedy = "check the disk and the file"
        raise StoreError(f"state file {path}: {text}: {remedy}") from error


def _stored(value: Number | float) -> int | float | str:
    """Integers as they are, anything wider or decimal as exact text."""
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _LARGEST):
        return str(value)
    return value


def _exact(value: int | str) -> Number:
    if isinstance(value, int):
        return value
    return int(value) if value.lstrip("-").isdigit() else Decimal(value)


def _value(value: float | str) -> Number | float:
    return _exact(value) if isinstance(value, str) else value
