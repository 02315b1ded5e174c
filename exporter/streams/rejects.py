"""Rows that cannot be read: each costs itself only, and too many of them are a schema error."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_origin

import msgspec

from exporter.client.errors import SchemaError
from exporter.model import OTHER
from exporter.streams.payload import decode, field_types, is_struct, members

T = TypeVar("T")

MOST_ODD = 10
"""How many rows of a read may be odd, whatever their share."""
ODD_SHARE = 0.01
_QUOTED = 20
"""How many characters of a text are enough to call it quoted."""

_PLACE = re.compile(r" - at `\$(.*)`$")
_FIELD = re.compile(r"field `([^`]+)`")
_INDEX = re.compile(r"\[[^\]]*\]")
# Numbers with a fraction stay the text that they are: money must not pass through a float.
_verbatim = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(text.encode()))


class Rejects:
    """How many rows each endpoint gave in a read, and which of them were rejected."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self._inner: Counter[str] = Counter()
        self._odd: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._left_out: Counter[str] = Counter()

    def add(self, endpoint: str, rows: int, odd: Counter[str], gone: int = 0) -> None:
        """Take rows, those of them that are `odd` by field; `gone` are no rows within rows."""
        self.rows[endpoint] += rows
        if odd:
            self._odd[endpoint] += odd
            self._inner[endpoint] += odd.total() - gone

    def leave_out(self, field: str) -> None:
        """Count a row that is sound, but cannot be counted for what is in `field`: no sign of another API."""
        self._left_out[field] += 1

    def include(self, other: "Rejects") -> None:
        """Take over what a part of the read has found."""
        self.rows += other.rows
        self._inner += other._inner
        self._left_out += other._left_out
        for endpoint, odd in other._odd.items():
            self._odd[endpoint] += odd

    @property
    def fields(self) -> Counter[str]:
        """The rejected rows of all endpoints by field."""
        return sum(self._odd.values(), self._left_out.copy())

    @property
    def undecided(self) -> bool:
        """Whether an endpoint has given nothing but odd rows so far."""
        return any(odd.total() >= self._all(endpoint) for endpoint, odd in self._odd.items())

    def check(self, *, done: bool) -> None:
        """Raise SchemaError where so many rows are odd that the API must have changed.

        That all rows are odd is known when the read is `done`.
        """
        for endpoint, fields in self._odd.items():
            odd, rows = fields.total(), self._all(endpoint)
            if odd > max(MOST_ODD, rows * ODD_SHARE) or (done and odd >= rows):
                places = ", ".join(f"`$…{name}`" for name, _ in fields.most_common(3))
                raise SchemaError(
                    f"{endpoint}: {odd} of {rows} records cannot be read; what is odd is {places}"
                )

    def _all(self, endpoint: str) -> int:
        return self.rows[endpoint] + self._inner[endpoint]


@dataclass(slots=True)
class Readable(Generic[T]):
    """An answer as a typed value, without the rows that do not fit its type.

    `odd` counts them by field; `gone` are those that are missing from the answer's own lists. Others
    were in a list within a row.
    """

    value: T
    odd: Counter[str] = field(default_factory=Counter)
    gone: int = 0

    @property
    def rows(self) -> int:
        """How many rows the answer's own lists had."""
        return _rows(self.value) + self.gone


def readable(body: bytes, kind: type[T], endpoint: str) -> Readable[T]:
    """Decode an answer; raises SchemaError for one that is odd in more than its rows."""
    try:
        return Readable(decode(body, kind, endpoint))
    except SchemaError:
        sieve = _Sieve()
        try:
            document = _verbatim.decode(body)
            sieve.prune(document, kind, None)
            kept = msgspec.json.encode(document)
        except (ValueError, RecursionError):
            kept = body  # no JSON at all
    return Readable(decode(kept, kind, endpoint), Counter(sieve.fields), sieve.gone)


class _Sieve:
    """Takes rows that do not fit their type out of an untyped document."""

    def __init__(self) -> None:
        self.fields: list[str] = []
        self.gone = 0

    def prune(self, value: Any, kind: Any, place: tuple[str, ...] | None) -> None:
        """`place` is where the value stands in its row; None outside of rows."""
        for part in members(kind):
            row = _row_type(part, value)
            if row is not None and isinstance(value, list):
                value[:] = [item for item in value if self._keeps(item, row, place)]
            elif row is not None:
                for name in [n for n, item in value.items() if not self._keeps(item, row, place)]:
                    del value[name]
            elif is_struct(part) and isinstance(value, dict):
                for name, inner in field_types(part).items():
                    if name in value:
                        self.prune(value[name], inner, None if place is None else (*place, name))

    def _keeps(self, item: Any, kind: Any, place: tuple[str, ...] | None) -> bool:
        error = _misfit(item, kind)
        if error is None:
            return True
        known = len(self.fields)
        # What is odd may be a row within it.
        self.prune(item, kind, place or ())
        error = _misfit(item, kind)
        if error is None:
            return True
        self.fields[known:] = [odd_field(error, place or ())]
        self.gone += place is None
        return False


def checked(name: str, check: Callable[[T], Any], value: T) -> Any:
    """What `check` makes of a field, for `__post_init__`; where it raises ValueError, the row is odd.

    What the field holds is never told: Python's own messages quote it, and it may be anybody's name.
    """
    try:
        return check(value)
    except ValueError as error:
        said = str(error)
        # Python quotes with escapes, and of a long text a part.
        if any(text[:_QUOTED] in said for text in (str(value), repr(value)[1:-1])):
            said = "what it holds cannot be read"
        raise ValueError(f"field `{name}`: {said}") from error


def odd_field(error: msgspec.ValidationError, place: tuple[str, ...] = ()) -> str:
    """The field that a row does not fit in, by the names that its type knows, without indexes."""
    message = str(error)
    found = _PLACE.search(message)
    names = _INDEX.sub("", found[1]).strip(".").split(".") if found else []
    missing = _FIELD.search(message)
    return ".".join(filter(None, (*place, *names, missing[1] if missing else ""))) or OTHER


def _misfit(item: Any, kind: Any) -> msgspec.ValidationError | None:
    try:
        msgspec.json.decode(msgspec.json.encode(item), type=kind)
    except msgspec.ValidationError as error:
        return error
    return None


def _row_type(kind: Any, value: Any) -> Any:
    """The type of the rows where a value is a list or mapping of records; None for anything else."""
    arguments = get_args(kind)
    if get_origin(kind) is type(value) and any(map(is_struct, members(arguments[-1]))):
        return arguments[-1]
    return None


def _rows(value: Any) -> int:
    """How many rows the lists of an answer have, without those within rows."""
    if isinstance(value, list | dict):
        first = next(iter(value.values() if isinstance(value, dict) else value), None)
        return len(value) if isinstance(first, msgspec.Struct) else 0
    if isinstance(value, msgspec.Struct):
        return sum(_rows(getattr(value, name)) for name in value.__struct_fields__)
    return 0
