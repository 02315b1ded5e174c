"""Stream `copilot_seats`: the Copilot seats of an organization or enterprise, and how idle they are.

The list names a person once for each organization and team that gives a seat; seats are counted once
for each person. Nothing of a person is read but the id and when Copilot was last used.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.paging import LinkHeader
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Metric, Sample
from exporter.streams import common_metrics
from exporter.streams.payload import Count, decode, drift
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.github.copilot_seats_metrics import (
    ACTIVE,
    ADDED,
    BY_EDITOR,
    BY_PLAN,
    CANCELLED,
    IDLE,
    INACTIVE,
    INVITED,
    METRICS,
    SEATS,
)
from exporter.vendors.github.vendor import GROUP, GithubTarget

BILLING = Endpoint("/orgs/{org}/copilot/billing", GROUP, conditional=True)
ORG_SEATS = Endpoint("/orgs/{org}/copilot/billing/seats", GROUP)
ENTERPRISE_SEATS = Endpoint("/enterprises/{enterprise}/copilot/billing/seats", GROUP)
PAGE_SIZE = 100

NEVER = "never"
OLDEST = "over_90d"
AGES = (("under_7d", 7 * DAY), ("7d_to_30d", 30 * DAY), ("30d_to_90d", 90 * DAY))
"""How long a seat has been idle, by the upper end of each range."""
IDLE_VALUES = (NEVER, *(name for name, _ in AGES), OLDEST)

UNKNOWN = "unknown"
PLANS = {UNKNOWN: 0, "business": 2, "enterprise": 3}
"""The plans by rank, one that is not among them between: a person with several has the greatest."""
NONE = "none"
"""The editor of a seat without known activity."""


class Options(StreamOptions):
    """Options of `copilot_seats`."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=0, ge=0)
    """Without effect: the stream reads the present."""


class _Breakdown(msgspec.Struct):
    total: Count
    added_this_cycle: Count | None = None
    active_this_cycle: Count | None = None
    inactive_this_cycle: Count | None = None
    pending_invitation: Count | None = None
    pending_cancellation: Count | None = None


class _Billing(msgspec.Struct):
    """The settings of an organization; the policies are known and not read."""

    seat_breakdown: _Breakdown | None = None
    public_code_suggestions: Any = None
    ide_chat: Any = None
    platform_chat: Any = None
    cli: Any = None
    seat_management_setting: Any = None
    plan_type: Any = None


class _Assignee(msgspec.Struct):
    """Whom a seat belongs to: a user, or in old answers a team, whose ids are its own."""

    id: int
    slug: str | None = None

    @property
    def identity(self) -> tuple[str, int]:
        return ("user" if self.slug is None else "team", self.id)


class _Seat(msgspec.Struct):
    """One grant; its organization and team are passed over unread."""

    assignee: _Assignee | None = None
    organization: msgspec.Raw = msgspec.Raw(b"null")
    assigning_team: msgspec.Raw = msgspec.Raw(b"null")
    pending_cancellation_date: str | None = None
    last_activity_at: datetime | None = None
    last_activity_editor: str | None = None
    last_authenticated_at: Any = None
    created_at: Any = None
    updated_at: Any = None
    plan_type: str | None = None


class SeatsPage(msgspec.Struct):
    """A page of the list."""

    seats: list[_Seat]
    total_seats: Count | None = None


class _KnownSeat(_Seat):
    """For drift: what GitHub says of a person is none of our business, so nothing of it is unknown."""

    assignee: Any = None


class _KnownPage(msgspec.Struct):
    seats: list[_KnownSeat]
    total_seats: Any = None


class _Holder:
    """What all grants of one person come to."""

    __slots__ = ("cancelled", "editor", "last_active", "plan")

    def __init__(self) -> None:
        self.last_active: float | None = None
        self.editor = NONE
        self.plan = UNKNOWN
        self.cancelled = True

    def add(self, seat: _Seat) -> None:
        # Whoever keeps one grant keeps the seat.
        self.cancelled = self.cancelled and seat.pending_cancellation_date is not None
        self.plan = max(self.plan, seat.plan_type or UNKNOWN, key=_rank)
        if seat.last_activity_at is None:
            return
        active = _unix(seat.last_activity_at)
        if self.last_active is None or active > self.last_active:
            self.last_active = active
            self.editor = _editor(seat.last_activity_editor)

    def idle(self, now: float) -> str:
        if self.last_active is None:
            return NEVER
        age = now - self.last_active
        return next((name for name, end in AGES if age < end), OLDEST)


