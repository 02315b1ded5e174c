"""The pages of the audit log, in the forms that installations give."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine import lists


class AuditEvent(msgspec.Struct, rename="camel", kw_only=True):
    """An event; what names people is not read."""

    ignored: ClassVar[frozenset[str]] = frozenset({"actor", "resource", "metadata", "request"})

    id: str | int
    timestamp: str
    event_type: str | None = None


class AuditPage(msgspec.Struct, kw_only=True):
    """`items` with `total`, `limit` and `offset` around them, or `data` with `meta`."""

    ignored: ClassVar[frozenset[str]] = frozenset({"offset"})

    items: list[AuditEvent] | None = None
    data: list[AuditEvent] | None = None
    total: kit.Count | None = None
    limit: kit.Count | None = None
    meta: lists.Meta | None = None

    def __post_init__(self) -> None:
        if self.items is None and self.data is None:
            raise ValueError("no `items` or `data`")

    @property
    def events(self) -> list[AuditEvent]:
        return self.data or [] if self.items is None else self.items

    def more(self, read: int, here: int) -> bool:
        """Whether events follow the first `read`, `here` of them on this page. The total is about right."""
        total = self.total if self.meta is None else self.meta.total
        if total is not None and total > read:
            return True
        if self.meta is not None:
            return self.meta.next is not None
        return self.limit is None or here >= self.limit


@dataclass(frozen=True, slots=True)
class AuditPaging:
    """Pages by `limit` and `offset`."""

    size: int

    def first(self, request: kit.Request) -> kit.Request:
        return request.with_parameters({"limit": self.size, "offset": 0})

    def next(self, request: kit.Request, page: kit.Page[AuditPage]) -> kit.Request | None:
        read = int(str(request.parameter("offset"))) + page.count
        if not page.count or not page.value.more(read, page.count):
            return None
        return request.with_parameters({"offset": read})
