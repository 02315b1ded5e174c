"""The store in one SQLite file: reading and writing its rows."""

import asyncio
import functools
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from exporter.model import Series, SeriesKey, Slot, StreamKey
from exporter.store import columns
from exporter.store.state_file import connect, explained, legible, write_back
from exporter.store.store import Changes, Gauge, Gauges, StreamState

_Result = TypeVar("_Result")


class SQLiteStore:
    """One writer on one file, in WAL mode; SQLite runs in a thread of its own."""

    def __init__(self, connection: sqlite3.Connection, path: Path, created: float) -> None:
        self._connection = connection
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._created = created

    @classmethod
    def open(cls, path: str | Path, now: float) -> "SQLiteStore":
        """Open or create the state file; raises StoreError."""
        path = Path(path)
        with explained(path):
            connection, created = connect(path, now)
            return cls(connection, path, created)

    @property
    def created(self) -> float:
        return self._created

    async def fingerprints(self) -> dict[StreamKey, str]:
        return await self._run(self._fingerprints)

    async def load(self, key: StreamKey) -> StreamState:
        def load() -> StreamState:
            with legible(self._path):
                return self._load(key)

        return await self._run(load)

    async def commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        await self._run(lambda: self._commit(key, state, changes))

    async def close(self) -> None:
        await self._run(self._connection.close)
        self._thread.shutdown()

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        def told() -> _Result:
            with explained(self._path):
                return work()

        # A commit that has begun ends, also when the poll that made it is cancelled.
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._thread, told))

    def _fingerprints(self) -> dict[StreamKey, str]:
        rows = self._connection.execute("SELECT vendor, account, stream, privacy FROM stream")
        return {StreamKey(*key): privacy for *key, privacy in rows}

    def _load(self, key: StreamKey) -> StreamState:
        row = self._connection.execute(
            "SELECT id, oldest_kept, read_until, memory, walk, last_success, data_until, empty,"
            " privacy, erased, told_until, odd FROM stream WHERE (vendor, account, stream) = (?, ?, ?)",
            key,
        ).fetchone()
        if row is None:
            return StreamState()
        (stream_id, oldest_kept, read_until, memory, walk, last_success, data_until, empty, privacy,
         erased, told_until, odd) = row  # fmt: skip
        return StreamState(
            oldest_kept=columns.whole(oldest_kept),
            read_until=columns.moment(read_until),
            started=self._load_started(stream_id),
            memory=dict(json.loads(memory)),
            walk=None if walk is None else columns.walk(*json.loads(walk)),
            last_success=columns.moment(last_success),
            data_until=columns.moment(data_until),
            empty=bool(empty),
            privacy=privacy,
            erased={
                (columns.text(m), int(start)): columns.exact(value)
                for m, start, value in json.loads(erased)
            },
            told_until=columns.moment(told_until),
            odd=columns.odd(*json.loads(odd)),
            ledger=self._load_ledger(stream_id),
            gauges=self._load_gauges(stream_id),
        )

    def _load_started(self, stream_id: int) -> dict[tuple[str, str], float]:
        rows = self._connection.execute(
            "SELECT metric, partition, since FROM baseline WHERE stream_id = ?", (stream_id,)
        )
        return {(metric, columns.decoded(part)): float(since) for metric, part, since in rows}

    def _load_gauges(self, stream_id: int) -> Gauges:
        gauges: Gauges = {}
        for metric, labels, partition, value, read_at in self._connection.execute(
            "SELECT metric, labels, partition, value, read_at FROM gauge WHERE stream_id = ?",
            (stream_id,),
        ):
            values = gauges.setdefault((metric, columns.texts(labels)), {})
            values[columns.decoded(partition)] = Gauge(columns.value(value), float(read_at))
        return gauges

    def _load_ledger(self, stream_id: int) -> dict[SeriesKey, Series]:
        ledger: dict[SeriesKey, Series] = {}
        by_id: dict[int, Series] = {}
        # Few texts stand in all the slots of a stream: each is decoded, and held, once.
        decoded = functools.cache(columns.decoded)
        for (
            series_id,
            metric,
            labels,
            created,
            counter,
            debt,
            moved,
            released,
        ) in self._connection.execute(
            "SELECT id, metric, labels, created, counter, debt, moved, released FROM series"
            " WHERE stream_id = ?",
            (stream_id,),
        ):
            series = Series(
                float(created),
                columns.exact(counter),
                columns.exact(debt),
                columns.exact(moved),
                bool(released),
            )
            ledger[metric, columns.texts(labels)] = by_id[series_id] = series
        for series_id, start, partition, key, value in self._connection.execute(
            "SELECT series_id, start, partition, key, value FROM slot"
            " JOIN series ON series.id = series_id WHERE stream_id = ?",
            (stream_id,),
        ):
            slot = Slot(int(start), decoded(partition), decoded(key))
            by_id[series_id].slots[slot] = columns.exact(value)
        return ledger

    def _commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        with self._transaction():
            stream_id = self._write_stream(key, state)
            self._write_series(stream_id, state, changes)
            self._write_started(stream_id, state, changes)
            if changes.gauges:
                self._connection.execute("DELETE FROM gauge WHERE stream_id = ?", (stream_id,))
                self._connection.executemany(
                    "INSERT INTO gauge VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        (
                            stream_id,
                            metric,
                            json.dumps(labels),
                            json.dumps(partition),
                            columns.stored(value),
                            read_at,
                        )
                        for (metric, labels), values in state.gauges.items()
                        for partition, (value, read_at) in values.items()
                    ),
                )
        if changes.erase:
            write_back(self._connection)

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
            "INSERT INTO stream (vendor, account, stream, oldest_kept, read_until, memory, walk,"
            " last_success, data_until, empty, privacy, erased, told_until, odd)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET oldest_kept = excluded.oldest_kept,"
            " read_until = excluded.read_until,"
            " memory = excluded.memory, walk = excluded.walk, last_success = excluded.last_success,"
            " data_until = excluded.data_until, empty = excluded.empty,"
            " privacy = excluded.privacy, erased = excluded.erased,"
            " told_until = excluded.told_until, odd = excluded.odd RETURNING id",
            (
                *key,
                state.oldest_kept,
                state.read_until,
                json.dumps(state.memory),
                None if state.walk is None else json.dumps(state.walk),
                state.last_success,
                state.data_until,
                state.empty,
                state.privacy,
                json.dumps(
                    [(*place, columns.stored(value)) for place, value in state.erased.items()]
                ),
                state.told_until,
                json.dumps((state.odd.polls, state.odd.searched, state.odd.left_out)),
            ),
        ).fetchone()
        return int(row[0])

    def _write_started(self, stream_id: int, state: StreamState, changes: Changes) -> None:
        for scope in changes.started:
            row = (stream_id, scope[0], json.dumps(scope[1]))
            if scope in state.started:
                self._connection.execute(
                    "INSERT OR REPLACE INTO baseline VALUES (?, ?, ?, ?)",
                    (*row, state.started[scope]),
                )
            else:
                self._connection.execute(
                    "DELETE FROM baseline WHERE (stream_id, metric, partition) = (?, ?, ?)", row
                )

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
                "INSERT INTO series (stream_id, metric, labels, created, counter, debt, moved, released)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " created = excluded.created, counter = excluded.counter, debt = excluded.debt,"
                " moved = excluded.moved,"
                " released = excluded.released"
                " RETURNING id",
                (
                    stream_id,
                    key[0],
                    json.dumps(key[1]),
                    series.created,
                    columns.stored(series.counter),
                    columns.stored(series.debt),
                    columns.stored(series.moved),
                    series.released,
                ),
            ).fetchone()[0]
            self._connection.execute("DELETE FROM slot WHERE series_id = ?", (series_id,))
            self._connection.executemany(
                "INSERT INTO slot VALUES (?, ?, ?, ?, ?)",
                (
                    (
                        series_id,
                        start,
                        json.dumps(partition),
                        json.dumps(key),
                        columns.stored(value),
                    )
                    for (start, partition, key), value in series.slots.items()
                ),
            )
        if state.oldest_kept is not None:
            self._connection.execute(
                "DELETE FROM slot WHERE start < ? AND series_id IN"
                " (SELECT id FROM series WHERE stream_id = ?) AND NOT EXISTS"
                " (SELECT 1 FROM json_each(?) WHERE start >= json_extract(value, '$[0]')"
                " AND start < json_extract(value, '$[1]'))",
                (state.oldest_kept, stream_id, json.dumps(state.odd.left_out)),
            )
