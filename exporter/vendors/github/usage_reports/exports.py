"""Which export tells about which day, and which one is missing: decided without a request."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import msgspec

from exporter.streams import kit
from exporter.streams.kit import DAY, Window, floor, iso_day
from exporter.vendors.github.billing.day import day_start

PROCESSING = "processing"
COMPLETED = "completed"
FAILED = "failed"
_BROKEN_OFF = frozenset({FAILED, "error", "expired", "cancelled", "canceled", "timed_out"})
"""Every other status is one of an export that GitHub makes."""

SETTLED_AFTER = 5 * DAY
RETRY_AFTER = kit.HOUR
"""How long nothing is created after an attempt of which nobody knows what came of it."""

_LONGEST_PROCESSING = DAY
_FIRST_LOOK, _LONGEST_PAUSE = 30.0, float(kit.HOUR)


class Export(msgspec.Struct, kw_only=True):
    """An export as GitHub tells it; who asked for it is not read."""

    ignored: ClassVar = frozenset({"actor"})

    id: str
    report_type: str
    start_date: str
    end_date: str
    status: str
    download_urls: list[str] | None = None
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        kit.checked("start_date", day_start, self.start_date)
        kit.checked("end_date", day_start, self.end_date)

    @property
    def has_failed(self) -> bool:
        return self.status in _BROKEN_OFF

    @property
    def days(self) -> Window:
        """The days that it was asked for."""
        return Window(day_start(self.start_date), day_start(self.end_date) + DAY)

    @property
    def created(self) -> float:
        """When it was made; without a time it is taken for one made when its days were over."""
        return float(self.days.end) if self.created_at is None else kit.unix(self.created_at)

    @property
    def told(self) -> Window:
        """The days that it can tell about: what had begun when it was made."""
        days = self.days
        return Window(days.start, max(days.start, min(days.end, floor(self.created, DAY) + DAY)))


class ExportList(msgspec.Struct, kw_only=True):
    """All exports of an enterprise."""

    usage_report_exports: list[Export]


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """The export that a day was counted from."""

    id: str
    created: float


class Made(msgspec.Struct, array_like=True):
    """The newest export of a type that was asked for here; without id where the answer was lost."""

    id: str
    at: float
    looks: int = 0

    @property
    def look_at(self) -> float:
        """When to ask for it by its id, while the list does not have it."""
        return self.at + sum(
            (min(_FIRST_LOOK * 2.0**n, _LONGEST_PAUSE) for n in range(self.looks + 1)), 0.0
        )


class Memory(msgspec.Struct, kw_only=True):
    """What is remembered between polls: by type, the source of each day and what was created."""

    counted: dict[str, dict[str, Counted]] = {}
    made: dict[str, Made] = {}

    def stored(self, window: Window, report_types: Collection[str]) -> dict[str, Any]:
        """As it is kept: without days and types that do not matter any more."""
        first = iso_day(window.start)
        counted = {
            name: {day: source for day, source in days.items() if day >= first}
            for name, days in self.counted.items()
            if name in report_types
        }
        return dict(msgspec.to_builtins(Memory(counted=counted, made=self.made)))

    def source(self, report_type: str, day: int) -> Counted | None:
        """Where a day was counted from."""
        return self.counted.get(report_type, {}).get(iso_day(day))

    def count(self, export: Export, days: Iterable[int]) -> None:
        """Remember that days were counted from an export."""
        known = self.counted.setdefault(export.report_type, {})
        for day in days:
            known[iso_day(day)] = Counted(export.id, export.created)


class Wanted(NamedTuple):
    """An export to be created: a type, its first day and its last."""

    report_type: str
    first: int
    last: int

    @property
    def body(self) -> dict[str, Any]:
        return {
            "report_type": self.report_type,
            "start_date": iso_day(self.first),
            "end_date": iso_day(self.last),
            "send_email": False,
        }


def days_to_read(
    exports: Iterable[Export], report_type: str, window: Window, memory: Memory
) -> list[tuple[Export, list[int]]]:
    """The completed exports that tell something newer about days of the window, and which days.

    Of a day the export created last is right. A day is never read again from an older export, also
    when the newer one is gone from the list.
    """
    best: dict[int, Export] = {}
    for export in exports:
        if export.report_type != report_type or export.status != COMPLETED:
            continue
        for day in _days(export.told, window):
            if day not in best or export.created > best[day].created:
                best[day] = export
    found: dict[str, tuple[Export, list[int]]] = {}
    for day, export in sorted(best.items()):
        known = memory.source(report_type, day)
        if known is None or (known.id != export.id and known.created <= export.created):
            found.setdefault(export.id, (export, []))[1].append(day)
    return list(found.values())


def in_the_works(exports: Iterable[Export], now: float) -> bool:
    """Whether GitHub is making one: the account may have one at a time."""
    return any(
        export.status != COMPLETED
        and not export.has_failed
        and (export.created_at is None or now - export.created < _LONGEST_PROCESSING)
        for export in exports
    )


def missing(
    report_type: str, longest: int, window: Window, memory: Memory, now: float, every: float
) -> Wanted | None:
    """The export to create: the days, up to yesterday, that none made after they settled tells.

    Oldest first where one cannot span them; the first of all, the newest. None within `every` seconds
    of the one before, whatever became of it.
    """
    made = memory.made.get(report_type)
    pause = every if made is None or made.id else min(every, RETRY_AFTER)
    # One of the future was made by a clock that was set back since: it says nothing of when.
    if made is not None and made.at <= now < made.at + pause:
        return None
    yesterday = floor(now, DAY) - DAY
    known = memory.counted.get(report_type, {})
    since = min(map(day_start, known), default=yesterday - (longest - 1) * DAY)
    due = [
        day
        for day in _days(Window(max(since, window.start), yesterday + DAY), window)
        if not _settled(memory.source(report_type, day), day)
    ]
    if not due:
        return None
    return Wanted(report_type, due[0], min(yesterday, due[0] + (longest - 1) * DAY))


def made_already(
    exports: Iterable[Export], wanted: Wanted, now: float, every: float
) -> Export | None:
    """One of the list that was made lately and spans the same days, by whomever.

    So one that was created here is found that a crash or a lost answer kept from being remembered.
    """
    for export in exports:
        spans = export.days.start <= wanted.first and wanted.last < export.days.end
        if export.report_type == wanted.report_type and spans and now - export.created < every:
            return export
    return None


def _settled(source: Counted | None, day: int) -> bool:
    return source is not None and source.created >= day + DAY + SETTLED_AFTER


def _days(part: Window, window: Window) -> range:
    """The starts of the days of both."""
    first = max(part.start, floor(window.start, DAY))
    return range(first, min(part.end, window.end), DAY)
