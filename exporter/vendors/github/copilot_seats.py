"""Stream `copilot_seats`: the Copilot seats of an organization or enterprise, and how idle they are.

The list names a person once for each organization and team that gives a seat; seats are counted once
for each person. Nothing of a person is read but the id and when Copilot was last used.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import aclosing
from datetime import datetime
from math import inf
from typing import Any, ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.github.rights import SEAT_READER
from exporter.vendors.github.vendor import GROUP, PAGING, GithubTarget, below, first_of

LIST = "/copilot/billing/seats"

NEVER = "never"
AGES = {"under_7d": 7, "7d_to_30d": 30, "30d_to_90d": 90, "over_90d": inf}
"""How many days a seat has been idle at most, by the value of the label."""
PLANS = {kit.UNKNOWN: 0, "business": 2, "enterprise": 3}
"""The plans by rank; one that is not among them has rank 1."""


class _Breakdown(msgspec.Struct):
    total: kit.Count
    added_this_cycle: kit.Count | None = None
    active_this_cycle: kit.Count | None = None
    inactive_this_cycle: kit.Count | None = None
    pending_invitation: kit.Count | None = None
    pending_cancellation: kit.Count | None = None


class Billing(msgspec.Struct):
    """The settings of an organization; its policies are not read."""

    ignored: ClassVar = kit.names(
        "public_code_suggestions ide_chat platform_chat cli plan_type seat_management_setting"
    )
    seat_breakdown: _Breakdown | None = None


class _Assignee(msgspec.Struct, frozen=True):
    """Whom a seat belongs to: a user, or in old answers a team, whose ids are its own."""

    id: int
    slug: str | None = None


class _Seat(msgspec.Struct):
    """One grant of a seat to a person; what else GitHub says of the person is no drift."""

    ignored: ClassVar = kit.names(
        "assignee organization assigning_team created_at updated_at last_authenticated_at"
    )
    assignee: _Assignee | None = None
    pending_cancellation_date: str | None = None
    last_activity_at: datetime | None = None
    last_activity_editor: str | None = None
    plan_type: str | None = None

    @property
    def used(self) -> tuple[float, str]:
        """When it was last used, and with which editor: `vscode` of `vscode/1.77.3/copilot/1.86.82`."""
        if self.last_activity_at is None:
            return -inf, "none"
        editor = (self.last_activity_editor or "").partition("/")[0].strip().lower()
        return kit.unix(self.last_activity_at), editor or kit.UNKNOWN

    @property
    def plan(self) -> tuple[int, str]:
        """Its plan, after the rank of that."""
        name = self.plan_type or kit.UNKNOWN
        return PLANS.get(name, 1), name


class SeatsPage(msgspec.Struct):
    """A page of the list."""

    seats: list[_Seat]
    total_seats: kit.Count | None = None


BREAKDOWN = kit.Table(_Breakdown, api="GitHub Copilot billing API, as last polled")
BREAKDOWN.gauge("github_copilot_seats", "Copilot seats that are billed, each person once", "total")
BREAKDOWN.gauges_named(
    "github_copilot_seats_*",
    "*",
    {
        "github_copilot_seats_added_this_cycle": "Copilot seats that were added in the current billing cycle",
        "github_copilot_seats_active_this_cycle": "Copilot seats that were used in the current billing cycle",
        "github_copilot_seats_inactive_this_cycle": "Copilot seats that were not used in the current billing cycle",
        "github_copilot_seats_pending_invitation": "People who are invited to a Copilot seat and have not accepted",
        "github_copilot_seats_pending_cancellation": "Copilot seats that end with the current billing cycle",
    },
)
BREAKDOWN.shows(common_metrics.SEATS, "total")

_LISTED = "GitHub Copilot seats API; activity is up to 24 hours late"
IDLE = kit.gauge(
    "github_copilot_seats_idle",
    f"Copilot seats by the time since they were last used, each person once ({_LISTED}).",
    ("idle",),
    foldable_labels=(),
)
BY_PLAN = kit.gauge(
    "github_copilot_plan_seats",
    f"Copilot seats by plan, each person once with the greatest ({_LISTED}).",
    ("plan",),
)
BY_EDITOR = kit.gauge(
    "github_copilot_editor_seats",
    f"Copilot seats by the editor that was last used, each person once ({_LISTED}).",
    ("editor",),
)
METRICS = (*BREAKDOWN.metrics[:-1], IDLE, BY_PLAN, BY_EDITOR, common_metrics.SEATS)


async def read(source: kit.Source[GithubTarget, Any]) -> kit.Batches:
    summary, total = None, None
    grants = defaultdict[object, list[_Seat]](list)
    found = source.pages(below(source.target, LIST), PAGING, SeatsPage, lambda page: page.seats)
    async with aclosing(found) as pages:
        async for page in pages:
            total = page.total_seats if page.total_seats is not None else total
            for seat in page.seats:
                # A grant that does not tell its holder is a seat of its own.
                grants[seat.assignee or len(grants)].append(seat)
    if source.target.org:
        # GitHub's own counts, of organizations only; where an enterprise gives the seats they are 404.
        async with source.optional("the breakdown of seats"):
            request = below(source.target, "/copilot/billing", conditional=True)
            summary = (await source.get(request, Billing)).seat_breakdown
            source.records += summary is not None
    samples: list[kit.Sample] = []
    # An empty list without a total says nothing, not even that there is no seat.
    if total is not None or grants:
        source.records += 1
        samples += _by_label(grants.values(), source.now)
        summary = summary or _summed(total, grants.values())
    if summary is not None:
        samples += BREAKDOWN.samples(summary)
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


def _summed(total: int | None, holders: Collection[list[_Seat]]) -> _Breakdown:
    """What the list says where there is no breakdown."""
    ending = sum(all(seat.pending_cancellation_date for seat in seats) for seats in holders)
    return _Breakdown(len(holders) if total is None else total, pending_cancellation=ending)


def _by_label(holders: Collection[list[_Seat]], now: float) -> Iterator[kit.Sample]:
    """Of all grants of a person the greatest values."""
    counts = Counter({(IDLE, name): 0 for name in (NEVER, *AGES)})
    for seats in holders:
        active, editor = max(seat.used for seat in seats)
        _, plan = max(seat.plan for seat in seats)
        days = (now - active) / kit.DAY
        idle = next((name for name, most in AGES.items() if days < most), NEVER)
        counts.update(((IDLE, idle), (BY_PLAN, plan), (BY_EDITOR, editor)))
    return (kit.Sample(metric, (label,), count) for (metric, label), count in counts.items())


STREAM = kit.Stream(
    name="copilot_seats",
    summary="Copilot seats, each person once, and how long they have been idle",
    metrics=METRICS,
    options=kit.every(kit.HOUR),
    read=read,
    # A page of the list has 100 seats.
    plan=lambda target, _: (kit.Cost(GROUP, 2 if target.org else 1),),
    probe=kit.once(first_of(LIST), SeatsPage),
    right=SEAT_READER,
    bucket=None,
    label_sizes=lambda _, __: {"idle": 1 + len(AGES), "plan": len(PLANS), "editor": 10},
)
