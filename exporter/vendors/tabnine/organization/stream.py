"""Stream `organization`: the organization, its license, users by status, teams and permissions.

It is a snapshot in parts, most of which a token or an installation may lack. Users are counted and
not kept: no name and no address of a person is read.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.organization import metrics, records
from exporter.vendors.tabnine.organization.parts import Parts
from exporter.vendors.tabnine.vendor import TabnineTarget

ROLES = ("Member", "TeamLead", "Manager", "Admin")

Part = Literal[
    "license",
    "utilization",
    "permissions",
    "unassigned_users",
    "teams",
    "team_utilization",
    "team_users",
]


class Options(kit.StreamOptions):
    """Options of `organization`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    permission_roles: tuple[str, ...] = ("Admin",)
    """The roles whose holders are counted; each costs a request."""
    leave_out: tuple[Part, ...] = ()
    """Parts that are not asked for."""
    expected_teams: int = lists.EXPECTED_TEAMS


_Source: TypeAlias = kit.Source[TabnineTarget, Options]


async def read(source: _Source) -> kit.Batches:
    """The account's parts, then those of the teams; teams of one name are read together, as their sum."""
    parts, teams = Parts(source, source.options.leave_out), lists.Teams()

    async def list_teams(source: _Source) -> list[kit.Sample]:
        nonlocal teams
        teams = await lists.teams(source)
        source.records += len(teams.by_id)
        return _listed(teams)

    organization, failed = await _details(source)
    samples = [] if organization is None else [_info(organization)]
    known = source.target.organization_id if organization is None else organization.id
    readers: dict[str, Callable[[_Source], Awaitable[list[kit.Sample]]]] = {
        "license": _license,
        "utilization": _utilization,
        "permissions": _permissions,
        "unassigned_users": lambda source: _unassigned(source, known),
        "teams": list_teams,
    }
    for part, reader in readers.items():
        if parts.wanted(part):
            samples += await parts.read(part, reader(source))
            if failed is not None and not parts.answered:
                raise failed  # nothing answers
    sizes = {k: v for label in teams.by_label for k, v in teams.sizes(label).items()}
    yield kit.Batch(samples, [kit.Coverage(metrics.ONCE)], sizes)

    walked = {"team_utilization", "team_users"} - set(source.options.leave_out)
    for label in source.partitions(teams.by_label if walked else ()):
        found = []
        for team in teams.by_label[label]:
            if parts.wanted("team_utilization"):
                found += await parts.read("team_utilization", _team_counts(source, team))
            if parts.wanted("team_users"):
                found += await parts.read("team_users", _team_users(source, team))
        covers = [kit.Coverage(metrics.BY_TEAM, partition=label)]
        yield kit.Batch(found, covers, teams.sizes(label), label)
    parts.tell_absent()


async def _details(
    source: _Source,
) -> tuple[lists.Organization | None, kit.PollError | None]:
    """Who the organization is; an error where that is refused or broken, though the token is known."""
    found = None
    async with source.optional("the organization's details") as part:
        found = await source.get(lists.ORGANIZATION, lists.Organization, records=lambda _: 1)
    if isinstance(part.error, kit.UnauthorizedError):
        raise part.error
    return found, part.error


async def _license(source: _Source) -> list[kit.Sample]:
    found = (await source.get(records.LICENSE, records.LicenseAnswer)).license
    source.records += found is not None
    return [] if found is None else [*metrics.LICENSE.samples(found)]


async def _utilization(source: _Source) -> list[kit.Sample]:
    months = await source.get(records.UTILIZATION, list[records.Month], records=len)
    if not months:
        return []
    newest = max(months, key=lambda row: (row.year, row.month))
    start = datetime(newest.year, newest.month + 1, 1, tzinfo=UTC)
    return [
        kit.Sample(metrics.UTILIZATION, ("registered",), newest.registered),
        kit.Sample(metrics.UTILIZATION, ("deactivated",), newest.deactivated),
        kit.Sample(metrics.UTILIZATION, ("active",), newest.active),
        kit.Sample(metrics.UTILIZATION, ("pending",), newest.pending),
        kit.Sample(metrics.UTILIZATION_MONTH, (), int(start.timestamp())),
    ]


async def _permissions(source: _Source) -> list[kit.Sample]:
    samples = []
    for role in dict.fromkeys(source.options.permission_roles):
        request = kit.Request(records.PERMISSIONS, query={"role": role})
        holders = await source.get(request, list[records.Permission], records=len)
        samples.append(kit.Sample(metrics.PERMISSION_USERS, (role,), len(holders)))
    return samples


