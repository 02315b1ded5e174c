"""Newline-delimited JSON that arrives in pieces: typed records in batches, lines of bounded length."""

from collections import Counter
from collections.abc import Sequence
from types import GenericAlias
from typing import Any, Generic, TypeVar

import msgspec

from exporter.client.errors import SchemaError
from exporter.streams.payload import DRIFT_ROWS, drift, numbers, untyped
from exporter.streams.rejects import readable

T = TypeVar("T")

LONGEST_LINE = 1024**2
LONGEST_DOCUMENT = 64 * 1024**2

_BOM = b"\xef\xbb\xbf"
_raw_lines = msgspec.json.Decoder(msgspec.Raw)
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])


class JsonLines(Generic[T]):
    """Reads the records of a body, fed in slices of bytes.

    A body that is one array, or objects over several lines each, is read as well; it is held until it
    is complete. `count` is the records read, `gone` those of them that are left out because they do not
    fit, `odd` what does not fit by field, also of rows within records; `unknown` the fields of the first
    hundred that `known` (default: `record`) does not have, `uncounted` those of them that hold numbers.
    `source` names the body in messages.
    """

    def __init__(
        self,
        source: str,
        record: type[T],
        known: Any = None,
        *,
        longest_line: int = LONGEST_LINE,
        longest_document: int = LONGEST_DOCUMENT,
    ) -> None:
        self.count = 0
        self.gone = 0
        self.odd: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.uncounted: set[str] = set()
        self._source = source
        self._known = GenericAlias(list, (known or record,))
        self._longest_line = longest_line
        self._longest_document = longest_document
        self._lines = msgspec.json.Decoder(record)
        self._rows: type[list[T]] = GenericAlias(list, (record,))  # type: ignore[assignment]
        self._array = msgspec.json.Decoder(self._rows)
        self._rest = b""
        self._begun = False
        self._document: bytearray | None = None

    def feed(self, data: bytes) -> list[T]:
        """The records whose lines are complete with this slice."""
        if self._document is not None:
            self._hold(data)
            return []
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        self._rest = data[end:]
        if not self._begun and self._is_document(data):
            self._rest = b""
            self._document = bytearray()
            self._hold(data)
            return []
        if len(self._rest) > self._longest_line:
            raise SchemaError(
                f"{self._source}: the line after record {self.count} is longer than "
                f"{self._longest_line} bytes; it is not one record a line"
            )
        return self._decoded(data[:end])

    def close(self) -> list[T]:
        """The records of the last line, where no line break ends it, or of the held document."""
        data = self._rest if self._document is None else bytes(self._document)
        self._rest, self._document = b"", None
        return self._decoded(data)

    def _is_document(self, data: bytes) -> bool:
        """Whether the beginning of a body shows that its lines are no records."""
        start = data.removeprefix(_BOM).lstrip()
        if not start:
            return False
        if start[:1] == b"[":
            return True
        line, newline, _ = start.partition(b"\n")
        self._begun = bool(newline)
        return self._begun and not _is_json(line)

    def _hold(self, data: bytes) -> None:
        if self._document is None or len(self._document) + len(data) > self._longest_document:
            raise SchemaError(
                f"{self._source}: the file is larger than {self._longest_document} bytes and has "
                "not one record a line"
            )
        self._document += data

    def _decoded(self, data: bytes) -> list[T]:
        if not self.count:
            data = data.removeprefix(_BOM)
        array = not self.count and data.lstrip()[:1] == b"["
        try:
            if not self.count:
                self._learn(_joined(data, DRIFT_ROWS, array=array))
            rows = self._typed(data, array=array)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SchemaError(
                f"{self._source}: what follows record {self.count} is not JSON: {error}"
            ) from error
        self.count += len(rows)
        return rows

    def _typed(self, data: bytes, *, array: bool) -> list[T]:
        """The records of complete lines, or of an array, without those that do not fit."""
        try:
            return self._array.decode(data) if array else self._lines.decode_lines(data)
        except msgspec.ValidationError:
            found = readable(_joined(data, None, array=array), self._rows, self._source)
        self.odd += found.odd
        self.gone += found.gone
        self.count += found.gone
        return found.value

    def _learn(self, first: bytes) -> None:
        """Find what is not known of the first records."""
        self.unknown.update(drift(first, self._known))
        if self.unknown:
            rows = [row for row in untyped(first) if isinstance(row, dict)]
            self.uncounted = numbers(rows, self.unknown)


def _joined(data: bytes, most: int | None, *, array: bool) -> bytes:
    """The first rows of a batch as one JSON array."""
    rows: Sequence[msgspec.Raw] = (_raw_array.decode if array else _raw_lines.decode_lines)(data)
    return b"[" + b",".join(rows[:most]) + b"]"


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
