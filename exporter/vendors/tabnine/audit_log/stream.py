"""Stream `audit_log`: administrative events by type, each counted once.

The window is read in full every time, with its end fixed, and every id counts once: the list grows
at its head while its pages are read. Who did something, and to whom, is not kept.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.audit_log.pages import AuditPage, AuditPaging
from exporter.vendors.tabnine.audit_log.tally import Event, Tally
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

MOST_PAGES = 5_000
"""A longer log of a window has no end: five million events, and 83 minutes at one request a second."""

ENDPOINTS = {
    "hyphen": kit.Endpoint("/api/v1/organization/audit-logs", GROUP),
    "underscore": kit.Endpoint("/api/v1/organization/audit_logs", GROUP),
}
_CSV_SWITCHES = {"format=csv": {"format": "csv"}, "csv-format": {"csv-format": ""}}

EVENTS = kit.counter(
    "tabnine_audit_events_total",
    "Events of the audit log by type (Tabnine audit logs API, polled; by UTC day of the event, no "
    "lag is documented).",
    ("event_type",),
)


class CsvColumns(kit.ConfigModel):
    """What the columns of the CSV are called; Tabnine does not document it."""

    id: str = kit.Field(default="id", min_length=1)
    """The column with the event's id."""
    timestamp: str = kit.Field(default="timestamp", min_length=1)
    """The column with its time."""
    event_type: str = kit.Field(default="eventType", min_length=1)
    """The column with its type."""


class Options(kit.CountingOptions):
    """Options of `audit_log`."""

    interval: kit.Duration = kit.Field(default=5 * kit.MINUTE, ge=1)
    lookback: kit.Duration = kit.Field(default=2 * kit.DAY, ge=0)
    path: Literal["auto", "hyphen", "underscore"] = "auto"
    """`audit-logs`, `audit_logs`, or the first of them that is there."""
    format: Literal["json", "csv"] = "json"
    """What is asked for."""
    csv_query: Literal["format=csv", "csv-format"] = "format=csv"
    """How CSV is asked for; `csv-format` is what older installations know."""
    csv_columns: CsvColumns = CsvColumns()
    sort: Literal["asc", "desc", "none"] = "asc"
    """The order to ask for; `none` for an installation that refuses the parameter."""
    page_size: int = kit.Field(default=1_000, ge=1, le=1_000)
    """Events a request."""


class _Memory(msgspec.Struct):
    """Which spelling of the path was found by the poll before."""

    path: str = ""


_Source: TypeAlias = kit.Source[TabnineTarget, Options]


async def read(source: _Source) -> kit.Batches:
    tally = Tally(source.window, source.reject)
    fetch = _read_csv if source.options.format == "csv" else _read_json
    spelling, *others = _spellings(source)
    try:
        await fetch(source, ENDPOINTS[spelling], tally)
    except kit.NotFoundError:
        if not others:
            raise
        [spelling] = others
        await fetch(source, ENDPOINTS[spelling], tally)
    source.records = tally.counts.total()
    source.has_days(day for _, day in tally.counts)
    yield kit.Batch(
        [kit.Sample(EVENTS, (kind,), count, day) for (kind, day), count in tally.counts.items()],
        [kit.Coverage((EVENTS,), source.window)],
        memory={"path": spelling},
    )


def _spellings(source: _Source) -> list[str]:
    """The spellings of the path to try, first the one that was found by the poll before."""
    if source.options.path != "auto":
        return [source.options.path]
    found = source.recall(_Memory).path
    return sorted(ENDPOINTS, key=lambda spelling: spelling != found)


def _query(source: _Source) -> dict[str, str | int]:
    window, sort = source.window, source.options.sort
    query: dict[str, str | int] = {"from": kit.iso(window.start), "to": kit.iso(window.end)}
    return query if sort == "none" else {**query, "sort": sort}


async def _read_json(source: _Source, endpoint: kit.Endpoint, tally: Tally) -> None:
    found = source.pages(
        kit.Request(endpoint, query=_query(source)),
        AuditPaging(source.options.page_size),
        AuditPage,
        lambda page: page.events,
        max_pages=MOST_PAGES,
    )
    async with aclosing(found) as pages:
        async for page in pages:
            rows = [Event(str(e.id), e.timestamp, e.event_type or "") for e in page.events]
            await asyncio.to_thread(tally.add, rows)
            if tally.passed:
                break


async def _read_csv(source: _Source, endpoint: kit.Endpoint, tally: Tally) -> None:
    """Read pages until one has no new event: the CSV does not say how many there are."""
    size = source.options.page_size
    query = _query(source) | _CSV_SWITCHES[source.options.csv_query] | {"limit": size}
    offset = 0
    known: tuple[str, ...] = ()
    for _ in range(MOST_PAGES):
        before = tally.events
        rows = _csv_rows(endpoint, source.options, known, may_be_empty=offset > 0)
        request = kit.Request(endpoint, query=query | {"offset": offset})
        await source.csv(request, rows, lambda found: tally.add(map(Event._make, found)))
        if tally.events == before or rows.count > size or tally.passed:
            return
        offset += rows.count
        known = (*known, *rows.unknown)
    raise kit.SchemaError(
        f"{endpoint.path}: more than {MOST_PAGES} pages: the vendor's list has no end"
    )


_IGNORED = (
    "actorId",
    "actorType",
    "actorEmail",
    "resourceType",
    "resourceId",
    "resourceName",
    "metadata",
)
"""Columns that are known and not read: most of them name people."""


def _csv_rows(
    endpoint: kit.Endpoint,
    options: Options,
    known: Sequence[str] = (),
    *,
    may_be_empty: bool = False,
) -> kit.CsvRows:
    """Reads the events of a page of CSV; columns that a page before had are `known`."""
    columns = options.csv_columns
    wanted = (columns.id, columns.timestamp, columns.event_type)
    ignored = (*_IGNORED, *known)
    return kit.CsvRows(endpoint.path, wanted, ignored=ignored, may_be_empty=may_be_empty)


async def _probe(source: kit.Source[TabnineTarget, Any]) -> None:
    """One event of the last day, at the spelling of the path that is configured or found."""
    options, now = source.options, int(source.now)
    query = {**lists.ONE, "from": kit.iso(now - kit.DAY), "to": kit.iso(now)}
    if options.format == "csv":
        query |= _CSV_SWITCHES[options.csv_query]
    spelling, *others = _spellings(source)
    try:
        await _probe_at(source, kit.Request(ENDPOINTS[spelling], query=query))
    except kit.NotFoundError:
        if not others:
            raise
        await _probe_at(source, kit.Request(ENDPOINTS[others[0]], query=query))


async def _probe_at(source: _Source, request: kit.Request) -> None:
    if source.options.format == "csv":
        rows = _csv_rows(request.endpoint, source.options)
        await source.csv(request, rows, lambda found: [*found])
    else:
        await source.get(request, AuditPage)


STREAM = kit.Stream(
    name="audit_log",
    summary="events of the audit log, by type",
    metrics=(EVENTS,),
    options=Options,
    read=read,
    plan=lambda _, options: lists.cost(2 if options.format == "csv" else 1),
    probe=_probe,
    right="5.25",
)
