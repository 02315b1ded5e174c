"""What the two streams of AI code tracking share: windows, JSON pages or CSV, timestamps."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from operator import attrgetter
from typing import Any, Literal, TypeVar

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import NotFoundError, SchemaError, UnavailableError
from exporter.client.paging import BodyFlag
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, MINUTE, Window, floor
from exporter.streams.csv_rows import CsvRows
from exporter.streams.payload import Count, decode, drift
from exporter.vendors.base import Cost, Poll, Reading, StreamOptions
from exporter.vendors.cursor.vendor import CursorTarget

PAGE_SIZE = 1_000
SLICE = 256 * 1024
LONGEST_WINDOW = 30 * DAY
SETTLED_AFTER = HOUR

UNKNOWN = "unknown"
"""The label value where the vendor gives none."""

Rows = Iterable[tuple[Any, ...]]


class TrackingOptions(StreamOptions):
    """Options of both streams of AI code tracking."""

    interval: Duration = Field(default=15 * MINUTE, ge=1)
    overlap: Duration = Field(default=0, ge=0)
    """How much is read before the lookback, so that rows whose two times lie apart are found."""
    format: Literal["auto", "json", "csv"] = "auto"
    """JSON pages, the CSV stream, or whichever takes fewer requests."""


OptionsT = TypeVar("OptionsT", bound=TrackingOptions)


class TrackingPage(msgspec.Struct, rename="camel", kw_only=True):
    """The envelope of a JSON page; a subclass types the items."""

    items: list[Any]
    total_count: Count
    page: Count
    page_size: Count

    @property
    def pages(self) -> int:
        """How many pages the whole list has."""
        return ceil(self.total_count / max(self.page_size, 1))

    @property
    def more(self) -> bool:
        return bool(self.items) and self.page < self.pages


@dataclass(frozen=True, slots=True)
class Tracking:
    """One list of AI code tracking, as JSON pages and as a CSV stream.

    `columns` are those of the CSV that are read, `fields` the same in a JSON item; the `optional`
    ones may be missing.
    """

    pages: Endpoint
    csv: Endpoint
    page: type[TrackingPage]
    required: tuple[str, ...]
    optional: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    def rows_of(self, page: TrackingPage) -> Rows:
        """The items of a JSON page as rows: the required columns, then the optional ones."""
        return map(attrgetter(*self.required, *(field for field, _ in self.optional)), page.items)

    def csv_rows(self) -> CsvRows:
        return CsvRows(
            self.csv.path, self.required, [column for _, column in self.optional], self.ignored
        )


async def read_rows(
    poll: Poll[CursorTarget, OptionsT],
    tracking: Tracking,
    reading: Reading,
    add: Callable[[Rows], None],
) -> None:
    """Hand every row of the poll's window, and of the overlap before it, to `add`.

    A row can come more than once; whole days and the day that is open are asked for apart, because
    the answer for whole days seldom changes and then costs the vendor nothing.
    """
    for window in windows(poll.window, poll.options.overlap):
        query = {"startDate": date(window.start), "endDate": date(window.end)}
        rows, page = await _read_pages(poll, tracking, reading, query, add)
        if page.more:
            try:
                await _read_csv(poll, tracking, reading, query, add, page.total_count)
                continue
            except NotFoundError:
                rows, page = await _read_pages(poll, tracking, reading, query, add, always=True)
        if rows != page.total_count:
            raise SchemaError(
                f"{tracking.pages.path}: {rows} rows came although totalCount is {page.total_count}"
            )
        reading.records += rows


def windows(window: Window, overlap: int) -> Iterator[Window]:
    """The windows that are asked for: whole days in pieces, then the open day."""
    today = floor(window.end, DAY)
    yield from Window(window.start - overlap, today).split(LONGEST_WINDOW)
    if today < window.end:
        yield Window(today, window.end)


async def _read_pages(
    poll: Poll[CursorTarget, OptionsT],
    tracking: Tracking,
    reading: Reading,
    query: dict[str, str],
    add: Callable[[Rows], None],
    *,
    always: bool = False,
) -> tuple[int, TrackingPage]:
    """Read JSON pages up to the last, or to the first where the CSV stream is cheaper."""

    def decoded(body: bytes) -> tuple[TrackingPage, int]:
        page = decode(body, tracking.page, tracking.pages.path)
        if not page.page_size:
            raise SchemaError(f"{tracking.pages.path}: pageSize is 0")
        reading.drift.update(drift(body, tracking.page))
        return page, len(page.items)

    paging: BodyFlag[TrackingPage] = BodyFlag(
        lambda page: page.more, page_param="page", size_param="pageSize", size=PAGE_SIZE
    )
    rows = 0
    request = Request(tracking.pages, query=query)
    async with aclosing(poll.client.pages(request, paging, decoded)) as pages:
        async for page in pages:
            rows += len(page.items)
            await asyncio.to_thread(add, tracking.rows_of(page))
            if not always and _csv_is_cheaper(poll.options.format, page):
                break
    return rows, page


def _csv_is_cheaper(form: str, page: TrackingPage) -> bool:
    left = page.pages - page.page
    return form != "json" and page.more and left > (0 if form == "csv" else 1)


async def _read_csv(
    poll: Poll[CursorTarget, OptionsT],
    tracking: Tracking,
    reading: Reading,
    query: dict[str, str],
    add: Callable[[Rows], None],
    total: int,
) -> None:
    rows = tracking.csv_rows()
    async with poll.client.stream(Request(tracking.csv, query=query)) as chunks:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) >= SLICE:
                await asyncio.to_thread(add, rows.feed(bytes(data)))
                data.clear()
    await asyncio.to_thread(add, rows.feed(bytes(data)))
    await asyncio.to_thread(add, rows.close())
    if rows.count < total:
        raise UnavailableError(
            f"{tracking.csv.path}: the CSV ended after {rows.count} of {total} rows"
        )
    reading.records += rows.count
    reading.drift.update(rows.unknown)


def misfit(tracking: Tracking, row: tuple[Any, ...]) -> SchemaError:
    """What is wrong with a row, by column: a value can be anybody's name, so none is shown."""
    columns = (*tracking.required, *(field for field, _ in tracking.optional))
    wrong = [name for name, value in zip(columns, row, strict=True) if not _fits(name, value)]
    place = ", ".join(wrong) or "metadata"
    return SchemaError(f"{tracking.pages.path}: a row has another kind of value in {place}")


