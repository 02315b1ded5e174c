"""Stream `organization`: the organization, its license, users by status, teams and permissions.

It is a snapshot in parts, most of which a token or an installation may lack. Users are counted and
not kept: no name and no address of a person is read.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from math import ceil
from typing import Literal, get_args

from pydantic import Field

from exporter.client.client import Request
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, OTHER, Sample, Window
from exporter.streams import common_metrics
from exporter.streams.walk import walk
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine import organization_records as records
from exporter.vendors.tabnine.lists import Organization, Team, TeamName
from exporter.vendors.tabnine.organization_metrics import (
    LICENSE_EXPIRY,
    LICENSE_ISSUED,
    LICENSE_SEATS,
    LICENSE_SEATS_CAP,
    METRICS,
    ORGANIZATION_INFO,
    PERMISSION_USERS,
    TEAM_INFO,
    TEAM_PENDING,
    TEAM_SEATS_CAP,
    TEAM_USERS,
    TEAM_UTILIZATION,
    UNASSIGNED_USERS,
    UTILIZATION,
    UTILIZATION_MONTH,
)
from exporter.vendors.tabnine.organization_parts import Parts
from exporter.vendors.tabnine.organization_teams import ids_by_label, sizes_by_label
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

ROLES = ("Member", "TeamLead", "Manager", "Admin")
UNKNOWN = "unknown"
"""The label value where the vendor gives none."""

Part = Literal[
    "license",
    "utilization",
    "permissions",
    "unassigned_users",
    "teams",
    "team_utilization",
    "team_users",
]


class Options(StreamOptions):
    """Options of `organization`."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=0, ge=0)
    permission_roles: tuple[str, ...] = ("Admin",)
    """The roles whose holders are counted; each costs a request."""
    leave_out: tuple[Part, ...] = ()
    """Parts that are not asked for."""
    expected_teams: int = Field(default=100, ge=1)
    """How many teams the plan of `check` reckons with; all teams are read, however many they are."""


_Poll = Poll[TabnineTarget, Options]


class _Read:
    """One read of the stream: the account's parts, then a walk over the teams."""

    def __init__(self, poll: _Poll) -> None:
        self._poll = poll
        self._reading = Reading(complete=METRICS, by_part=(TEAM_UTILIZATION, TEAM_USERS))
        self._parts = Parts()
        self._teams: list[Team] = []

    async def run(self) -> Reading:
        organization = await lists.organization(self._poll, self._reading)
        self._reading.records += 1
        self._reading.samples.append(_info(organization))
        parts: tuple[tuple[Part, Callable[[], Awaitable[list[Sample]]]], ...] = (
            ("license", self._license),
            ("utilization", self._utilization),
            ("permissions", self._permissions),
            ("unassigned_users", partial(self._unassigned, organization.id)),
            ("teams", self._list_teams),
        )
        for part, found in parts:
            self._reading.samples += await self._part(part, found)
        await self._walk()
        self._reading.problem = self._parts.problem
        return self._reading

    async def _part(self, part: Part, found: Callable[[], Awaitable[list[Sample]]]) -> list[Sample]:
        if part in self._poll.options.leave_out:
            return []
        return await self._parts.read(part, found)

    async def _license(self) -> list[Sample]:
        answer = await lists.get(self._poll, Request(records.LICENSE))
        found = lists.decoded(answer, records.LicenseAnswer, records.LICENSE, self._reading).license
        if found is None:
            return []
        values = (
            (LICENSE_EXPIRY, found.exp),
            (LICENSE_ISSUED, found.iat),
            (LICENSE_SEATS, found.seats),
            (LICENSE_SEATS_CAP, found.seats_cap),
            (common_metrics.SEATS, found.seats),
        )
        self._reading.records += 1
        return [Sample(metric, (), value) for metric, value in values if value is not None]

    async def _utilization(self) -> list[Sample]:
        answer = await lists.get(self._poll, Request(records.UTILIZATION))
        months = lists.decoded(answer, list[records.Month], records.UTILIZATION, self._reading)
        if not months:
            return []
        newest = max(months, key=lambda row: (row.year, row.month))
        start = datetime(newest.year, newest.month + 1, 1, tzinfo=UTC)
        self._reading.records += len(months)
        return [
            Sample(UTILIZATION, ("registered",), newest.registered),
            Sample(UTILIZATION, ("deactivated",), newest.deactivated),
            Sample(UTILIZATION, ("active",), newest.active),
            Sample(UTILIZATION, ("pending",), newest.pending),
            Sample(UTILIZATION_MONTH, (), int(start.timestamp())),
        ]

    async def _permissions(self) -> list[Sample]:
        samples = []
        for role in dict.fromkeys(self._poll.options.permission_roles):
            request = Request(records.PERMISSIONS, query={"role": role})
            answer = await lists.get(self._poll, request)
            kind = list[records.Permission]
            holders = lists.decoded(answer, kind, records.PERMISSIONS, self._reading)
            self._reading.records += len(holders)
            samples.append(Sample(PERMISSION_USERS, (role,), len(holders)))
        return samples

    async def _unassigned(self, organization_id: str) -> list[Sample]:
        """Both lists that the API has; whoever is in the first is not counted in the second."""
        seen: set[int] = set()
        counts = Counter({"true": 0, "false": 0})
        for wanted in ("true", "false"):
            query = {"organizationId": organization_id, "teamMember": "false", "active": wanted}
            pages = lists.rows(
                self._poll, Request(records.USERS, query=query), records.UsersPage, self._reading
            )
            async with aclosing(pages):
                async for page in pages:
                    for user in page:
                        identity = hash(user.id)
                        if identity not in seen:
                            seen.add(identity)
                            counts[_active(user) if wanted == "true" else "false"] += 1
        self._reading.records += len(seen)
        return [Sample(UNASSIGNED_USERS, (active,), count) for active, count in counts.items()]

    async def _list_teams(self) -> list[Sample]:
        self._teams = await lists.team_rows(self._poll, self._reading)
        self._reading.records += len(self._teams)
        self._reading.groups.update(sizes_by_label(self._teams))
        samples = []
        for team in self._teams:
            label = team.name or team.id
            default = _flag(team.is_default_team)
            samples.append(Sample(TEAM_INFO, (label, team.id, default), 1))
            for metric, value in (
                (TEAM_SEATS_CAP, team.seat_cap),
                (TEAM_PENDING, team.pending_invitations_count),
            ):
                if value is not None:
                    samples.append(Sample(metric, (label,), value))
        return samples

    async def _walk(self) -> None:
        if {"team_utilization", "team_users"} <= set(self._poll.options.leave_out):
            return
        named = ids_by_label(TeamName(team.id, team.name) for team in self._teams)

        async def read_teams(label: str, _: Window) -> None:
            samples = []
            for team_id in named[label]:
                counts = partial(self._team_counts, label, team_id)
                users = partial(self._team_users, label, team_id)
                samples += await self._part("team_utilization", counts)
                samples += await self._part("team_users", users)
            # Only here, so that no half of them stands where the quota ends in between.
            self._reading.samples += samples

        await walk(self._poll, self._reading, named, read_teams)

    async def _team_counts(self, label: str, team_id: str) -> list[Sample]:
        request = Request(records.TEAM_UTILIZATION, query={"teamId": team_id})
        answer = await lists.get(self._poll, request)
        kind, endpoint = records.TeamUtilization, records.TEAM_UTILIZATION
        found = lists.decoded(answer, kind, endpoint, self._reading)
        return [
            Sample(TEAM_UTILIZATION, (label, "registered"), found.registered),
            Sample(TEAM_UTILIZATION, (label, "deactivated"), found.deactivated),
            Sample(TEAM_UTILIZATION, (label, "invited"), found.invited),
        ]

    async def _team_users(self, label: str, team_id: str) -> list[Sample]:
        request = Request(records.TEAM_USERS, path={"team_id": team_id})
        found: dict[str, tuple[str, str]] = {}
        pages = lists.rows(self._poll, request, records.UsersPage, self._reading)
        async with aclosing(pages):
            async for page in pages:
                found.update((user.id, (_role(user), _active(user))) for user in page)
        self._reading.records += len(found)
        counts = Counter(found.values()) or {("Member", "true"): 0}
        return [Sample(TEAM_USERS, (label, *key), count) for key, count in counts.items()]


