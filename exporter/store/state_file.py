"""The state file as SQLite has it: its schema, how it is opened, what its errors mean."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from exporter import log
from exporter.store.migrations import MIGRATIONS
from exporter.store.store import StoreError

OLDEST_SQLITE = (3, 35, 0)
"""The release that brought RETURNING and DROP COLUMN (March 2021)."""

_log = log.logger(__name__)
_DAMAGED = (
    "it is damaged and is left as it is; restore a backup, or move it away to start counting afresh"
)


def connect(path: Path, now: float) -> tuple[sqlite3.Connection, float]:
    """Open or create the file, bring it to the current schema, and say when it was created.

    `explained` turns the errors that it raises into messages for people.
    """
    require_sqlite()
    existed = path.exists()
    _own(path)
    # Absolute, as ":memory:" and the empty path are no files to SQLite.
    connection = sqlite3.connect(
        path.absolute(), timeout=1, isolation_level=None, check_same_thread=False
    )
    try:
        if _prepare(connection, path, now) and existed:
            _log.warning("the state file was empty: counting starts afresh", state_file=str(path))
        created = _created(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection, created


def require_sqlite() -> None:
    """Raise StoreError where Python has an SQLite that cannot keep the state file."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(
            f"this Python has SQLite {sqlite3.sqlite_version}, the state file needs {oldest} or later; "
            "use another build of Python, or the container image"
        )


def inspect(path: Path) -> None:
    """Raise StoreError for an existing file that `connect` would refuse, and leave it as it is.

    Only for a file that no process has open and that has no write-ahead log: both are ignored.
    """
    with explained(path):
        # Immutable: otherwise SQLite would create a log and its index beside the file.
        location = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(location, uri=True)) as connection:
            if _examine(connection, path):
                _created(connection, path)


def _created(connection: sqlite3.Connection, path: Path) -> float:
    row = connection.execute("SELECT created FROM exporter").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("malformed: the time of its creation is missing")
    with legible(path):
        return float(row[0])


def _prepare(connection: sqlite3.Connection, path: Path, now: float) -> bool:
    """Make the file ready for use; whether it was empty."""
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
    # Taken also where nothing is to migrate: the first write is what locks others out.
    connection.execute("BEGIN IMMEDIATE")
    if 0 < version < len(MIGRATIONS):
        _log.info("migrating the state file", state_file=str(path), schema=len(MIGRATIONS))
    for number, migrate in enumerate(MIGRATIONS[version:], version + 1):
        with legible(path):
            migrate(connection)
        if number == 1:
            connection.execute("INSERT INTO exporter VALUES (?)", (now,))
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")
    try:
        # A process may have been killed after it erased people and before this.
        write_back(connection)
    except sqlite3.OperationalError as error:
        _log.warning(
            "what was erased before a crash may still be in the state file: make room and start again",
            state_file=str(path),
            reason=str(error),
        )
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
        _log.warning(
            "the state file was open to other users and is its owner's only", state_file=str(path)
        )
    return version == 0


def write_back(connection: sqlite3.Connection) -> None:
    """Write the log back into the file and empty it, so that neither has what was erased."""
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
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into a message that names the file and the remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"state file {path} cannot be opened for writing: {error.strerror}; "
            "check state.path, its directory and the owner"
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
            remedy = _DAMAGED
        else:
            remedy = "check the disk and the file"
        raise StoreError(f"state file {path}: {text}: {remedy}") from error


@contextmanager
def legible(path: Path) -> Iterator[None]:
    """Use around reading rows: a row that causes an error was not written by an exporter."""
    try:
        yield
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise StoreError(
            f"state file {path}: a row of it cannot be read ({type(error).__name__}): {_DAMAGED}"
        ) from error
