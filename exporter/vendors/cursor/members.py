"""Stream `members`: members by role, the seats that they take, and a team's billing groups."""

from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

import msgspec

from exporter.streams import common_metrics, kit
from exporter.streams.money import exact
from exporter.vendors.cursor.lists import AccountList
from exporter.vendors.cursor.pages import ONE, Paged, whole
from exporter.vendors.cursor.rights import MEMBERS as RIGHT
from exporter.vendors.cursor.vendor import BILLING_GROUPS, CursorTarget
from exporter.vendors.cursor.vendor import MEMBERS as GROUP

MEMBERS_LIST = AccountList("members", GROUP)
GROUPS_LIST = kit.Endpoint("/teams/groups", BILLING_GROUPS)
PEOPLE_A_PAGE = 200
WITHOUT_SEAT = "free-owner"
"""The role of somebody who only looks after the team, and does not pay for a seat."""


class Options(kit.StreamOptions):
    """Options of `members`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    billing_groups: bool = False
    """Whether billing groups are read too; for teams that have some."""
    expected_members: int = kit.Field(default=1_000, ge=1)
    """How many members of an organization the plan of `check` reckons with; all are read, however many."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]

MEMBERS = kit.gauge(
    "cursor_members",
    "Members of a team, or of an organization's teams, by role, without those who were removed (Cursor members, as last polled).",
    ("role",),
)
_GROUPS_API = "Cursor billing groups, as last polled"
GROUP_MEMBERS = kit.gauge(
    "cursor_billing_group_members", f"Members of a billing group ({_GROUPS_API}).", ("group",)
)
GROUP_SPEND = kit.gauge(
    "cursor_billing_group_spend_usd",
    f"US dollars that a billing group spent in the current billing cycle ({_GROUPS_API}).",
    ("group",),
    group="group",
)
ROLES = (MEMBERS, common_metrics.SEATS)
GROUPS = (GROUP_MEMBERS, GROUP_SPEND)


class _Member(msgspec.Struct, rename="camel", kw_only=True):
    ignored: ClassVar = kit.names("name")

    id: str | int | None = None
    email: str | None = None
    role: str
    is_removed: bool = False

    @property
    def identity(self) -> str:
        """By which a member who is listed twice is known; empty where nobody can tell."""
        return str(self.id) if self.id is not None else self.email or ""


class Members(msgspec.Struct, rename="camel", kw_only=True):
    """All members of a team, in one answer."""

    team_members: list[_Member]

    @property
    def present(self) -> list[_Member]:
        """Every member once, without those who were removed."""
        present = [member for member in self.team_members if not member.is_removed]
        known = {member.identity: member for member in present if member.identity}
        return [*known.values(), *(member for member in present if not member.identity)]


class _Place(msgspec.Struct, rename="camel", kw_only=True):
    ignored: ClassVar = kit.names("teamId")

    team_role: str


class _Person(msgspec.Struct, rename="camel", kw_only=True):
    """Somebody in an organization, with a role in each of the teams."""

    ignored: ClassVar = kit.names("name email organizationRole")

    id: int | str
    teams: list[_Place]

    @property
    def role(self) -> str | None:
        """The role in the team where it is highest; None of somebody in no team."""
        roles = [place.team_role for place in self.teams]
        return min(roles, key=_rank, default=None)


class People(Paged, kw_only=True):
    """A page of the people of an organization."""

    members: list[_Person]


class _Group(msgspec.Struct, rename="camel", kw_only=True):
    """A billing group in the current cycle; its people are not read."""

    ignored: ClassVar = kit.names(
        "type directoryGroupId createdAt updatedAt currentMembers formerMembers dailySpend"
    )

    id: str | int
    name: str
    member_count: kit.Count
    spend_cents: Decimal

    def __post_init__(self) -> None:
        self.spend_cents = kit.checked("spendCents", exact, self.spend_cents)


