"""AI code tracking, which has two lists: windows, JSON pages or a CSV, odd rows."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from operator import attrgetter
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.pages import ONE
from exporter.vendors.cursor.rights import TRACKING
from exporter.vendors.cursor.vendor import CursorTarget, needs_team

API = "Cursor AI code tracking, polled; by day of ingestion"

PAGE_SIZE = 1_000
LONGEST_WINDOW = 30 * kit.DAY


class TrackingOptions(kit.CountingOptions):
    """Options of both streams of AI code tracking."""

    interval: kit.Duration = kit.Field(default=15 * kit.MINUTE, ge=1)
    overlap: kit.Duration = kit.Field(default=0, ge=0)
    """How much is read before the lookback, so that rows whose two times lie apart are found."""
    format: Literal["auto", "json", "csv"] = "auto"
    """JSON pages, the CSV stream, or whichever takes fewer requests."""


_Source: TypeAlias = kit.Source[CursorTarget, TrackingOptions]


class TrackingPage(msgspec.Struct, rename="camel", kw_only=True):
    """The envelope of a JSON page; a subclass types the items."""

    items: list[Any]
    total_count: kit.Count
    page: kit.Count
    page_size: Annotated[int, msgspec.Meta(ge=1)]

    @property
    def pages(self) -> int:
        """How many pages the whole list has."""
        return ceil(self.total_count / self.page_size)

    @property
    def more(self) -> bool:
        return bool(self.items) and self.page < self.pages


@dataclass(frozen=True, slots=True)
class Tracking:
    """One list of AI code tracking, as JSON pages and as a CSV.

    The columns of the CSV have the names of the fields of `row`, and may be absent where a field has a
    default. Those that are `ignored` are not read.
    """

    name: str
    page: type[TrackingPage]
    row: type[msgspec.Struct]
    ignored: tuple[str, ...] = ()

    @property
    def pages(self) -> kit.Endpoint:
        return kit.Endpoint(f"/analytics/{self.name}", self.name, conditional=True)

    @property
    def csv(self) -> kit.Endpoint:
        return kit.Endpoint(f"/analytics/{self.name}.csv", f"{self.name}.csv")

    @property
    def columns(self) -> tuple[str, ...]:
        """What a row holds: the fields of the record in their order."""
        return tuple(name for name in self.row.__struct_fields__ if name not in self.ignored)

    def json_rows(self, page: TrackingPage) -> Iterator[kit.Row]:
        """The items of a JSON page as rows."""
        return map(attrgetter(*self.columns), page.items)

    def csv_rows(self) -> kit.CsvRows:
        """What reads the rows of the CSV."""
        required = {field.name for field in msgspec.structs.fields(self.row) if field.required}
        return kit.CsvRows(
            self.csv.path,
            [name for name in self.columns if name in required],
            [name for name in self.columns if name not in required],
            self.ignored,
        )

    def odd(self, row: kit.Row) -> str:
        """The column in which a row cannot be counted."""
        pairs = zip(self.columns, row, strict=True)
        return next((name for name, value in pairs if not _fits(name, value)), "metadata")


def _fits(column: str, value: Any) -> bool:
    try:
        if column == "created_at":
            kit.moment(value)
        elif "_lines_" in column and not (column.startswith("non_ai") and value in (None, "")):
            return 0 <= int(value) < 2**31
    except (TypeError, ValueError):
        return False
    return True


def tracked(tracking: Tracking, name: str, summary: str, **declared: Any) -> kit.AnyStream:
    """The stream that counts the rows of a list."""
    return kit.events(
        name,
        summary,
        rows=partial(_read, tracking),
        plan=partial(_plan, tracking),
        probe=kit.once(partial(_newest_row, tracking), tracking.page),
        right=TRACKING,
        retention=90 * kit.DAY,
        inapplicable=needs_team,
        **declared,
    )


async def _read(tracking: Tracking, source: _Source, add: kit.Add) -> None:
    """Hand over every row of the poll's window, and of the overlap before it.

    Whole days and the day that is open are asked for apart, because the answer for whole days seldom
    changes and then costs the vendor nothing.
    """
    for window in windows(source.window, source.options.overlap):
        query = {"startDate": date(window.start), "endDate": date(window.end)}
        rows, page = await _read_pages(tracking, source, query, add)
        if page.more:
            try:
                await _read_csv(tracking, source, query, add, page.total_count)
                continue
            except kit.NotFoundError:
                rows, page = await _read_pages(tracking, source, query, add, always=True)
        if rows != page.total_count:
            raise kit.SchemaError(
                f"{tracking.pages.path}: {rows} rows came although totalCount is {page.total_count}"
            )
        source.records += rows


def windows(window: kit.Window, overlap: int) -> Iterator[kit.Window]:
    """The windows that are asked for: whole days in pieces, then the open day."""
    today = kit.floor(window.end, kit.DAY)
    yield from kit.Window(window.start - overlap, today).split(LONGEST_WINDOW)
    if today < window.end:
        yield kit.Window(today, window.end)


async def _read_pages(
    tracking: Tracking,
    source: _Source,
    query: dict[str, str],
    add: kit.Add,
    *,
    always: bool = False,
) -> tuple[int, TrackingPage]:
    """Read JSON pages up to the last, or to the first where the CSV takes fewer requests."""
    paging: kit.BodyFlag[TrackingPage] = kit.BodyFlag(
        more=lambda page: page.more, page_param="page", size_param="pageSize", size=PAGE_SIZE
    )
    before = source.rows_of(tracking.pages)
    found = source.pages(
        kit.Request(tracking.pages, query=query),
        paging,
        tracking.page,
        lambda page: page.items,
        counted=False,
    )
    async with aclosing(found) as pages:
        async for page in pages:
            await asyncio.to_thread(add, tracking.json_rows(page))
            if not always and _csv_is_cheaper(source.options.format, page):
                break
    return source.rows_of(tracking.pages) - before, page


def _csv_is_cheaper(form: str, page: TrackingPage) -> bool:
    left = page.pages - page.page
    return form != "json" and page.more and left > (0 if form == "csv" else 1)


async def _read_csv(
    tracking: Tracking,
    source: _Source,
    query: dict[str, str],
    add: kit.Add,
    total: int,
) -> None:
    rows = await source.csv(kit.Request(tracking.csv, query=query), tracking.csv_rows(), add)
    if rows < total:
        raise kit.UnavailableError(
            f"{tracking.csv.path}: the CSV ended after {rows} of {total} rows"
        )


def _plan(tracking: Tracking, _: CursorTarget, options: TrackingOptions) -> Sequence[kit.Cost]:
    """A first page for the whole days and one for the open day; at worst a CSV for each."""
    pieces = ceil(max(options.lookback + options.overlap, kit.DAY) / LONGEST_WINDOW) + 1
    groups = [tracking.pages.group]
    if options.format != "json":
        groups.append(tracking.csv.group)
    return [kit.Cost(group, pieces) for group in groups]


def _newest_row(tracking: Tracking, source: _Source) -> kit.Request:
    """One row of the last whole day: a plain date is answered from Cursor's cache."""
    today = kit.floor(source.now, kit.DAY)
    dates = {"startDate": date(today - kit.DAY), "endDate": date(today)}
    return kit.Request(tracking.pages, query={**dates, **ONE})


def date(unix: int) -> str:
    """A plain date where it is one: only these are answered from Cursor's cache."""
    at = datetime.fromtimestamp(unix, UTC)
    return at.strftime("%Y-%m-%d" if unix % kit.DAY == 0 else "%Y-%m-%dT%H:%M:%S.000Z")
