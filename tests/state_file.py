"""State files for tests that make thousands: without the time that all former schemas take, or a disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from exporter.store.sqlite import SQLiteStore
from exporter.store.state_file import connect


def open_store(path: Path, now: float) -> SQLiteStore:
    """As the store opens it; where there is no file, it gets a copy of what the store makes then."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_new(now))
    return SQLiteStore.open(path, now)


@contextmanager
def new_directory() -> Iterator[Path]:
    """For an example of a law, where `tmp_path` is the same for all: in memory if pytest's are."""
    with TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as directory:
        yield Path(directory)


@cache
def _new(now: float) -> bytes:
    with new_directory() as directory:
        path = directory / "state.db"
        connection, _ = connect(path, now)
        connection.close()
        return path.read_bytes()
