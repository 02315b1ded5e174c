"""The store in one SQLite file: reading and writing its rows."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from exporter.model import Number, Series, SeriesKey, Slot, StreamKey
from exporter.store.state_file import connect, explained, legible, write_back
from exporter.store.store import Changes, Gauge, Gauges, LeftOut, OddAnswers, StreamState, Walk

_LARGEST = 2**63 - 1
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
            oldest_kept=_whole(oldest_kept),
            read_until=_moment(read_until),
            started=self._load_started(stream_id),
            memory=dict(json.loads(memory)),
            walk=None if walk is None else _walk(*json.loads(walk)),
            last_success=_moment(last_success),
            data_until=_moment(data_until),
            empty=bool(empty),
            privacy=privacy,
            erased={
                (_text(m), int(start)): _exact(value) for m, start, value in json.loads(erased)
            },
            told_until=_moment(told_until),
            odd=_odd(*json.loads(odd)),
            ledger=self._load_ledger(stream_id),
            gauges=self._load_gauges(stream_id),
        )

    def _load_started(self, stream_id: int) -> dict[tuple[str, str], float]:
        rows = self._connection.execute(
            "SELECT metric, partition, since FROM baseline WHERE stream_id = ?", (stream_id,)
        )
        return {(metric, _text(json.loads(part))): float(since) for metric, part, since in rows}

    def _load_gauges(self, stream_id: int) -> Gauges:
        gauges: Gauges = {}
        for metric, labels, partition, value, read_at in self._connection.execute(
            "SELECT metric, labels, partition, value, read_at FROM gauge WHERE stream_id = ?",
            (stream_id,),
        ):
            values = gauges.setdefault((metric, _texts(labels)), {})
            values[_text(json.loads(partition))] = Gauge(_value(value), float(read_at))
        return gauges

    def _load_ledger(self, stream_id: int) -> dict[SeriesKey, Series]:
        ledger: dict[SeriesKey, Series] = {}
        by_id: dict[int, Series] = {}
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
                float(created), _exact(counter), _exact(debt), _exact(moved), bool(released)
            )
            ledger[metric, _texts(labels)] = by_id[series_id] = series
        for series_id, start, partition, key, value in self._connection.execute(
            "SELECT series_id, start, partition, key, value FROM slot"
            " JOIN series ON series.id = series_id WHERE stream_id = ?",
            (stream_id,),
        ):
            slot = Slot(int(start), _text(json.loads(partition)), _text(json.loads(key)))
            by_id[series_id].slots[slot] = _exact(value)
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
                            _stored(value),
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
                json.dumps([(*place, _stored(value)) for place, value in state.erased.items()]),
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
                    _stored(series.counter),
                    _stored(series.debt),
                    _stored(series.moved),
                    series.released,
                ),
            ).fetchone()[0]
            self._connection.execute("DELETE FROM slot WHERE series_id = ?", (series_id,))
            self._connection.executemany(
                "INSERT INTO slot VALUES (?, ?, ?, ?, ?)",
                (
                    (series_id, start, json.dumps(partition), json.dumps(key), _stored(value))
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


def _stored(value: Number | float) -> int | float | str:
    """Integers as they are, anything wider or decimal as exact text."""
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _LARGEST):
        return str(value)
    return value


def _exact(value: object) -> Number:
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no exact number")
    return int(value) if value.lstrip("-").isdigit() else Decimal(value)


def _whole(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"{value!r} is no whole number")


def _walk(began: float, start: int, after: str, until: int | None = None) -> Walk:
    return Walk(float(began), int(start), _text(after), _whole(until))


def _odd(polls: int, searched: float, left_out: list[tuple[int, int, float, str]]) -> OddAnswers:
    ranges = [LeftOut(int(a), int(b), float(tried), _text(why)) for a, b, tried, why in left_out]
    return OddAnswers(int(polls), float(searched), ranges)


def _moment(value: float | None) -> float | None:
    return None if value is None else float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(value: str) -> tuple[str, ...]:
    return tuple(map(_text, json.loads(value)))


def _value(value: object) -> Number | float:
    return value if isinstance(value, float) else _exact(value)
