"""What the streams of Tabnine share: pages of lists, the teams, the organization, the refusals."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import msgspec

from exporter.client.client import Answer, Endpoint, Request
from exporter.client.errors import SchemaError, UnauthorizedError
from exporter.client.paging import Page
from exporter.streams.payload import Count, decode, drift
from exporter.vendors.base import Poll, Reading
from exporter.vendors.tabnine.vendor import GROUP

PAGE_SIZE = 200

ORGANIZATION = Endpoint("/api/v1/organization", GROUP)
TEAMS = Endpoint("/api/v1/organization/teams", GROUP)

T = TypeVar("T")
_Row = TypeVar("_Row")


class Next(msgspec.Struct):
    """Where the next page begins."""

    offset: Count
    limit: Count | None = None


class Meta(msgspec.Struct):
    """What a page says of its list; `next` is missing or null on the last one."""

    count: Count | None = None
    total: Count | None = None
    next: Next | Count | None = None


class ListPage(msgspec.Struct, kw_only=True):
    """The envelope of a list; a subclass types the rows of `data`."""

    data: list[Any]
    meta: Meta | None = None


class Organization(msgspec.Struct, rename="camel", kw_only=True):
    """Who the token belongs to; the public key is of no use here and is not kept."""

    id: str
    name: str
    public_key: msgspec.Raw = msgspec.Raw()
    saml_enabled: bool | None = None
    smtp_configured: bool | None = None
    username_password_enabled: bool | None = None
    oauth_enabled: bool | None = None
    domains: list[str] | None = None
    plan_type: str | None = None


class Team(msgspec.Struct, rename="camel", kw_only=True):
    """A team of the organization's list."""

    id: str
    name: str
    users_count: Count | None = None
    is_default_team: bool | None = None
    organization_id: str | None = None
    synced_group_id: str | None = None
    seat_cap: Count | None = None
    pending_invitations_count: Count | None = None


class TeamsPage(ListPage, kw_only=True):
    data: list[Team]


class TeamName(NamedTuple):
    """A team's id, which stays, and its name, which may change and repeat."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class MetaPaging:
    """Pages by `limit` and `offset`; the list ends where no next page is named, or no row is left."""

    size: int = PAGE_SIZE

    def first(self, request: Request) -> Request:
        return request.with_parameters({"limit": self.size, "offset": 0})

    def next(self, request: Request, page: Page[ListPage]) -> Request | None:
        meta = page.value.meta
        if meta is None or meta.next is None or not page.count:
            return None
        here = int(str(request.parameter("offset")))
        following = meta.next.offset if isinstance(meta.next, Next) else meta.next
        if meta.total is not None and here + page.count >= meta.total:
            return None
        if following <= here:
            raise SchemaError(
                f"{request.label}: the next offset {following} is not beyond this page's {here}"
            )
        return request.with_parameters({"offset": following})


def decoded(answer: Answer, kind: type[T], endpoint: Endpoint, reading: Reading) -> T:
    """The typed records of an answer; fields that they do not know are counted as drift."""
    records = decode(answer.body, kind, endpoint.path)
    reading.drift.update(drift(answer.body, kind))
    return records


async def get(poll: Poll[Any, Any], request: Request) -> Answer:
    """The answer to a request; a 401 that is about the organization says so."""
    try:
        return await poll.client.get(request)
    except UnauthorizedError as error:
        raise explained(error) from error


def explained(error: UnauthorizedError) -> UnauthorizedError:
    """The same error, or one that blames the organization where Tabnine does."""
    if "invalid organization" not in str(error).lower():
        return error
    place = str(error).partition(": ")[0]
    return UnauthorizedError(
        f"{place} because of the organization, not of the token: organization_id is wrong, or "
        "missing and not the token's own; set it to the UUID that the console shows, or remove it"
    )


async def rows(
    poll: Poll[Any, Any], request: Request, kind: type[ListPage], reading: Reading
) -> AsyncGenerator[list[Any], None]:
    """The rows of a list, page by page; a bare array is a list of one page.

    `kind` is the envelope with its rows typed.
    """
    bare = msgspec.structs.fields(kind)[0].type

    def page(body: bytes) -> tuple[ListPage, int]:
        form: Any = bare if body.lstrip()[:1] == b"[" else kind
        found = decode(body, form, request.endpoint.path)
        reading.drift.update(drift(body, form))
        whole = found if isinstance(found, ListPage) else ListPage(data=found)
        return whole, len(whole.data)

    try:
        async with aclosing(poll.client.pages(request, MetaPaging(), page)) as pages:
            async for found in pages:
                yield found.data
    except UnauthorizedError as error:
        raise explained(error) from error


async def teams(poll: Poll[Any, Any], reading: Reading) -> list[TeamName]:
    """The teams of the organization; one that moved between two pages comes once."""
    return [TeamName(team.id, team.name) for team in await team_rows(poll, reading)]


async def team_rows(poll: Poll[Any, Any], reading: Reading) -> list[Team]:
    """The teams of the organization with all that the list says of them."""
    found: dict[str, Team] = {}
    async with aclosing(rows(poll, Request(TEAMS), TeamsPage, reading)) as pages:
        async for page in pages:
            found.update((team.id, team) for team in page)
    return list(found.values())


async def organization(poll: Poll[Any, Any], reading: Reading) -> Organization:
    """The organization that the token belongs to."""
    answer = await get(poll, Request(ORGANIZATION))
    return decoded(answer, Organization, ORGANIZATION, reading)


async def organization_id(poll: Poll[Any, Any], reading: Reading) -> str:
    """The organization's UUID: configured, or asked for."""
    configured: str | None = poll.target.organization_id
    return configured or (await organization(poll, reading)).id
