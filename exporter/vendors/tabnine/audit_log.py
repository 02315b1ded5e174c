"""Stream `audit_log`: administrative events by type, each counted once.

The window is read in full every time, with its end fixed, and every id counts once: the list grows
at its head while its pages are read. Who did something, and to whom, is not kept.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import NotFoundError, SchemaError, UnauthorizedError
from exporter.config.base import ConfigModel
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, MINUTE, Coverage, Metric, MetricType, Sample, Window, floor
from exporter.streams.csv_rows import CsvRows
from exporter.streams.payload import decode, drift
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.tabnine.audit_log_pages import AuditPage, AuditPaging
from exporter.vendors.tabnine.lists import explained
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

UNKNOWN = "unknown"
"""The label value of an event without a type."""

MOST_PAGES = 5_000
"""A longer log of a window has no end: five million events, and 83 minutes at one request a second."""

ENDPOINTS = {
    "hyphen": Endpoint("/api/v1/organization/audit-logs", GROUP),
    "underscore": Endpoint("/api/v1/organization/audit_logs", GROUP),
}
CSV_SWITCHES = {"format=csv": {"format": "csv"}, "csv-format": {"csv-format": ""}}

EVENTS = Metric(
    "tabnine_audit_events_total",
    MetricType.COUNTER,
    "Events of the audit log by type (Tabnine audit logs API, polled; by UTC day of the event, no "
    "lag is documented).",
    ("event_type",),
)


class CsvColumns(ConfigModel):
    """What the columns of the CSV are called; Tabnine does not document it."""

    id: str = Field(default="id", min_length=1)
    timestamp: str = Field(default="timestamp", min_length=1)
    event_type: str = Field(default="eventType", min_length=1)


class Options(StreamOptions):
    """Options of `audit_log`."""

    interval: Duration = Field(default=5 * MINUTE, ge=1)
    lookback: Duration = Field(default=2 * DAY, ge=0)
    path: Literal["auto", "hyphen", "underscore"] = "auto"
    """`audit-logs`, `audit_logs`, or the first of them that is there."""
    format: Literal["json", "csv"] = "json"
    """What is asked for."""
    csv_query: Literal["format=csv", "csv-format"] = "format=csv"
    """How CSV is asked for; `csv-format` is what older installations know."""
    csv_columns: CsvColumns = CsvColumns()
    sort: Literal["asc", "desc", "none"] = "asc"
    """The order to ask for; `none` for an installation that refuses the parameter."""
    page_size: int = Field(default=1_000, ge=1, le=1_000)
    """Events a request."""


class Event(NamedTuple):
    """What is kept of an event."""

    id: str
    timestamp: str
    type: str


class Tally:
    """Counts the events of a window by type and day, each id once, without keeping them."""

    def __init__(self, window: Window) -> None:
        self.counts: Counter[tuple[str, int]] = Counter()
        self.newest = 0.0
        self.passed = False
        self._window = window
        self._seen: set[int] = set()

    def add(self, events: Iterable[Event]) -> int:
        """Count a page; returns how many of its events were not seen before.

        `passed` turns true where a newest-first list has gone beyond the window: an installation that
        does not know `from` would be read to its beginning.
        """
        fresh, times = 0, []
        for event in events:
            at = _moment(event.timestamp)
            times.append(at)
            identity = hash(event.id)
            if identity in self._seen:
                continue
            self._seen.add(identity)
            fresh += 1
            if at in self._window:
                self.counts[event.type or UNKNOWN, floor(at, DAY)] += 1
                self.newest = max(self.newest, at)
        if times and max(times) < self._window.start:
            self.passed = self.newest > 0 or times[0] > times[-1]
        return fresh


async def read(poll: Poll[TabnineTarget, Options]) -> Reading:
    reading, tally = Reading(), Tally(poll.window)
    fetch = _read_csv if poll.options.format == "csv" else _read_json
    spellings = _spellings(poll)
    try:
        try:
            await fetch(poll, ENDPOINTS[spellings[0]], reading, tally)
            found = spellings[0]
        except NotFoundError:
            if len(spellings) == 1:
                raise
            await fetch(poll, ENDPOINTS[spellings[1]], reading, tally)
            found = spellings[1]
    except UnauthorizedError as error:
        raise explained(error) from error
    reading.progress["path"] = found
    reading.samples.extend(
        Sample(EVENTS, (kind,), count, day) for (kind, day), count in tally.counts.items()
    )
    reading.coverage.append(Coverage((EVENTS,), poll.window))
    reading.records = tally.counts.total()
    reading.data_until = tally.newest or None
    return reading


def _spellings(poll: Poll[TabnineTarget, Options]) -> list[str]:
    """The spellings of the path to try, first the one that was found by the poll before."""
    if poll.options.path != "auto":
        return [poll.options.path]
    found = poll.progress.get("path")
    return sorted(ENDPOINTS, key=lambda spelling: spelling != found)


def _query(poll: Poll[TabnineTarget, Options]) -> dict[str, str | int]:
    query: dict[str, str | int] = {"from": iso(poll.window.start), "to": iso(poll.window.end)}
    if poll.options.sort != "none":
        query["sort"] = poll.options.sort
    return query


async def _read_json(
    poll: Poll[TabnineTarget, Options], endpoint: Endpoint, reading: Reading, tally: Tally
) -> None:
    def decoded(body: bytes) -> tuple[AuditPage, int]:
        page = decode(body, AuditPage, endpoint.path)
        reading.drift.update(drift(body, AuditPage))
        return page, len(page.events)

    request = Request(endpoint, query=_query(poll))
    paging = AuditPaging(poll.options.page_size)
    async with aclosing(poll.client.pages(request, paging, decoded, MOST_PAGES)) as pages:
        async for page in pages:
            rows = [Event(str(e.id), e.timestamp, e.event_type or "") for e in page.events]
            await asyncio.to_thread(tally.add, rows)
            if tally.passed:
                break


async def _read_csv(
    poll: Poll[TabnineTarget, Options], endpoint: Endpoint, reading: Reading, tally: Tally
) -> None:
    """Pages of CSV up to one that brings nothing: nothing in it says how many there are."""
    size = poll.options.page_size
    query = _query(poll) | CSV_SWITCHES[poll.options.csv_query] | {"limit": size}
    offset = 0
    for _ in range(MOST_PAGES):
        rows = csv_rows(endpoint, poll.options)
        request = Request(endpoint, query=query | {"offset": offset})
        fresh = received = 0
        async with poll.client.stream(request) as chunks:
            async for chunk in chunks:
                received += len(chunk)
                fresh += await asyncio.to_thread(tally.add, map(Event._make, rows.feed(chunk)))
        if received or not offset:
            fresh += tally.add(map(Event._make, rows.close()))
        if not offset:
            reading.drift.update(rows.unknown)
        if not fresh or rows.count > size or tally.passed:
            return
        offset += rows.count
    raise SchemaError(
        f"{endpoint.path}: more than {MOST_PAGES} pages: the vendor's list has no end"
    )


_IGNORED = ("actorId", "actorType", "actorEmail", "resourceType", "resourceId", "resourceName",
            "metadata")  # fmt: skip
"""Columns that are known and not read: most of them name people."""


def csv_rows(endpoint: Endpoint, options: Options) -> CsvRows:
    """Reads the events of a page of CSV."""
    columns = options.csv_columns
    wanted = (columns.id, columns.timestamp, columns.event_type)
    return CsvRows(endpoint.path, wanted, ignored=_IGNORED)


def _moment(text: str) -> float:
    """Unix seconds of a timestamp; one without a zone is UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SchemaError(
            f"{ENDPOINTS['hyphen'].path}: an event has a `timestamp` that is no ISO 8601 time"
        ) from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def iso(unix: int) -> str:
    """Whole seconds: Tabnine refuses fractions of them."""
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plan(_: TabnineTarget, options: Options) -> Sequence[Cost]:
    """One page, and for CSV the empty one after it."""
    return (Cost(GROUP, 2 if options.format == "csv" else 1),)


STREAM = Stream(
    name="audit_log",
    shape=Shape.EVENTS,
    summary="events of the audit log, by type",
    metrics=(EVENTS,),
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=HOUR,
    read=read,
    plan=plan,
)
