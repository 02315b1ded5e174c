"""Stream `audit_log`: administrative events by type, each counted once.

The window is read in full every time, with its end fixed, and every id counts once: the list grows at its
head while its pages are read. Who did something, and from where, is not kept.
"""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, ClassVar, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.analytics.days import LONGEST_RANGE
from exporter.vendors.cursor.pages import Paged, whole
from exporter.vendors.cursor.rights import ADMIN
from exporter.vendors.cursor.vendor import AUDIT, CursorTarget

LOG = kit.Endpoint("/teams/audit-logs", AUDIT)
PAGE_SIZE = 500

EVENTS = kit.Group.counters(
    {"cursor_audit_events_total": "Events of the audit log by type"},
    api="Cursor audit logs, polled; by UTC day of the event",
    labels=("event_type",),
)


class Options(kit.CountingOptions):
    """Options of `audit_log`."""

    interval: kit.Duration = kit.Field(default=15 * kit.MINUTE, ge=1)
    lookback: kit.Duration = kit.Field(default=2 * kit.DAY, ge=0)


class AuditEvent(msgspec.Struct, kw_only=True):
    """An event; what names people and places is not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("ip_address user_email event_data")

    event_id: str
    timestamp: str
    event_type: str

    def __post_init__(self) -> None:
        kit.checked("timestamp", kit.moment, self.timestamp)

    @property
    def row(self) -> kit.Row:
        return self.event_id, self.timestamp, self.event_type


class Params(msgspec.Struct):
    """What was asked for; not read."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "teamId startDate endDate startTime endTime eventTypes search users"
    )


class AuditPage(Paged, kw_only=True):
    """A page of events."""

    events: list[AuditEvent]
    params: Params | None = None


_Source: TypeAlias = kit.Source[CursorTarget, Options]


def count(row: kit.Row, day: int, tally: kit.Tally) -> str:
    """Add an event; returns what two rows of one event must agree in."""
    kind: str = row[2]
    tally.add(EVENTS, (kind or kit.UNKNOWN,), day, (1,))
    return kind


async def _rows(source: _Source, add: kit.Add) -> None:
    for window in source.window.split(LONGEST_RANGE):
        found = whole(source, asked(window), AuditPage, lambda page: page.events, PAGE_SIZE)
        async with aclosing(found) as pages:
            async for events in pages:
                add(event.row for event in events)


def _sums(source: _Source, settled_day: int) -> kit.Distinct:
    return kit.Distinct(count, lambda _: "timestamp", source.reject, settled_day=settled_day)


def asked(window: kit.Window) -> kit.Request:
    """The events of a window."""
    times = {"startTime": kit.iso(window.start), "endTime": kit.iso(window.end)}
    return kit.Request(LOG, query=times)


def _newest(source: kit.Source[Any, Any]) -> kit.Request:
    """One event of the last day."""
    now = int(source.now)
    request = asked(kit.Window(now - kit.DAY, now))
    return request.with_parameters({"page": 1, "pageSize": 1})


def _plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    return [kit.Cost(AUDIT, 1 + options.lookback // LONGEST_RANGE)]


STREAM = kit.events(
    "audit_log",
    "events of the audit log, by type",
    rows=_rows,
    sums=_sums,
    metrics=EVENTS.metrics,
    options=Options,
    plan=_plan,
    probe=kit.once(_newest, AuditPage),
    right=ADMIN,
    retention=90 * kit.DAY,
    by_default=False,
)