def _info(organization: Organization) -> Sample:
    labels = (
        organization.id,
        organization.name,
        organization.plan_type or UNKNOWN,
        _flag(organization.saml_enabled),
        _flag(organization.smtp_configured),
        _flag(organization.username_password_enabled),
        _flag(organization.oauth_enabled),
    )
    return Sample(ORGANIZATION_INFO, labels, 1)


def _flag(value: bool | None) -> str:
    return UNKNOWN if value is None else str(value).lower()


def _active(user: records.User) -> str:
    return _flag(not user.deactivated_at)


def _role(user: records.User) -> str:
    return user.role if user.role in ROLES else OTHER


async def read(poll: _Poll) -> Reading:
    return await _Read(poll).run()


def plan(_: TabnineTarget, options: Options) -> Sequence[Cost]:
    """Two requests a team, besides those of the account."""
    kept = set(get_args(Part)) - set(options.leave_out)
    requests = 1 + len(kept & {"license", "utilization"})
    if "permissions" in kept:
        requests += len(options.permission_roles)
    if "unassigned_users" in kept:
        requests += 2
    if "teams" in kept:
        requests += ceil(options.expected_teams / lists.PAGE_SIZE)
        requests += options.expected_teams * len(kept & {"team_utilization", "team_users"})
    return (Cost(GROUP, requests),)


def label_sizes(_: TabnineTarget, options: Options) -> Mapping[str, int]:
    """Users of a team have up to three roles; a team has one id, the organization one of everything."""
    sizes = dict.fromkeys((*ORGANIZATION_INFO.labels, *TEAM_INFO.labels), 1)
    teams = 0 if "teams" in options.leave_out else options.expected_teams
    roles = max(3, len(options.permission_roles))
    return {**sizes, "team_name": teams, "role": roles, "active": 2, "status": 3}


STREAM = Stream(
    name="organization",
    shape=Shape.SNAPSHOT,
    summary="organization, license, utilization, teams, permissions and users by role",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=HOUR,
    read=read,
    plan=plan,
    label_sizes=label_sizes,
)
