"""Stream `audit_log`: administrative events by type, each counted once.

The window is read in full every time, with its end fixed, and every id counts once: the list grows at its
head while its pages are read. Who did something, and from where, is not kept.
"""

from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.pages import Paged, by_id, one_of_yesterday, ranges, rows_in
from exporter.vendors.cursor.rights import AUDIT as RIGHT
from exporter.vendors.cursor.vendor import AUDIT as GROUP

LOG = AccountList("audit-logs", GROUP)
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

    ignored: ClassVar[frozenset[str]] = kit.names(
        "ip_address user_email event_data team_id application_type"
    )

    event_id: str
    timestamp: str
    event_type: str

    def __post_init__(self) -> None:
        kit.checked("timestamp", kit.moment, self.timestamp)

    @property
    def row(self) -> kit.Row:
        return self.event_id, self.timestamp, self.event_type


class AuditPage(Paged, kw_only=True):
    """A page of events."""

    ignored: ClassVar[frozenset[str]] = kit.names("params")

    events: list[AuditEvent]


def count(row: kit.Row, day: int, tally: kit.Tally) -> str:
    """Add an event; returns what two rows of one event must agree in."""
    kind: str = row[2]
    tally.add(EVENTS, (kind or kit.UNKNOWN,), day, (1,))
    return kind


def asked(source: kit.Source[Any, Any], window: kit.Window) -> kit.Request:
    """The events of a window."""
    times = {"startTime": kit.iso(window.start), "endTime": kit.iso(window.end)}
    return LOG.get(source.target, times)


STREAM = kit.events(
    "audit_log",
    "events of the audit log, by type",
    rows=rows_in(asked, AuditPage, lambda page: page.events, PAGE_SIZE),
    sums=by_id(count),
    metrics=EVENTS.metrics,
    options=Options,
    plan=lambda _, options: [kit.Cost(LOG.group, ranges(options))],
    probe=kit.once(one_of_yesterday(asked), AuditPage),
    right=RIGHT,
    retention=90 * kit.DAY,
    by_default=False,
)
