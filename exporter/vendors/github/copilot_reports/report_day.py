"""The records of one day in the files of its reports."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from exporter.streams import kit


class _Dated(Protocol):
    @property
    def day(self) -> str | None: ...


DatedT = TypeVar("DatedT", bound=_Dated)


def is_day(text: str | None, day: str) -> bool:
    """Whether a text is a day, or a time in it; without one a record is of the day asked for."""
    if text is None or text == day:
        return True
    try:
        return kit.iso_day(kit.moment(text)) == day
    except ValueError:
        return False


class ReportDay:
    """A day that was asked for; `place` names in errors what was asked."""

    def __init__(self, day: str, place: str) -> None:
        self.day = day
        self.others = 0
        self._place = place
        self._found = 0

    def records(self, rows: Iterable[DatedT]) -> list[DatedT]:
        """The rows of the day; `others` counts those that are of another one."""
        rows, day = list(rows), self.day
        kept = [row for row in rows if row.day == day or is_day(row.day, day)]
        self.others += len(rows) - len(kept)
        self._found += len(kept)
        return kept

    def check(self) -> None:
        """Raise SchemaError where most of the records are not of the day."""
        if self.others > self._found:
            raise self.error("the records of its files are of another day ($.day)")

    def error(self, problem: str) -> kit.SchemaError:
        return kit.SchemaError(f"{self._place}: the report of {self.day}: {problem}")
