"""The list of who has spent what: of a team in its billing cycle, of an organization in its contract."""

from contextlib import aclosing
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import ZERO, exact
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.vendor import SPEND as GROUP
from exporter.vendors.cursor.vendor import CursorTarget

SPEND = AccountList("spend", GROUP)


class Member(msgspec.Struct, rename="camel", kw_only=True):
    """What a member has spent: cents with fractions, and a limit in dollars, 0 or null for none.

    `spend_cents` is spent on demand where the list is a team's, and taken from the pool where it is an
    organization's, which tells no more than that.
    """

    ignored: ClassVar = kit.names(
        "fastPremiumRequests name role hardLimitOverrideDollars monthlyLimitDollars"
    )

    user_id: str | int
    spend_cents: Decimal
    overall_spend_cents: Decimal | None = None
    effective_per_user_limit_dollars: Decimal | None = None
    email: str | None = None
    team_id: str | int | None = None

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
    def limit(self) -> Decimal | None:
        return self.effective_per_user_limit_dollars or None

    @property
    def is_at_limit(self) -> bool:
        return self.limit is not None and self.spend_cents >= self.limit.scaleb(2)

    @property
    def user(self) -> kit.Person:
        return kit.Person(self.email or str(self.user_id))

    @property
    def place(self) -> tuple[str, str]:
        """Who it is, and in which team: somebody may be in several teams of an organization."""
        return str(self.user_id), str(self.team_id or "")


class SpendPage(msgspec.Struct, rename="camel", kw_only=True):
    """A page of the members, and how many there are on all pages."""

    ignored: ClassVar = kit.names("period")

    team_member_spend: list[Member]
    total_members: kit.Count
    total_pages: kit.Count
    subscription_cycle_start: kit.Count | None = None


class Members:
    """The members of one walk by their places: with people who join meanwhile, some come twice.

    `odd` are the rows that could not be read.
    """

    def __init__(self) -> None:
        self.members: dict[tuple[str, str], Member] = {}
        self.cycle_start: int | None = None
        self.pages = self.rows = self.odd = 0
        self._total = 0

    def add(self, page: SpendPage) -> None:
        self.pages += 1
        self.rows += len(page.team_member_spend)
        self._total = page.total_members
        if page.subscription_cycle_start:
            self.cycle_start = page.subscription_cycle_start // 1000
        self.members.update((member.place, member) for member in page.team_member_spend)

    @property
    def agrees(self) -> bool:
        """Whether as many came as the last page announced: people, or people in each of their teams."""
        people = len({user for user, _ in self.members})
        return self._total - self.odd in (people, len(self.members))

    @property
    def disagreement(self) -> str:
        came = len(self.members) + self.odd
        return f"{came} members came although totalMembers is {self._total}"


async def everybody(
    source: kit.Source[CursorTarget, Any], request: kit.Request, size: int
) -> Members:
    """All members of the list; read once more where somebody joined or left meanwhile."""
    found = await _walk(source, request, size)
    if not found.agrees:
        found = await _walk(source, request, size)
    if not found.agrees:
        told = f"{request.endpoint.path}: {found.disagreement}, twice: the pages move"
        raise kit.UnavailableError(told)
    source.records += len(found.members)
    return found


async def _walk(source: kit.Source[CursorTarget, Any], request: kit.Request, size: int) -> Members:
    members = Members()
    paging: kit.BodyFlag[SpendPage] = kit.BodyFlag(
        # This page is added to the others after it was asked whether there are more.
        more=lambda page: members.pages + 1 < page.total_pages,
        page_param="page",
        size_param="pageSize",
        size=size,
    )
    before = source.rows_of(request.endpoint)
    found = source.pages(
        request, paging, SpendPage, lambda page: page.team_member_spend, counted=False
    )
    async with aclosing(found) as pages:
        async for page in pages:
            members.add(page)
    members.odd = source.rows_of(request.endpoint) - before - members.rows
    return members
