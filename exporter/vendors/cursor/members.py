"""Stream `members`: the members of the team by role, and the seats that they take."""

from collections import Counter
from typing import ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.cursor.rights import ADMIN
from exporter.vendors.cursor.vendor import MEMBERS as GROUP
from exporter.vendors.cursor.vendor import CursorTarget

MEMBERS_LIST = kit.Endpoint("/teams/members", GROUP)
WITHOUT_SEAT = "free-owner"
"""The role of somebody who only looks after the team, and does not pay for a seat."""

MEMBERS = kit.gauge(
    "cursor_members",
    "Members of the team by role, without those who were removed (Cursor team members, as last polled).",
    ("role",),
)
METRICS = (MEMBERS, common_metrics.SEATS)


class _Member(msgspec.Struct, rename="camel", kw_only=True):
    ignored: ClassVar = kit.names("id name email")

    role: str
    is_removed: bool = False


class Members(msgspec.Struct, rename="camel", kw_only=True):
    """All members, in one answer."""

    team_members: list[_Member]


async def read(source: kit.Source[CursorTarget, kit.StreamOptions]) -> kit.Batches:
    found = await source.get(
        kit.Request(MEMBERS_LIST), Members, records=lambda members: len(members.team_members)
    )
    roles = Counter(member.role for member in found.team_members if not member.is_removed)
    samples = [kit.Sample(MEMBERS, (role,), count) for role, count in roles.items()]
    if found.team_members:
        seats = roles.total() - roles[WITHOUT_SEAT]
        samples.append(kit.Sample(common_metrics.SEATS, (), seats))
    yield kit.Batch(samples, [kit.Coverage(METRICS)])


STREAM = kit.Stream(
    name="members",
    summary="members of the team by role, and the seats that they take",
    metrics=METRICS,
    options=kit.every(kit.HOUR),
    read=read,
    plan=lambda _, __: [kit.Cost(MEMBERS_LIST.group, 1)],
    probe=kit.once(lambda _: kit.Request(MEMBERS_LIST), Members),
    right=ADMIN,
    bucket=None,
    label_sizes=lambda _, __: {"role": 3},
)
