"""CSV that arrives in pieces: complete records only, columns by header name, quoted line breaks."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from exporter.client.errors import SchemaError, UnavailableError
from exporter.model import OTHER
from exporter.streams.payload import numbers

_QUOTE, _NEWLINE = b'"', b"\n"
_BATCH = 32
LARGEST_RECORD = 1024**2


class CsvRows:
    """Reads the wanted columns of a CSV body, fed in slices of bytes.

    A row is a tuple of texts: the `required` columns, then the `optional` ones, empty where the
    header lacks them. Columns that nobody knows are in `unknown`, those of them that hold numbers in
    `uncounted` as well; `count` is the rows read, `odd` those
    of them that are left out because they have not as many columns as the header. A body without a
    header was cut off, unless it `may_be_empty`.
    """

    def __init__(
        self,
        source: str,
        required: Sequence[str],
        optional: Sequence[str] = (),
        ignored: Sequence[str] = (),
        *,
        may_be_empty: bool = False,
    ) -> None:
        self.count = 0
        self.odd: Counter[str] = Counter()
        self.unknown: list[str] = []
        self.uncounted: set[str] = set()
        self._source = source
        self._required, self._optional, self._ignored = required, optional, ignored
        self._may_be_empty = may_be_empty
        self._rest = b""
        self._names: list[str] = []
        self._width = 0
        self._widths: set[int] = set()
        self._pick: Callable[[list[str]], Any] = tuple

    @property
    def gone(self) -> int:
        """How many of the rows are left out."""
        return self.odd.total()

    def feed(self, data: bytes) -> Iterator[Any]:
        """The records that are complete with this slice."""
        data = self._rest + data
        end = _complete(data)
        self._rest = data[end:]
        if len(self._rest) > LARGEST_RECORD:
            raise SchemaError(
                f"{self._source}: a CSV record is longer than {LARGEST_RECORD} bytes; "
                "a quote is probably never closed"
            )
        return self._rows(data[:end])

    def close(self) -> Iterator[Any]:
        """The last record, where no line break ends it; raises UnavailableError if it is cut off."""
        if self._rest.count(_QUOTE) % 2:
            raise UnavailableError(f"{self._source}: the CSV ends inside quotes, it was cut off")
        data, self._rest = self._rest, b""
        gone = self.gone
        yield from self._rows(data)
        if self.gone > gone:
            raise UnavailableError(f"{self._source}: the CSV ends within a row, it was cut off")
        if not self._width and not self._may_be_empty:
            raise UnavailableError(f"{self._source}: the CSV has no header line")

    def _rows(self, data: bytes) -> Iterator[Any]:
        try:
            text = data.decode("utf-8" if self._width else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise SchemaError(f"{self._source}: the CSV is not UTF-8: {error}") from error
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            if not self._width:
                self._read_header(next(reader, None))
            # Whole batches go through C functions: this is most of what a large file costs.
            while rows := list(islice(reader, _BATCH)):
                if set(map(len, rows)) != self._widths:
                    rows = self._checked(rows)
                if self.unknown and not self.count:
                    cells = [dict(zip(self._names, row, strict=True)) for row in rows]
                    self.uncounted = numbers(cells, self.unknown)
                self.count += len(rows)
                yield from map(self._pick, rows)
        except csv.Error as error:
            raise SchemaError(f"{self._source}: CSV after row {self.count}: {error}") from error

    def _checked(self, rows: list[list[str]]) -> list[list[str]]:
        """The rows that have all columns; blank lines are no rows."""
        rows = [row for row in rows if row]
        kept = [row for row in rows if len(row) == self._width]
        if len(kept) < len(rows):
            self.odd[OTHER] += len(rows) - len(kept)
            self.count += len(rows) - len(kept)
        return kept

    def _read_header(self, header: list[str] | None) -> None:
        if header is None:
            return
        names = [name.strip() for name in header]
        missing = [name for name in self._required if name not in names]
        if missing:
            raise SchemaError(f"{self._source}: the CSV header lacks {', '.join(missing)}")
        wanted = (*self._required, *self._optional)
        self.unknown = [name for name in names if name not in (*wanted, *self._ignored)]
        self._names = names
        self._width = width = len(names)
        self._widths = {width}
        places = [names.index(name) if name in names else width for name in wanted]
        pick: Callable[[list[str]], Any] = (
            itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
        )
        self._pick = pick if width not in places else lambda row: pick([*row, ""])


def _complete(data: bytes) -> int:
    """Where the last complete record ends: after a line break outside quotes.

    A quote inside a quoted field is doubled, so the count of quotes before a place is odd exactly
    where the place is inside quotes.
    """
    end = len(data)
    quotes = data.count(_QUOTE)
    while (newline := data.rfind(_NEWLINE, 0, end)) >= 0:
        quotes -= data.count(_QUOTE, newline, end)
        if quotes % 2 == 0:
            return newline + 1
        end = newline
    return 0