class Groups(msgspec.Struct, rename="camel", kw_only=True):
    """All billing groups, and who is in none of them."""

    ignored: ClassVar = kit.names("billingCycle")

    groups: list[_Group]
    unassigned_group: _Group | None = None

    @property
    def all(self) -> list[_Group]:
        """Each once."""
        groups = {str(group.id): group for group in self.groups}
        return [*groups.values(), *([self.unassigned_group] if self.unassigned_group else ())]


async def read(source: _Source) -> kit.Batches:
    of_team = source.target.organization_id is None
    roles = await (_roles_in_team(source) if of_team else _roles_in_organization(source))
    yield kit.Batch([*_by_role(roles, known=source.records > 0)], [kit.Coverage(ROLES)])
    if not source.options.billing_groups:
        return
    groups: list[_Group] = []
    async with source.optional("the billing groups"):
        groups = (await source.get(kit.Request(GROUPS_LIST), Groups)).all
    sizes: Counter[str] = Counter()
    for group in groups:
        sizes[group.name] += group.member_count
    known: kit.GroupSizes = {(name, None): size for name, size in sizes.items()}
    yield kit.Batch([*_of_groups(groups)], [kit.Coverage(GROUPS)], known)


async def _roles_in_team(source: _Source) -> Counter[str]:
    request = MEMBERS_LIST.get(source.target, {})
    found = await source.get(request, Members, records=lambda members: len(members.team_members))
    return Counter(member.role for member in found.present)


async def _roles_in_organization(source: _Source) -> Counter[str]:
    """The roles of everybody who is in a team, each person once."""
    roles: dict[str, str | None] = {}
    request = MEMBERS_LIST.get(source.target, {})
    found = whole(source, request, People, lambda page: page.members, PEOPLE_A_PAGE)
    async with aclosing(found) as pages:
        async for people in pages:
            roles.update((str(person.id), person.role) for person in people)
    return Counter(role for role in roles.values() if role is not None)


def _rank(role: str) -> int:
    """How high a role is; one that nobody knows is between those that are."""
    return {"owner": 0, "member": 1, WITHOUT_SEAT: 3}.get(role, 2)


def _by_role(roles: Counter[str], *, known: bool) -> Iterator[kit.Sample]:
    for role, count in roles.items():
        yield kit.Sample(MEMBERS, (role,), count)
    if known:
        yield kit.Sample(common_metrics.SEATS, (), roles.total() - roles[WITHOUT_SEAT])


def _of_groups(groups: list[_Group]) -> Iterator[kit.Sample]:
    for group in groups:
        key = str(group.id)
        yield kit.Sample(GROUP_MEMBERS, (group.name,), group.member_count, key=key)
        yield kit.Sample(GROUP_SPEND, (group.name,), group.spend_cents.scaleb(-2), key=key)


def _plan(target: CursorTarget, options: Options) -> list[kit.Cost]:
    groups = [kit.Cost(GROUPS_LIST.group, 1)] if options.billing_groups else []
    pages = 1 if target.organization_id is None else -(-options.expected_members // PEOPLE_A_PAGE)
    return [kit.Cost(MEMBERS_LIST.group, pages), *groups]


async def _probe(source: kit.Source[Any, Any]) -> None:
    request = MEMBERS_LIST.get(source.target, {})
    if source.target.organization_id is None:
        await source.get(request, Members)
    else:
        await source.get(request.with_parameters(ONE), People)


def _groups_of_organization(target: CursorTarget) -> str | None:
    options = target.streams.members
    if target.organization_id is None or options is None or not options.billing_groups:
        return None
    return "only teams have billing groups: remove billing_groups"


STREAM = kit.Stream(
    name="members",
    summary="members of the team or organization by role, and the seats that they take",
    metrics=(*ROLES, *GROUPS),
    options=Options,
    read=read,
    plan=_plan,
    probe=_probe,
    right=RIGHT,
    bucket=None,
    inapplicable=_groups_of_organization,
    label_sizes=lambda _, __: {"role": 3, "group": 20},
)