class _List:
    """All pages of the list, each person once."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.rows = 0
        self._holders: dict[tuple[str, int], _Holder] = {}

    def add(self, page: SeatsPage) -> None:
        if page.total_seats is not None:
            self.total = page.total_seats
        for seat in page.seats:
            self.rows += 1
            # Who is not told cannot be found again: each such grant is a seat of its own.
            holder = seat.assignee
            identity = ("nobody", self.rows) if holder is None else holder.identity
            self._holders.setdefault(identity, _Holder()).add(seat)

    @property
    def answered(self) -> bool:
        """Whether the list says how many seats there are, if only that there is none."""
        return self.total is not None or self.rows > 0

    @property
    def seats(self) -> int:
        return len(self._holders) if self.total is None else self.total

    @property
    def cancelled(self) -> int:
        return sum(holder.cancelled for holder in self._holders.values())

    def samples(self, now: float) -> Iterable[Sample]:
        holders = self._holders.values()
        idle = Counter(holder.idle(now) for holder in holders)
        for name in IDLE_VALUES:
            yield Sample(IDLE, (name,), idle[name])
        for metric, counts in (
            (BY_PLAN, Counter(holder.plan for holder in holders)),
            (BY_EDITOR, Counter(holder.editor for holder in holders)),
        ):
            for label, count in counts.items():
                yield Sample(metric, (label,), count)


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    reading = Reading(complete=METRICS)
    breakdown = await _breakdown(poll, reading)
    found = await _list(poll, reading)
    values: list[tuple[Metric, int | None]] = []
    if breakdown is not None:
        reading.records += 1
        values += (
            (SEATS, breakdown.total),
            (ADDED, breakdown.added_this_cycle),
            (ACTIVE, breakdown.active_this_cycle),
            (INACTIVE, breakdown.inactive_this_cycle),
            (INVITED, breakdown.pending_invitation),
            (CANCELLED, breakdown.pending_cancellation),
        )
    if found.answered:
        reading.records += 1
        if breakdown is None:
            values += ((SEATS, found.seats), (CANCELLED, found.cancelled))
        reading.samples += found.samples(poll.now)
    for metric, value in values:
        if value is not None:
            reading.samples.append(Sample(metric, (), value))
            if metric is SEATS:
                reading.samples.append(Sample(common_metrics.SEATS, (), value))
    return reading


async def _breakdown(poll: Poll[GithubTarget, Options], reading: Reading) -> _Breakdown | None:
    """GitHub's own counts, which it gives of organizations only."""
    if poll.target.org is None:
        return None
    answer = await poll.client.get(Request(BILLING, {"org": poll.target.org}))
    billing = decode(answer.body, _Billing, BILLING.path)
    reading.drift.update(drift(answer.body, _Billing))
    return billing.seat_breakdown


async def _list(poll: Poll[GithubTarget, Options], reading: Reading) -> _List:
    if poll.target.org is not None:
        request = Request(ORG_SEATS, {"org": poll.target.org})
    else:
        request = Request(ENTERPRISE_SEATS, {"enterprise": str(poll.target.enterprise)})

    def rows(body: bytes) -> tuple[SeatsPage, int]:
        page = decode(body, SeatsPage, request.endpoint.path)
        reading.drift.update(drift(body, _KnownPage))
        return page, len(page.seats)

    found = _List()
    paging = LinkHeader(size=PAGE_SIZE, page_param="page")
    async with aclosing(poll.client.pages(request, paging, rows)) as pages:
        async for page in pages:
            found.add(page)
    reading.records += found.rows
    return found


def _rank(plan: str) -> int:
    return PLANS.get(plan, 1)


def _editor(text: str | None) -> str:
    """`vscode` of `vscode/1.77.3/copilot/1.86.82`."""
    return (text or "").partition("/")[0].strip().lower() or UNKNOWN


def _unix(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def plan(target: GithubTarget, _: Options) -> Sequence[Cost]:
    """A page of the list has 100 seats."""
    return (Cost(GROUP, 2 if target.org else 1),)


STREAM = Stream(
    name="copilot_seats",
    shape=Shape.SNAPSHOT,
    summary="Copilot seats, each person once, and how long they have been idle",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=DAY,
    read=read,
    plan=plan,
    label_sizes=lambda _, __: {"idle": len(IDLE_VALUES), "plan": len(PLANS), "editor": 10},
)
