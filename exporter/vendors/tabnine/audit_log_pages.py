"""Pages of the audit log, in both of the envelopes that installations send."""

from dataclasses import dataclass

import msgspec

from exporter.client.client import Request
from exporter.client.paging import Page
from exporter.streams.payload import Count
from exporter.vendors.tabnine.lists import Meta


class AuditEvent(msgspec.Struct, rename="camel", kw_only=True):
    """An event; what names people is passed over unread."""

    id: str | int
    timestamp: str
    event_type: str | None = None
    actor: msgspec.Raw = msgspec.Raw()
    resource: msgspec.Raw = msgspec.Raw()
    metadata: msgspec.Raw = msgspec.Raw()
    request: msgspec.Raw = msgspec.Raw()


class AuditPage(msgspec.Struct, kw_only=True):
    """`items` with `total`, `limit` and `offset` around them, or `data` with `meta`."""

    items: list[AuditEvent] | None = None
    data: list[AuditEvent] | None = None
    total: Count | None = None
    limit: Count | None = None
    offset: Count | None = None
    meta: Meta | None = None

    def __post_init__(self) -> None:
        if self.items is None and self.data is None:
            raise ValueError("no `items` or `data`")

    @property
    def events(self) -> list[AuditEvent]:
        return self.data or [] if self.items is None else self.items


@dataclass(frozen=True, slots=True)
class AuditPaging:
    """Pages by `limit` and `offset`. The total is only about right: a page that is full goes on."""

    size: int

    def first(self, request: Request) -> Request:
        return request.with_parameters({"limit": self.size, "offset": 0})

    def next(self, request: Request, page: Page[AuditPage]) -> Request | None:
        if not page.count:
            return None
        read = int(str(request.parameter("offset"))) + page.count
        return request.with_parameters({"offset": read}) if _more(page.value, read) else None


def _more(page: AuditPage, read: int) -> bool:
    total = page.total if page.meta is None else page.meta.total
    if total is not None and total > read:
        return True
    if page.meta is not None:
        return page.meta.next is not None
    return page.limit is None or len(page.events) >= page.limit