def _fits(column: str, value: Any) -> bool:
    try:
        if column == "created_at":
            moment(value)
        elif "_lines_" in column and not (column.startswith("non_ai") and value in (None, "")):
            return 0 <= int(value) < 2**31
    except (TypeError, ValueError):
        return False
    return True


def moment(text: str) -> float:
    """Unix seconds of a timestamp; raises ValueError."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return read.timestamp()


def newest_settled_day(now: float) -> int:
    """The start of the newest day that is over and settled."""
    return floor(now - SETTLED_AFTER, DAY) - DAY


def plan(tracking: Tracking, options: TrackingOptions) -> Sequence[Cost]:
    """A first page for the whole days and one for the open day; at worst a CSV stream for each."""
    pieces = ceil(max(options.lookback + options.overlap, DAY) / LONGEST_WINDOW) + 1
    costs = [Cost(tracking.pages.group, pieces)]
    if options.format != "json":
        costs.append(Cost(tracking.csv.group, pieces))
    return costs


def date(unix: int) -> str:
    """A plain date where it is one: only these are answered from the vendor's cache."""
    at = datetime.fromtimestamp(unix, UTC)
    return at.strftime("%Y-%m-%d" if unix % DAY == 0 else "%Y-%m-%dT%H:%M:%S.000Z")
