"""The parsers of payloads: a typed result, or a PollError that says what is wrong."""

import csv
import importlib
import io
import json
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from random import Random
from types import GenericAlias
from typing import Any, NamedTuple

import msgspec

import exporter.vendors
from exporter.client.errors import PollError, State
from exporter.streams.csv_rows import CsvRows
from exporter.streams.ndjson import JsonLines
from exporter.streams.payload import decode, drift
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError
from tests.streams.cases import CASES

_COLUMNS = ("date", "sku", "quantity")
_OPTIONAL = ("cost_center",)
_CSV_SEEDS = (
    b"date,sku,quantity,cost_center\r\n2026-01-05,linux,12.5,cc-1\r\n2026-01-06,mac,1,\r\n",
    b'\xef\xbb\xbfsku,date,quantity,extra\n"a ""b"", c","2026-01-05","1\n2",x\n\nd,2026-01-06,3,y',
    b"date,sku,quantity\n" + b"2026-01-05,linux,1\n" * 70,
)

_UNREADABLE = "unknown field unreadable"


class Sown(NamedTuple):
    """A kind of record, and a document that is one."""

    kind: Any
    value: Any


@cache
def records() -> list[Sown]:
    """Every record of every vendor that some part of a stream's fixtures is."""
    for module in pkgutil.walk_packages(exporter.vendors.__path__, "exporter.vendors."):
        importlib.import_module(module.name)
    paths = sorted({path for case in CASES for path in case.fixtures.glob("*.json")})
    parts = [part for path in paths for part in _parts(json.loads(path.read_text("utf-8")))]
    return [
        Sown(kind, part)
        for kind in sorted(_structs(msgspec.Struct), key=lambda each: each.__qualname__)
        for part in [part for part in parts if _is(part, kind)][:5]
    ]


@asynccontextmanager
async def json_records(_: Path) -> AsyncIterator[Attempt]:
    """A record alone or in a list, decoded and searched for unknown fields."""
    sown = records()
    bodies = [json.dumps(each.value).encode() for each in sown]

    async def attempt(random: Random) -> str:
        kind, value = random.choice(sown)
        if random.random() < 0.5:
            kind, value = GenericAlias(list, (kind,)), [value, value]
        if random.random() < 0.7:
            body = damage.document(random, value)
        else:
            body = damage.shuffled_bytes(random, json.dumps(value).encode(), bodies)
        try:
            decode(body, kind, "GET /things")
            unknown = drift(body, kind)
        except PollError as error:
            return _told(error)
        for name in unknown:
            name.encode()
        return "read"

    yield attempt


@asynccontextmanager
async def json_lines(_: Path) -> AsyncIterator[Attempt]:
    """Lines of records, or a document instead; in one slice and in several the same."""
    sown = records()

    async def attempt(random: Random) -> str:
        kind, value = random.choice(sown)
        rows = [
            damage.document(random, value) if random.random() < 0.2 else json.dumps(value).encode()
            for _ in range(random.randrange(1, 6))
        ]
        body = random.choice((b"\n", b"\n", b"\r\n", b"\n\n")).join(rows)
        if random.random() < 0.1:
            body = json.dumps([value] * 3, indent=random.choice((None, 2))).encode()
        if random.random() < 0.4:
            body = damage.shuffled_bytes(random, body)

        def read(slices: Iterable[bytes]) -> list[Any]:
            lines: JsonLines[Any] = JsonLines("GET /file", kind)
            return [row for piece in slices for row in lines.feed(piece)] + lines.close()

        return _alike(read, random, body, loose=not all(map(_is_line, body.splitlines())))

    yield attempt


@asynccontextmanager
async def csv_rows(_: Path) -> AsyncIterator[Attempt]:
    """Rows with too many and too few columns, any quotes and line ends; in slices the same."""

    async def attempt(random: Random) -> str:
        body = random.choice(_CSV_SEEDS)
        if random.random() < 0.5:
            body = _table(random)
        if random.random() < 0.6:
            body = damage.shuffled_bytes(random, body, _CSV_SEEDS)

        def read(slices: Iterable[bytes]) -> list[Any]:
            rows = CsvRows("GET /file", _COLUMNS, _OPTIONAL)
            read = [row for piece in slices for row in rows.feed(piece)] + list(rows.close())
            for row in read:
                if len(row) != len(_COLUMNS) + len(_OPTIONAL):
                    raise BrokenPromiseError(f"a row has {len(row)} columns")
                "".join(row).encode()
            return read

        return _alike(read, random, body, loose=b'"' in body)

    yield attempt


def _table(random: Random) -> bytes:
    text = io.StringIO()
    ends = random.choice(("\n", "\r\n", "\r"))
    writer = (
        csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=ends)
        if random.random() < 0.5
        else csv.writer(text, lineterminator=ends)
    )
    writer.writerow(("date", "sku", "quantity", "cost_center")[: random.choice((3, 4, 4, 4, 2))])
    for _ in range(random.randrange(40)):
        width = 4 if random.random() < 0.9 else random.randrange(7)
        writer.writerow([damage.text(random) for _ in range(width)])
    if random.random() < 0.01:
        writer.writerow(["x" * 200_000] * 4)
    bom = random.choice(("", "", "", "\ufeff"))
    return (bom + text.getvalue()).encode("utf-8", random.choice(("replace", "surrogatepass")))


def _alike(
    read: Callable[[Iterable[bytes]], list[Any]],
    random: Random,
    body: bytes,
    *,
    loose: bool = False,
) -> str:
    """What came of a body as a whole; cut into slices it must be the same."""
    whole, told = _tried(read, [body])
    sliced, sliced_told = _tried(read, _slices(random, body))
    if _UNREADABLE in (told, sliced_told):
        # Unknown fields are looked at in the first rows of the first slice alone.
        return _UNREADABLE
    if loose and told != sliced_told and State.SCHEMA_ERROR in (told, sliced_told):
        # Whether a quote in the middle of a field opens anything, or a record may go over two lines,
        # hangs on where a slice ends.
        return "loose"
    if told != sliced_told or repr(whole) != repr(sliced):
        raise BrokenPromiseError(f"{told}, but in slices {sliced_told}: {body[:200]!r}")
    return told


def _is_line(text: bytes) -> bool:
    """Whether a line is one JSON value, or nothing."""
    try:
        json.loads(text or b"null")
    except (ValueError, RecursionError):
        return False
    return True


def _tried(
    read: Callable[[Iterable[bytes]], list[Any]], slices: Iterable[bytes]
) -> tuple[list[Any] | None, str]:
    try:
        return read(slices), "read"
    except PollError as error:
        told = _told(error)
        return None, _UNREADABLE if str(error).startswith("an unknown field") else told


def _told(error: PollError) -> str:
    str(error).encode()
    return error.state.value


def _slices(random: Random, body: bytes) -> Iterator[bytes]:
    least = len(body) // 50
    while body:
        size = max(least, random.choice((1, 2, 3, 10, 100, 1_000)))
        yield body[:size]
        body = body[size:]


def _parts(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from _parts(part)


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("exporter.vendors."):
            yield each
        yield from _structs(each)


def _is(part: Any, kind: type[msgspec.Struct]) -> bool:
    try:
        msgspec.convert(part, kind)
    except msgspec.ValidationError:
        return False
    # A record of optional fields alone would take any object at all.
    return isinstance(part, dict) and any(name in part for name in kind.__struct_encode_fields__)
