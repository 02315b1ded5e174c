"""Stream `spend`: what the team has spent in the current billing cycle, and who is at a limit.

Cursor tells the current cycle only, and falls to 0 at its start.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from exporter.streams import kit
from exporter.streams.money import ZERO
from exporter.vendors.cursor.member_spend import SPEND, Member, SpendPage, everybody
from exporter.vendors.cursor.pages import ONE
from exporter.vendors.cursor.rights import SPEND as RIGHT
from exporter.vendors.cursor.vendor import CursorTarget

API = "Cursor spending data of the current billing cycle, as last polled"
PAGE_SIZE = 100


class Options(kit.StreamOptions):
    """Options of `spend`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    expected_members: int = kit.Field(default=1_000, ge=1)
    """How many members the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]

CYCLE_SPEND = kit.gauge(
    "cursor_cycle_spend_usd",
    f"US dollars spent, on demand or overall, with use that is included ({API}).",
    ("type",),
    foldable_labels=(),
)
CYCLE_START = kit.gauge(
    "cursor_cycle_start_timestamp_seconds", f"When the current billing cycle began ({API})."
)
LIMITS = kit.gauge(
    "cursor_member_spend_limits_usd",
    f"What the limits in US dollars of all members that have one add up to ({API}).",
)
LIMITED = kit.gauge(
    "cursor_members_with_spend_limit", f"Members whose spending on demand has a limit ({API})."
)
AT_LIMIT = kit.gauge(
    "cursor_members_at_spend_limit",
    f"Members whose spending on demand has reached their limit ({API}).",
)
USER_SPEND = kit.gauge(
    "cursor_user_cycle_spend_usd",
    f"US dollars spent, on demand or overall, by user ({API}).",
    ("user", "type"),
    foldable_labels=("user",),
    people=True,
)
USER_LIMIT = kit.gauge(
    "cursor_user_spend_limit_usd",
    f"The limit in US dollars of a user's spending on demand ({API}).",
    ("user",),
    people=True,
)
METRICS = (CYCLE_SPEND, CYCLE_START, LIMITED, LIMITS, AT_LIMIT, USER_SPEND, USER_LIMIT)


def _asked(target: CursorTarget) -> kit.Request:
    # Ordered by what does not change while it is read.
    return SPEND.post(target, {"sortBy": "user", "sortDirection": "asc"})


async def read(source: _Source) -> kit.Batches:
    found = await everybody(source, _asked(source.target), PAGE_SIZE)
    samples = [*_samples(found.members.values(), source.people)] if found.members else []
    if found.members and found.cycle_start is not None:
        samples.append(kit.Sample(CYCLE_START, (), found.cycle_start))
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


def _dollars(member: Member) -> dict[str, Decimal | None]:
    """What a member has spent by the type of spending; None where it is unknown."""
    overall = member.overall_spend_cents
    return {
        "on_demand": member.spend_cents.scaleb(-2),
        "overall": None if overall is None else overall.scaleb(-2),
    }


def _samples(members: Iterable[Member], people: bool) -> Iterator[kit.Sample]:
    """What all members add up to; a type of spending that is unknown of one is unknown of the team."""
    members = list(members)
    for kind in ("on_demand", "overall"):
        dollars = [_dollars(member)[kind] for member in members]
        known = [value for value in dollars if value is not None]
        if len(known) == len(dollars):
            yield kit.Sample(CYCLE_SPEND, (kind,), sum(known, ZERO))
    limits = [member.limit for member in members if member.limit is not None]
    yield kit.Sample(LIMITED, (), len(limits))
    yield kit.Sample(LIMITS, (), sum(limits, ZERO))
    yield kit.Sample(AT_LIMIT, (), sum(member.is_at_limit for member in members))
    if people:
        for member in members:
            yield from _of_user(member)


def _of_user(member: Member) -> Iterator[kit.Sample]:
    key = str(member.user_id)
    for kind, value in _dollars(member).items():
        if value is not None:
            yield kit.Sample(USER_SPEND, (member.user, kind), value, key=key)
    if member.limit is not None:
        yield kit.Sample(USER_LIMIT, (member.user,), member.limit, key=key)


def _first_member(source: kit.Source[Any, Any]) -> kit.Request:
    return _asked(source.target).with_parameters(ONE)


def _has_no_cycle(target: CursorTarget) -> str | None:
    if target.organization_id is None:
        return None
    return (
        "an organization has no billing cycle but a contract, whose spending is in the stream pool: "
        "name that one"
    )


STREAM = kit.Stream(
    name="spend",
    summary="what the team has spent in the current billing cycle, and who is at a limit",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=lambda _, options: [kit.Cost(SPEND.group, -(-options.expected_members // PAGE_SIZE))],
    probe=kit.once(_first_member, SpendPage),
    right=RIGHT,
    bucket=None,
    inapplicable=_has_no_cycle,
    label_sizes=lambda _, options: {"type": 2, "user": options.expected_members},
)
