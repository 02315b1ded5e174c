"""Stream `spend`: what the team has spent in the current billing cycle, and who is at a limit.

Cursor tells the current cycle only, and falls to 0 at its start.
"""

from collections.abc import Iterable, Iterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

import msgspec

from exporter.streams import kit
from exporter.streams.money import ZERO, exact
from exporter.vendors.cursor.rights import ADMIN
from exporter.vendors.cursor.vendor import SPEND as GROUP
from exporter.vendors.cursor.vendor import CursorTarget

API = "Cursor spending data of the current billing cycle, as last polled"
SPEND = kit.Endpoint("/teams/spend", GROUP)
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


class Member(msgspec.Struct, rename="camel", kw_only=True):
    """What a member has spent: cents with fractions, and a limit in dollars, 0 or null for none."""

    ignored: ClassVar = kit.names(
        "fastPremiumRequests name role hardLimitOverrideDollars monthlyLimitDollars"
    )

    user_id: str | int
    spend_cents: Decimal
    overall_spend_cents: Decimal | None = None
    effective_per_user_limit_dollars: Decimal | None = None
    email: str | None = None

    def __post_init__(self) -> None:
        self.spend_cents = kit.checked("spendCents", exact, self.spend_cents)
        if self.overall_spend_cents is not None:
            overall = kit.checked("overallSpendCents", exact, self.overall_spend_cents)
            self.overall_spend_cents = overall
        limit = self.effective_per_user_limit_dollars or ZERO
        self.effective_per_user_limit_dollars = kit.checked(
            "effectivePerUserLimitDollars", exact, limit
        )

    @property
    def dollars(self) -> dict[str, Decimal | None]:
        """By the type of spending; None where it is unknown."""
        overall = self.overall_spend_cents
        return {
            "on_demand": self.spend_cents.scaleb(-2),
            "overall": None if overall is None else overall.scaleb(-2),
        }

    @property
    def limit(self) -> Decimal | None:
        return self.effective_per_user_limit_dollars or None

    @property
    def is_at_limit(self) -> bool:
        return self.limit is not None and self.spend_cents >= self.limit.scaleb(2)

    @property
    def user(self) -> kit.Person:
        return kit.Person(self.email or str(self.user_id))


class SpendPage(msgspec.Struct, rename="camel", kw_only=True):
    """A page of the members, and how many there are on all pages."""

    team_member_spend: list[Member]
    total_members: kit.Count
    total_pages: kit.Count
    subscription_cycle_start: kit.Count | None = None


def _asked() -> kit.Request:
    # Ordered by what does not change while it is read.
    return kit.Request.reading_post(SPEND, {"sortBy": "user", "sortDirection": "asc"})


async def read(source: _Source) -> kit.Batches:
    found = await _walk(source)
    if not found.agrees:
        found = await _walk(source)
    if not found.agrees:
        raise kit.UnavailableError(f"{SPEND.path}: {found.disagreement}, twice: the pages move")
    source.records += len(found.members)
    samples = [*_samples(found.members.values(), source.people)] if found.members else []
    if found.members and found.cycle_start is not None:
        samples.append(kit.Sample(CYCLE_START, (), found.cycle_start))
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


class _Members:
    """The members of one walk by their ids: with people who join meanwhile, some come twice.

    `odd` are the rows that could not be read.
    """

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.cycle_start: int | None = None
        self.pages = self.rows = self.odd = 0
        self._total = 0

    def add(self, page: SpendPage) -> None:
        self.pages += 1
        self.rows += len(page.team_member_spend)
        self._total = page.total_members
        if page.subscription_cycle_start:
            self.cycle_start = page.subscription_cycle_start // 1000
        self.members.update((str(member.user_id), member) for member in page.team_member_spend)

    @property
    def agrees(self) -> bool:
        """Whether as many members came as the last page announced."""
        return len(self.members) + self.odd == self._total

    @property
    def disagreement(self) -> str:
        came = len(self.members) + self.odd
        return f"{came} members came although totalMembers is {self._total}"


async def _walk(source: _Source) -> _Members:
    members = _Members()
    paging: kit.BodyFlag[SpendPage] = kit.BodyFlag(
        # This page is added to the others after it was asked whether there are more.
        more=lambda page: members.pages + 1 < page.total_pages,
        page_param="page",
        size_param="pageSize",
        size=PAGE_SIZE,
    )
    before = source.rows_of(SPEND)
    found = source.pages(
        _asked(), paging, SpendPage, lambda page: page.team_member_spend, counted=False
    )
    async with aclosing(found) as pages:
        async for page in pages:
            members.add(page)
    members.odd = source.rows_of(SPEND) - before - members.rows
    return members


def _samples(members: Iterable[Member], people: bool) -> Iterator[kit.Sample]:
    """What all members add up to; a type of spending that is unknown of one is unknown of the team."""
    members = list(members)
    for kind in ("on_demand", "overall"):
        dollars = [member.dollars[kind] for member in members]
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
    for kind, value in member.dollars.items():
        if value is not None:
            yield kit.Sample(USER_SPEND, (member.user, kind), value, key=key)
    if member.limit is not None:
        yield kit.Sample(USER_LIMIT, (member.user,), member.limit, key=key)


def _first_member(_: kit.Source[Any, Any]) -> kit.Request:
    return _asked().with_parameters({"page": 1, "pageSize": 1})


STREAM = kit.Stream(
    name="spend",
    summary="what the team has spent in the current billing cycle, and who is at a limit",
    metrics=METRICS,
    options=Options,
    read=read,
    plan=lambda _, options: [kit.Cost(SPEND.group, -(-options.expected_members // PAGE_SIZE))],
    probe=kit.once(_first_member, SpendPage),
    right=ADMIN,
    bucket=None,
    label_sizes=lambda _, options: {"type": 2, "user": options.expected_members},
)
