"""Stream `members`: the members of the team by role, the seats that they take, and billing groups."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias

import msgspec

from exporter.streams import common_metrics, kit
from exporter.streams.money import exact
from exporter.vendors.cursor.rights import ADMIN
from exporter.vendors.cursor.vendor import BILLING_GROUPS, CursorTarget
from exporter.vendors.cursor.vendor import MEMBERS as GROUP

MEMBERS_LIST = kit.Endpoint("/teams/members", GROUP)
GROUPS_LIST = kit.Endpoint("/teams/groups", BILLING_GROUPS)
WITHOUT_SEAT = "free-owner"
"""The role of somebody who only looks after the team, and does not pay for a seat."""


class Options(kit.StreamOptions):
    """Options of `members`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    billing_groups: bool = False
    """Whether billing groups are read too; for teams that have some."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]

MEMBERS = kit.gauge(
    "cursor_members",
    "Members of the team by role, without those who were removed (Cursor team members, as last polled).",
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
        return self.email or "" if self.id is None else str(self.id)


class Members(msgspec.Struct, rename="camel", kw_only=True):
    """All members, in one answer."""

    team_members: list[_Member]

    @property
    def present(self) -> list[_Member]:
        """Every member once, without those who were removed."""
        present = [member for member in self.team_members if not member.is_removed]
        known = {member.identity: member for member in present if member.identity}
        return [*known.values(), *(member for member in present if not member.identity)]


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
    found = await source.get(
        kit.Request(MEMBERS_LIST), Members, records=lambda members: len(members.team_members)
    )
    yield kit.Batch([*_by_role(found)], [kit.Coverage(ROLES)])
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


def _by_role(members: Members) -> Iterator[kit.Sample]:
    roles = Counter(member.role for member in members.present)
    for role, count in roles.items():
        yield kit.Sample(MEMBERS, (role,), count)
    if members.team_members:
        yield kit.Sample(common_metrics.SEATS, (), roles.total() - roles[WITHOUT_SEAT])


def _of_groups(groups: list[_Group]) -> Iterator[kit.Sample]:
    for group in groups:
        key = str(group.id)
        yield kit.Sample(GROUP_MEMBERS, (group.name,), group.member_count, key=key)
        yield kit.Sample(GROUP_SPEND, (group.name,), group.spend_cents.scaleb(-2), key=key)


def _plan(_: Any, options: Options) -> list[kit.Cost]:
    groups = [kit.Cost(GROUPS_LIST.group, 1)] if options.billing_groups else []
    return [kit.Cost(MEMBERS_LIST.group, 1), *groups]


STREAM = kit.Stream(
    name="members",
    summary="members of the team by role, and the seats that they take",
    metrics=(*ROLES, *GROUPS),
    options=Options,
    read=read,
    plan=_plan,
    probe=kit.once(lambda _: kit.Request(MEMBERS_LIST), Members),
    right=ADMIN,
    bucket=None,
    label_sizes=lambda _, __: {"role": 3, "group": 20},
)