async def _unassigned(source: _Source, organization_id: str | None) -> list[kit.Sample]:
    """Both lists that the API has; whoever is in the first is not counted in the second."""
    if organization_id is None:
        raise kit.PollError("the organization's id is unknown: set organization_id")
    seen: set[int] = set()
    counts = Counter({"true": 0, "false": 0})
    for wanted in ("true", "false"):
        query = {"organizationId": organization_id, "teamMember": "false", "active": wanted}
        request = kit.Request(lists.USERS, query=query)
        async with aclosing(lists.rows(source, request, records.UsersPage)) as users:
            async for user in users:
                identity = hash(user.id)
                if identity not in seen:
                    seen.add(identity)
                    counts[_active(user) if wanted == "true" else "false"] += 1
    source.records += len(seen)
    return [
        kit.Sample(metrics.UNASSIGNED_USERS, (active,), count) for active, count in counts.items()
    ]


def _listed(teams: lists.Teams) -> list[kit.Sample]:
    samples = []
    for team in teams.by_id.values():
        labels = (team.label, team.id, _flag(team.is_default_team))
        samples.append(kit.Sample(metrics.TEAM_INFO, labels, 1))
        samples += metrics.TEAM.samples(team, (team.label,))
    return samples


async def _team_counts(source: _Source, team: lists.Team) -> list[kit.Sample]:
    request = kit.Request(records.TEAM_UTILIZATION, query={"teamId": team.id})
    found = await source.get(request, records.TeamUtilization)
    counts = {
        "registered": found.registered,
        "deactivated": found.deactivated,
        "invited": found.invited,
    }
    return [
        kit.Sample(metrics.TEAM_UTILIZATION, (team.label, status), count, None, team.label)
        for status, count in counts.items()
    ]


async def _team_users(source: _Source, team: lists.Team) -> list[kit.Sample]:
    request = kit.Request(lists.TEAM_USERS, path={"team_id": team.id})
    async with aclosing(lists.rows(source, request, records.UsersPage)) as users:
        found = {user.id: (_role(user), _active(user)) async for user in users}
    source.records += len(found)
    counts = Counter(found.values()) or {("Member", "true"): 0}
    return [
        kit.Sample(metrics.TEAM_USERS, (team.label, *key), count, None, team.label)
        for key, count in counts.items()
    ]


def _info(organization: lists.Organization) -> kit.Sample:
    labels = (
        organization.id,
        organization.name,
        organization.plan_type or kit.UNKNOWN,
        _flag(organization.saml_enabled),
        _flag(organization.smtp_configured),
        _flag(organization.username_password_enabled),
        _flag(organization.oauth_enabled),
    )
    return kit.Sample(metrics.ORGANIZATION_INFO, labels, 1)


def _flag(value: bool | None) -> str:
    return kit.UNKNOWN if value is None else str(value).lower()


def _active(user: records.User) -> str:
    return _flag(not user.deactivated_at)


def _role(user: records.User) -> str:
    return user.role if user.role in ROLES else kit.OTHER


def plan(_: TabnineTarget, options: Options) -> Sequence[kit.Cost]:
    """Two requests a team, besides those of the account."""
    kept = set(get_args(Part)) - set(options.leave_out)
    requests = 1 + len(kept & {"license", "utilization"})
    if "permissions" in kept:
        requests += len(options.permission_roles)
    if "unassigned_users" in kept:
        requests += 2
    if "teams" in kept:
        requests += lists.teams_pages(options)
        requests += options.expected_teams * len(kept & {"team_utilization", "team_users"})
    return lists.cost(requests)


async def probe(source: kit.Source[Any, Options]) -> None:
    if "license" in source.options.leave_out:
        await source.get(lists.ORGANIZATION, lists.Organization)
    else:
        await source.get(records.LICENSE, records.LicenseAnswer)


def label_sizes(_: TabnineTarget, options: Options) -> Mapping[str, int]:
    """Users of a team have up to three roles; a team has one id, the organization one of everything."""
    sizes = dict.fromkeys((*metrics.ORGANIZATION_INFO.labels, *metrics.TEAM_INFO.labels), 1)
    teams = 0 if "teams" in options.leave_out else options.expected_teams
    roles = max(3, len(options.permission_roles))
    return {**sizes, "team_name": teams, "role": roles, "active": 2, "status": 3}


STREAM = kit.Stream(
    name="organization",
    summary="organization, license, utilization, teams, permissions and users by role",
    metrics=metrics.METRICS,
    options=Options,
    read=read,
    plan=plan,
    probe=probe,
    bucket=None,
    label_sizes=label_sizes,
)
