"""The usage report exports that an enterprise has: some made every night, others on request."""

import uuid
from dataclasses import dataclass

from exporter.model import DAY, HOUR, MINUTE, floor

PROCESSING_SECONDS = 10 * MINUTE
NIGHTLY_TYPES = ("summarized", "ai_credit")
NIGHTS_KEPT = 7
NIGHTLY_DAYS = 31
LONGEST = {"summarized": 366, "detailed": 31, "premium_request": 31, "ai_credit": 31}


@dataclass(frozen=True, slots=True)
class Export:
    """One export; `first` and `last` are the starts of its days."""

    number: int
    report_type: str
    first: int
    last: int
    created: float
    ready: float
    actor: str
    fails: bool = False

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"simulator:export:{self.number}"))

    def status(self, now: float) -> str:
        """Where it has come to."""
        if now < self.ready:
            return "processing"
        return "failed" if self.fails else "completed"


class BusyError(Exception):
    """The account has an export in the making."""


class ExportDesk:
    """Makes exports, one at a time; `failing` of the next ones come to nothing.

    With `nightly` a job of the customer makes those of the past month early every morning.
    """

    def __init__(self, first: int) -> None:
        self.nightly = True
        self.failing = 0
        self.processing_seconds: float = PROCESSING_SECONDS
        self._first = first
        self._made: list[Export] = []

    def all(self, now: float) -> list[Export]:
        """What the list shows, newest first."""
        made = [*self._made, *(self._of_the_nights(now) if self.nightly else ())]
        return sorted(made, key=lambda export: -export.created)

    def create(self, report_type: str, first: int, last: int, actor: str, now: float) -> Export:
        """Begin one; raises BusyError."""
        if any(export.status(now) == "processing" for export in self._made):
            raise BusyError("A usage report export is already in progress.")
        fails = self.failing > 0
        self.failing -= fails
        ready = now + self.processing_seconds
        export = Export(len(self._made) + 1, report_type, first, last, now, ready, actor, fails)
        self._made.append(export)
        return export

    def _of_the_nights(self, now: float) -> list[Export]:
        today = floor(now, DAY)
        found = []
        for day in range(max(self._first, today - NIGHTS_KEPT * DAY), today + 1, DAY):
            for index, report_type in enumerate(NIGHTLY_TYPES):
                created = day + 6 * HOUR + index * HOUR
                if created <= now:
                    number = day * 10 + index
                    days = (day - NIGHTLY_DAYS * DAY, day - DAY)
                    ready = created + PROCESSING_SECONDS
                    found.append(Export(number, report_type, *days, created, ready, "billing-bot"))
        return found
