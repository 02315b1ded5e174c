"""Stream `copilot_seats`: the Copilot seats of an organization or enterprise, and how idle they are.

The list names a person once for each organization and team that gives a seat; seats are counted once
for each person. Nothing of a person is read but the id and when Copilot was last used.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import aclosing
from datetime import datetime
from math import inf
from typing import ClassVar, NamedTuple, TypeAlias

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.github.rights import COPILOT, REST, SEAT_PERMISSION, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget

BILLING = kit.Endpoint("/orgs/{org}/copilot/billing", GROUP, conditional=True)
SEATS = {
    "org": kit.Endpoint("/orgs/{org}/copilot/billing/seats", GROUP),
    "enterprise": kit.Endpoint("/enterprises/{enterprise}/copilot/billing/seats", GROUP),
}
PAGING = kit.LinkHeader(size=100, page_param="page")

NEVER = "never"
AGES = {"under_7d": 7, "7d_to_30d": 30, "30d_to_90d": 90, "over_90d": inf}
"""How many days a seat has been idle at most, by the value of the label."""
PLANS = {kit.UNKNOWN: 0, "business": 2, "enterprise": 3}
"""The plans by rank; one that is not among them has rank 1."""

_Source: TypeAlias = kit.Source[GithubTarget, kit.StreamOptions]


class _Breakdown(msgspec.Struct):
    total: kit.Count
    added_this_cycle: kit.Count | None = None
    active_this_cycle: kit.Count | None = None
    inactive_this_cycle: kit.Count | None = None
    pending_invitation: kit.Count | None = None
    pending_cancellation: kit.Count | None = None


class Billing(msgspec.Struct):
    """The settings of an organization; its policies are not read."""

    ignored: ClassVar = frozenset(
        {"public_code_suggestions", "ide_chat", "platform_chat", "cli", "plan_type"}
        | {"seat_management_setting"}
    )
    seat_breakdown: _Breakdown | None = None


class _Assignee(msgspec.Struct, frozen=True):
    """Whom a seat belongs to: a user, or in old answers a team, whose ids are its own."""

    id: int
    slug: str | None = None


class _Seat(msgspec.Struct):
    """One grant of a seat to a person; what else GitHub says of the person is no drift."""

    ignored: ClassVar = frozenset(
        {"assignee", "organization", "assigning_team", "created_at", "updated_at"}
        | {"last_authenticated_at"}
    )
    assignee: _Assignee | None = None
    pending_cancellation_date: str | None = None
    last_activity_at: datetime | None = None
    last_activity_editor: str | None = None
    plan_type: str | None = None


class SeatsPage(msgspec.Struct):
    """A page of the list."""

    seats: list[_Seat]
    total_seats: kit.Count | None = None


BREAKDOWN = kit.Table(_Breakdown, api="GitHub Copilot billing API, as last polled")
BREAKDOWN.gauge("github_copilot_seats", "Copilot seats that are billed, each person once", "total")
for name, what, field in (
    ("github_copilot_seats_added_this_cycle", "were added in", "added_this_cycle"),
    ("github_copilot_seats_active_this_cycle", "were used in", "active_this_cycle"),
    ("github_copilot_seats_inactive_this_cycle", "were not used in", "inactive_this_cycle"),
):
    BREAKDOWN.gauge(name, f"Copilot seats that {what} the current billing cycle", field)
BREAKDOWN.gauge(
    "github_copilot_seats_pending_invitation",
    "People who are invited to a Copilot seat and have not accepted",
    "pending_invitation",
)
BREAKDOWN.gauge(
    "github_copilot_seats_pending_cancellation",
    "Copilot seats that end with the current billing cycle",
    "pending_cancellation",
)
BREAKDOWN.shows(common_metrics.SEATS, "total")

LIST = kit.Table(int, api="GitHub Copilot seats API; activity is up to 24 hours late")
IDLE = LIST.gauge(
    "github_copilot_seats_idle",
    "Copilot seats by the time since they were last used, each person once",
    int,
    labels=("idle",),
    foldable_labels=(),
)
BY_PLAN = LIST.gauge(
    "github_copilot_plan_seats",
    "Copilot seats by plan, each person once with the greatest",
    int,
    labels=("plan",),
)
BY_EDITOR = LIST.gauge(
    "github_copilot_editor_seats",
    "Copilot seats by the editor that was last used, each person once",
    int,
    labels=("editor",),
)
METRICS = (*BREAKDOWN.metrics[:-1], *LIST.metrics, common_metrics.SEATS)


class _Holder(NamedTuple):
    """What all grants of one person come to: of each field the greatest."""

    used: tuple[float, str]
    """When the seat was last used, and with which editor."""
    plan: tuple[int, str]
    kept: bool

    def merged(self, other: "_Holder") -> "_Holder":
        return _Holder(
            max(self.used, other.used), max(self.plan, other.plan), self.kept or other.kept
        )


def _granted(seat: _Seat) -> _Holder:
    plan = seat.plan_type or kit.UNKNOWN
    used = (-inf, "none")
    if seat.last_activity_at is not None:
        # `vscode` of `vscode/1.77.3/copilot/1.86.82`
        editor = (seat.last_activity_editor or "").partition("/")[0].strip().lower()
        used = (kit.unix(seat.last_activity_at), editor or kit.UNKNOWN)
    return _Holder(used, (PLANS.get(plan, 1), plan), seat.pending_cancellation_date is None)


async def read(source: _Source) -> AsyncGenerator[kit.Batch, None]:
    breakdown = None
    if source.target.org:
        # GitHub's own counts, which it gives of organizations only.
        request = kit.Request(BILLING, source.target.scope_path)
        breakdown = (await source.get(request, Billing)).seat_breakdown
        source.records += breakdown is not None
    total, holders = await _listed(source)
    samples: list[kit.Sample] = []
    # An empty list without a total says nothing, not even that there is no seat.
    if total is not None or holders:
        source.records += 1
        samples += _by_label(holders, source.now)
        breakdown = breakdown or _Breakdown(
            total=len(holders) if total is None else total,
            pending_cancellation=sum(not holder.kept for holder in holders),
        )
    if breakdown is not None:
        samples += BREAKDOWN.samples(breakdown)
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


def _list(source: _Source) -> kit.Request:
    return kit.Request(SEATS[source.target.scope], source.target.scope_path)


async def _listed(source: _Source) -> tuple[int | None, Collection[_Holder]]:
    """How many seats GitHub says that there are, and who has them, each person once."""
    total, holders = None, dict[object, _Holder]()
    found = source.pages(_list(source), PAGING, SeatsPage, lambda page: page.seats)
    async with aclosing(found) as pages:
        async for page in pages:
            total = page.total_seats if page.total_seats is not None else total
            for seat in page.seats:
                grant = _granted(seat)
                # A grant that does not tell its holder is a seat of its own.
                holder = seat.assignee or len(holders)
                holders[holder] = grant.merged(holders.get(holder, grant))
    return total, holders.values()


def _by_label(holders: Collection[_Holder], now: float) -> Iterator[kit.Sample]:
    counts = Counter({(IDLE, name): 0 for name in (NEVER, *AGES)})
    for (active, editor), (_, plan), _ in holders:
        days = (now - active) / kit.DAY
        idle = next((name for name, most in AGES.items() if days < most), NEVER)
        counts.update(((IDLE, idle), (BY_PLAN, plan), (BY_EDITOR, editor)))
    return (kit.Sample(metric, (label,), count) for (metric, label), count in counts.items())


_SEATS_DOCUMENT = f"{REST}/copilot/copilot-user-management#list-all-copilot-seat-assignments-for-an"

STREAM = kit.Stream(
    name="copilot_seats",
    summary="Copilot seats, each person once, and how long they have been idle",
    metrics=METRICS,
    options=kit.every(kit.HOUR),
    read=read,
    # A page of the list has 100 seats.
    plan=lambda target, _: (kit.Cost(GROUP, 2 if target.org else 1),),
    probe=kit.once(lambda source: _list(source).with_parameters({"per_page": 1}), SeatsPage),
    right={
        "org": Right(
            document=f"{_SEATS_DOCUMENT}-organization",
            who="an owner",
            classic=("manage_billing:copilot", "read:org"),
            fine_grained=SEAT_PERMISSION,
            app=SEAT_PERMISSION,
            plan=COPILOT,
        ),
        "enterprise": Right(
            document=f"{_SEATS_DOCUMENT}-enterprise",
            who="an owner or a billing manager",
            classic=("manage_billing:copilot", "read:enterprise"),
            app='the permission "Enterprise Copilot license management" (whether it is enough is open)',
            plan=COPILOT,
        ),
    },
    bucket=None,
    label_sizes=lambda _, __: {"idle": 1 + len(AGES), "plan": len(PLANS), "editor": 10},
)
