"""Payloads to typed records: required fields checked, unknown fields counted as drift."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import islice
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from exporter.client.errors import SchemaError

_Record = TypeVar("_Record")
_Search = Callable[[Any, Counter[str]], None]

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A count as a vendor may send it; below the bound a float on the page is still exact."""

DRIFT_ROWS = 100
"""How many records of a page are searched for unknown fields."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_NEARLY_EVERY = 0.9
_untyped = msgspec.json.Decoder(float_hook=str)
"""Reads any number, of whatever size."""


def names(words: str) -> frozenset[str]:
    """The names in a text, such as those that a struct has in `ignored`."""
    return frozenset(words.split())


def decode(body: bytes, kind: type[_Record], endpoint: str) -> _Record:
    """The typed records of a JSON body; raises SchemaError with the path of what is wrong."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        # msgspec names no place where it is the document itself.
        place = "" if "`$" in str(error) else " - at `$`"
        raise SchemaError(f"{endpoint}: unexpected answer: {error}{place}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SchemaError(f"{endpoint}: the answer is not JSON: {error}") from error


def drift(body: bytes, kind: Any) -> Counter[str]:
    """The names of fields in a JSON body that `kind` does not know, with how often they were seen.

    The body has been decoded as `kind` before. Of a list or a mapping the first hundred rows are
    searched. A struct names what it knows and does not search in `ignored`, a ClassVar of a frozenset.
    """
    found: Counter[str] = Counter()
    document = untyped(body)
    for search in _searches(kind):
        search(document, found)
    return found


def numbers(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> set[str]:
    """Those of the names whose values are numbers in nearly every row, as a counter's are; no ids."""
    return {
        name
        for name in names
        if not name.lower().endswith("id")
        and sum(_is_number(row.get(name)) for row in rows) > len(rows) * _NEARLY_EVERY
    }


def _is_number(value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None)


def untyped(body: bytes) -> Any:
    """A JSON document of which nothing is known; a number with a fraction is a text."""
    try:
        return _untyped.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SchemaError(f"an unknown field of the answer cannot be read: {error}") from error


@cache
def _searches(kind: Any) -> tuple[_Search, ...]:
    """How a value of this kind is searched; not at all where there is no struct in it."""
    found: list[_Search] = []
    for part in members(kind):
        origin, arguments = get_origin(part), get_args(part)
        if is_struct(part):
            found.append(_Fields(part))
        elif origin in (list, dict) and (inner := _searches(arguments[-1])):
            found.append(_Rows(origin, inner))
    return tuple(found)


class _Rows:
    """Searches the first rows of a list, or of what a mapping holds."""

    def __init__(
        self, container: type[list[Any]] | type[dict[str, Any]], inner: Sequence[_Search]
    ) -> None:
        self._container, self._inner = container, inner

    def __call__(self, value: Any, found: Counter[str]) -> None:
        if not isinstance(value, self._container):
            return
        rows: Iterable[Any] = value.values() if isinstance(value, dict) else value
        for row in islice(rows, DRIFT_ROWS):
            for search in self._inner:
                search(row, found)


class _Fields:
    """Searches a record: its own names, and what its fields hold."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._struct = struct
        ignored: Collection[str] = getattr(struct, "ignored", ())
        self._known = frozenset(field_types(struct)).union(ignored)
        self._searched = [name for name in field_types(struct) if name not in ignored]

    @cached_property
    def _inner(self) -> list[tuple[str, tuple[_Search, ...]]]:
        """The fields that hold records; found at the first search, for a struct can hold its own kind."""
        kinds = field_types(self._struct)
        return [(name, inner) for name in self._searched if (inner := _searches(kinds[name]))]

    def __call__(self, value: Any, found: Counter[str]) -> None:
        if not isinstance(value, dict):
            return
        if not value.keys() <= self._known:
            found.update(value.keys() - self._known)
        for name, inner in self._inner:
            if name in value:
                for search in inner:
                    search(value[name], found)


def members(kind: Any) -> Iterable[Any]:
    """The kinds of a union, or the kind itself."""
    origin = get_origin(kind)
    if origin is Annotated:
        return members(get_args(kind)[0])
    if origin is None or origin in (list, dict, tuple):
        return (kind,)
    return get_args(kind)


def is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


@cache
def field_types(struct: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(struct, include_extras=True)
    return {
        encoded: hints[name]
        for name, encoded in zip(
            struct.__struct_fields__, struct.__struct_encode_fields__, strict=True
        )
    }
