"""What the streams of Tabnine share: pages of lists, the teams, the organization."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget

PAGE_SIZE = 200
ONE: dict[str, str | int] = {"limit": 1, "offset": 0}
"""The query for the first row of a list."""

ORGANIZATION = kit.Request(kit.Endpoint("/api/v1/organization", GROUP))
TEAMS = kit.Endpoint("/api/v1/organization/teams", GROUP)
TEAM_USERS = kit.Endpoint("/api/v1/team/{team_id}/users", GROUP)
USERS = kit.Endpoint("/api/v1/organization/users", GROUP)

EXPECTED_TEAMS: Any = kit.Field(
    default=100,
    ge=1,
    description="How many teams the plan of `check` reckons with; all teams are read, however many "
    "they are.",
)
"""The option `expected_teams` of a stream that makes a request a team."""


class Next(msgspec.Struct):
    """Where the next page begins."""

    offset: kit.Count
    limit: kit.Count | None = None


class Meta(msgspec.Struct):
    """What a page says of its list; `next` is missing or null on the last one."""

    count: kit.Count | None = None
    total: kit.Count | None = None
    next: Next | kit.Count | None = None


class ListPage(msgspec.Struct, kw_only=True):
    """The envelope of a list; a subclass types the rows of `data`."""

    data: list[Any]
    meta: Meta | None = None


class Organization(msgspec.Struct, rename="camel", kw_only=True):
    """Who the token belongs to."""

    ignored: ClassVar[frozenset[str]] = frozenset({"publicKey", "domains"})

    id: str
    name: str
    saml_enabled: bool | None = None
    smtp_configured: bool | None = None
    username_password_enabled: bool | None = None
    oauth_enabled: bool | None = None
    plan_type: str | None = None


class Team(msgspec.Struct, rename="camel", kw_only=True):
    """A team: its id stays, its name may change, and other teams may have it too."""

    ignored: ClassVar[frozenset[str]] = frozenset({"organizationId", "syncedGroupId"})

    id: str
    name: str
    users_count: kit.Count | None = None
    is_default_team: bool | None = None
    seat_cap: kit.Count | None = None
    pending_invitations_count: kit.Count | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


class TeamsPage(ListPage, kw_only=True):
    data: list[Team]


@dataclass(frozen=True, slots=True)
class MetaPaging:
    """Pages by `limit` and `offset`; the list ends where no next page is named, or no row is left."""

    size: int = PAGE_SIZE

    def first(self, request: kit.Request) -> kit.Request:
        return request.with_parameters({"limit": self.size, "offset": 0})

    def next(
        self, request: kit.Request, page: kit.Page[ListPage | list[Any]]
    ) -> kit.Request | None:
        meta = page.value.meta if isinstance(page.value, ListPage) else None
        if meta is None or meta.next is None or not page.count:
            return None
        here = int(str(request.parameter("offset")))
        following = meta.next.offset if isinstance(meta.next, Next) else meta.next
        if meta.total is not None and here + page.count >= meta.total:
            return None
        if following <= here:
            raise kit.SchemaError(
                f"{request.label}: the next offset {following} is not beyond this page's {here}"
            )
        return request.with_parameters({"offset": following})


def form(page: type[ListPage]) -> Any:
    """The two forms that a list comes in: in its envelope, or as a bare array."""
    return page | msgspec.structs.fields(page)[0].type


def rows_of(page: ListPage | list[Any]) -> list[Any]:
    return page.data if isinstance(page, ListPage) else page


async def rows(
    source: kit.Source[Any, Any], request: kit.Request, page: type[ListPage]
) -> AsyncGenerator[Any, None]:
    """The rows of a list. Use it within `aclosing`."""
    found = source.pages(request, MetaPaging(), form(page), rows_of, counted=False)
    async with aclosing(found) as pages:
        async for each in pages:
            for row in rows_of(each):
                yield row


class Teams:
    """The teams of the organization, by their id and by their label, which several may share.

    A team that was listed twice, because it moved between two pages, is there once.
    """

    def __init__(self, rows: Iterable[Team] = ()) -> None:
        self.by_id = {team.id: team for team in rows}
        self.by_label: dict[str, list[Team]] = {}
        for team in self.by_id.values():
            self.by_label.setdefault(team.label, []).append(team)

    def shares_label(self, team: Team) -> bool:
        """Whether another one has its label: people and ratios of two teams cannot be shown as one."""
        return len(self.by_label[team.label]) > 1

    def sizes(self, label: str, at_least: int | None = None) -> kit.GroupSizes:
        """How many users the teams of a label have, where the list tells of all of them.

        Of a single team `at_least` so many users are known otherwise.
        """
        counts = [team.users_count for team in self.by_label[label]]
        if None not in counts:
            return {(label, None): sum(count or 0 for count in counts)}
        if len(counts) == 1 and at_least is not None:
            return {(label, None): at_least}
        return {}


async def teams(source: kit.Source[Any, Any]) -> Teams:
    """The teams of the organization."""
    async with aclosing(rows(source, kit.Request(TEAMS), TeamsPage)) as found:
        return Teams([team async for team in found])


async def organization_id(source: kit.Source[TabnineTarget, Any]) -> str:
    """The organization's UUID: configured, or asked for."""
    configured = source.target.organization_id
    return configured or (await source.get(ORGANIZATION, Organization)).id


def asks_id(target: TabnineTarget) -> bool:
    """Whether `organization_id` makes a request."""
    return target.organization_id is None


def team_requests(options: Any) -> int:
    """How many requests the list of teams and one for each of them are."""
    return teams_pages(options) + int(options.expected_teams)


def teams_pages(options: Any) -> int:
    """How many requests the list of teams is."""
    return ceil(int(options.expected_teams) / PAGE_SIZE)


def cost(requests: int) -> tuple[kit.Cost]:
    """All requests of a poll are of one endpoint group."""
    return (kit.Cost(GROUP, requests),)


first_team = kit.once(lambda _: kit.Request(TEAMS, query=ONE), form(TeamsPage))
"""A probe of a stream that needs the list of teams."""


def explain(error: kit.PollError) -> kit.PollError:
    """The same error, or one that blames the organization where Tabnine does."""
    refused = isinstance(error, kit.UnauthorizedError)
    if not refused or "invalid organization" not in str(error).lower():
        return error
    place = str(error).partition(": ")[0]
    return kit.UnauthorizedError(
        f"{place} because of the organization, not of the token: organization_id is wrong, or "
        "missing and not the token's own; set it to the UUID that the console shows, or remove it"
    )
