"""Stream `pool`: the money that the teams of an organization share until its contract ends.

How many people a team has is read from the list of their spending, because a team of few is not shown by
name; an organization's members would need a key of another scope.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.streams.money import exact
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.member_spend import SPEND, Members, everybody
from exporter.vendors.cursor.rights import USAGE
from exporter.vendors.cursor.vendor import POOL as GROUP
from exporter.vendors.cursor.vendor import CursorTarget, needs_organization

POOL = AccountList("pooled-usage", GROUP)
PAGE_SIZE = 1_000
API = "Cursor pooled usage of an organization in the current contract, as last polled"


class Options(kit.StreamOptions):
    """Options of `pool`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    expected_members: int = kit.Field(default=1_000, ge=1)
    """How many members the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]

LIMIT = kit.gauge("cursor_pool_limit_usd", f"US dollars that are in the pool ({API}).")
USED = kit.gauge("cursor_pool_used_usd", f"US dollars that were taken from the pool ({API}).")
REMAINING = kit.gauge("cursor_pool_remaining_usd", f"US dollars that are left in the pool ({API}).")
BEGIN = kit.gauge(
    "cursor_pool_contract_start_timestamp_seconds", f"When the contract of the pool began ({API})."
)
END = kit.gauge(
    "cursor_pool_contract_end_timestamp_seconds", f"When the contract of the pool ends ({API})."
)
TEAM_USED = kit.gauge(
    "cursor_team_pool_used_usd",
    f"US dollars that a team took from the pool, by the team's id ({API}).",
    ("team",),
    group="team",
)
TEAM_LIMIT = kit.gauge(
    "cursor_team_pool_limit_usd",
    f"US dollars that a team may take from the pool, by the team's id ({API}).",
    ("team",),
    group="team",
)
USER_USED = kit.gauge(
    "cursor_user_pool_used_usd",
    f"US dollars that a user took from the pool ({API}).",
    ("user",),
    people=True,
)
WHOLE = (LIMIT, USED, REMAINING, BEGIN, END)
PARTS = (TEAM_USED, TEAM_LIMIT, USER_USED)


class Pool(msgspec.Struct, rename="camel", kw_only=True):
    """The pool in cents with fractions; a date is null where none is agreed."""

    limit_cents: Decimal
    used_cents: Decimal
    remaining_cents: Decimal
    contract_start_date: str | None = None
    contract_end_date: str | None = None

    def __post_init__(self) -> None:
        self.limit_cents = kit.checked("limitCents", exact, self.limit_cents)
        self.used_cents = kit.checked("usedCents", exact, self.used_cents)
        self.remaining_cents = kit.checked("remainingCents", exact, self.remaining_cents)
        if self.contract_start_date is not None:
            kit.checked("contractStartDate", kit.moment, self.contract_start_date)
        if self.contract_end_date is not None:
            kit.checked("contractEndDate", kit.moment, self.contract_end_date)

    def samples(self) -> Iterator[kit.Sample]:
        yield kit.Sample(LIMIT, (), self.limit_cents.scaleb(-2))
        yield kit.Sample(USED, (), self.used_cents.scaleb(-2))
        yield kit.Sample(REMAINING, (), self.remaining_cents.scaleb(-2))
        if self.contract_start_date is not None:
            yield kit.Sample(BEGIN, (), int(kit.moment(self.contract_start_date)))
        if self.contract_end_date is not None:
            yield kit.Sample(END, (), int(kit.moment(self.contract_end_date)))


class Team(msgspec.Struct, rename="camel", kw_only=True):
    """What a team took; without a budget of its own it may take all."""

    team_id: kit.Count
    used_cents: Decimal
    budget_limit_cents: Decimal | None = None

    def __post_init__(self) -> None:
        self.used_cents = kit.checked("usedCents", exact, self.used_cents)
        if self.budget_limit_cents is not None:
            limit = kit.checked("budgetLimitCents", exact, self.budget_limit_cents)
            self.budget_limit_cents = limit

    def samples(self) -> Iterator[kit.Sample]:
        labels = (str(self.team_id),)
        yield kit.Sample(TEAM_USED, labels, self.used_cents.scaleb(-2))
        if self.budget_limit_cents is not None:
            yield kit.Sample(TEAM_LIMIT, labels, self.budget_limit_cents.scaleb(-2))


class PooledUsage(msgspec.Struct, rename="camel", kw_only=True):
    """The pool, and what each team took from it."""

    pool: Pool
    teams: list[Team]


async def read(source: _Source) -> kit.Batches:
    found = await source.get(
        POOL.post(source.target, {}), PooledUsage, records=lambda usage: 1 + len(usage.teams)
    )
    yield kit.Batch([*found.pool.samples()], [kit.Coverage(WHOLE)])
    members = Members()
    # Without it every team is one of unknown size: its money is still in the sum of all teams.
    async with source.optional("the members' spending"):
        members = await everybody(source, _asked(source.target), PAGE_SIZE)
    samples = [sample for team in found.teams for sample in team.samples()]
    if source.people:
        samples += _of_users(members)
    yield kit.Batch(samples, [kit.Coverage(PARTS)], _sizes(members))


def _asked(target: CursorTarget) -> kit.Request:
    # Ordered by what does not change while it is read.
    return SPEND.post(target, {"sortBy": "email", "sortDirection": "asc"})


def _of_users(members: Members) -> Iterator[kit.Sample]:
    for (user, team), member in members.members.items():
        dollars = member.spend_cents.scaleb(-2)
        yield kit.Sample(USER_USED, (member.user,), dollars, key=f"{user} {team}")


def _sizes(members: Members) -> kit.GroupSizes:
    teams = Counter(team for _, team in members.members)
    return {(team, None): people for team, people in teams.items()}


def _plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    pages = -(-options.expected_members // PAGE_SIZE)
    return [kit.Cost(POOL.group, 1), kit.Cost(SPEND.group, pages)]


def _pooled_usage(source: kit.Source[Any, Any]) -> kit.Request:
    return POOL.post(source.target, {})


STREAM = kit.Stream(
    name="pool",
    summary="what the teams of an organization took from the money that they share, and what is left",
    metrics=(*WHOLE, *PARTS),
    options=Options,
    read=read,
    plan=_plan,
    probe=kit.once(_pooled_usage, PooledUsage),
    right=USAGE,
    bucket=None,
    inapplicable=needs_organization,
    label_sizes=lambda _, options: {"team": 10, "user": options.expected_members},
)
