"""Where a daemon of the campaign is struck: around and inside the transactions of its store."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

_Row = TypeVar("_Row")

STALL = 0.5
"""Seconds that a signal is given to arrive while the transaction is open: a slow disk."""


class Point(StrEnum):
    """A moment of a transaction."""

    BEFORE_BEGIN = "before-begin"
    IN_TRANSACTION = "in-transaction"
    BEFORE_COMMIT = "before-commit"
    DURING_COMMIT = "during-commit"
    AFTER_COMMIT = "after-commit"


class Strike(NamedTuple):
    """Which signal the process sends itself, in which of its transactions, and where in that.

    `depth` is the written row at which it strikes inside a transaction, and the microseconds after
    the beginning of a commit during which it strikes.
    """

    point: Point
    transaction: int
    depth: int = 0
    by: signal.Signals = signal.SIGKILL

    @classmethod
    def of(cls, text: str) -> "Strike":
        point, transaction, depth, by = text.split(":")
        return cls(Point(point), int(transaction), int(depth), signal.Signals[by])

    def __str__(self) -> str:
        return f"{self.point}:{self.transaction}:{self.depth}:{self.by.name}"


class StruckConnection(sqlite3.Connection):
    """A connection that strikes its own process, and obeys a file that says how the disk is.

    The file holds a statement, such as a PRAGMA that leaves no room; it runs before each BEGIN.
    """

    strike: Strike | None = None
    condition: Path | None = None
    _begun = 0
    _rows = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql.startswith("BEGIN"):
            self._meet_condition()
            self._begun += 1
            self._rows = 0
            self._at(Point.BEFORE_BEGIN)
        elif sql == "COMMIT":
            # One that writes fewer rows is struck after its last.
            self._at(Point.IN_TRANSACTION)
            self._at(Point.BEFORE_COMMIT)
            self._strike_soon()
        elif self.in_transaction:
            self._count_row()
        cursor = super().execute(sql, parameters)
        if sql == "COMMIT":
            self._at(Point.AFTER_COMMIT)
        return cursor

    def executemany(self, sql: str, rows: Iterable[Any], /) -> sqlite3.Cursor:
        return super().executemany(sql, self._counted(rows))

    def _counted(self, rows: Iterable[_Row]) -> Iterator[_Row]:
        for row in rows:
            self._count_row()
            yield row

    def _count_row(self) -> None:
        self._rows += 1
        if self.strike is not None and self._rows > self.strike.depth:
            self._at(Point.IN_TRANSACTION)

    def _at(self, point: Point) -> None:
        if self._due(point) and self.strike is not None:
            by, self.strike = self.strike.by, None
            os.kill(os.getpid(), by)
            time.sleep(STALL)

    def _due(self, point: Point) -> bool:
        strike = self.strike
        return strike is not None and strike.point is point and self._begun >= strike.transaction

    def _strike_soon(self) -> None:
        if self._due(Point.DURING_COMMIT) and self.strike is not None:
            delay, by = self.strike.depth / 1e6, self.strike.by
            struck = threading.Event()

            def strike() -> None:
                struck.set()
                time.sleep(delay)
                os.kill(os.getpid(), by)

            threading.Thread(target=strike, daemon=True).start()
            struck.wait()

    def _meet_condition(self) -> None:
        if self.condition is not None and self.condition.exists():
            super().execute(self.condition.read_text("utf-8"))
