"""What the doctor asks of Tabnine, and what its refusals mean."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from exporter.client.client import Request
from exporter.client.errors import NotFoundError, PollError, State, UnauthorizedError
from exporter.model import DAY, Window, floor
from exporter.streams import probe
from exporter.streams.probe import Asking, Diagnosis, Identity, Refusal, Remedy
from exporter.vendors.tabnine import audit_log, lists
from exporter.vendors.tabnine.audit_log_pages import AuditPage
from exporter.vendors.tabnine.organization_records import (
    LICENSE,
    USERS,
    LicenseAnswer,
    User,
    UsersPage,
)
from exporter.vendors.tabnine.repositories import REPOSITORIES, Repository
from exporter.vendors.tabnine.vendor import TabnineTarget
from exporter.vendors.tabnine.usage_api import Usage, endpoint, question

APIS = "https://docs.tabnine.com/main/administering-tabnine/managing-your-team/tabnine-apis"
TOKENS = (
    "https://docs.tabnine.com/main/administering-tabnine/managing-your-team/settings/access-tokens"
)

_SINCE = {
    "usage": "5.18",
    "team_usage": "5.18",
    "user_usage": "5.18",
    "organization": "5.18",
    "audit_log": "5.25",
    "repositories": "5.27",
}
"""The product version that brought the API of each stream."""

_FOREIGN = {
    "ghp_": "a GitHub token",
    "github_pat_": "a GitHub token",
    "ghs_": "a GitHub token",
    "key_": "a Cursor key",
    "crsr_": "a Cursor key",
    "-----BEGIN": "a private key",
}
_ONE: Mapping[str, str | int] = {"limit": 1, "offset": 0}

_TEAMS = lists.TeamsPage | list[lists.Team]
_USERS = UsersPage | list[User]
"""A list comes in an envelope, or bare."""

_Asking = Asking[TabnineTarget]


async def _ask(asking: _Asking, request: Request, kind: Any) -> Any:
    try:
        return await probe.ask(asking, request, kind)
    except UnauthorizedError as error:
        raise lists.explained(error) from error


async def _organization_id(asking: _Asking) -> str:
    if asking.target.organization_id is not None:
        return asking.target.organization_id
    found: lists.Organization = await _ask(asking, Request(lists.ORGANIZATION), lists.Organization)
    return found.id


async def _usage(asking: _Asking) -> None:
    """The last whole day of the organization."""
    today = floor(asking.now, DAY)
    query = {"organizationId": await _organization_id(asking)}
    at = endpoint("organization", asking.target.api_version)
    await _ask(asking, question(at, Window(today - DAY, today), query), Usage)


async def _teams(asking: _Asking) -> None:
    await _ask(asking, Request(lists.TEAMS, query=_ONE), _TEAMS)


async def _users(asking: _Asking) -> None:
    organization = {"organizationId": await _organization_id(asking)}
    chosen = {**organization, "teamMember": "false", "active": "true"}
    await _ask(asking, Request(USERS, query={**chosen, **_ONE}), _USERS)


async def _organization(asking: _Asking) -> None:
    if "license" in asking.options.leave_out:
        await _ask(asking, Request(lists.ORGANIZATION), lists.Organization)
    else:
        await _ask(asking, Request(LICENSE), LicenseAnswer)


async def _audit_log(asking: _Asking) -> None:
    """One event, at the spelling of the path that is configured or found."""
    options = asking.options
    now = int(asking.now)
    query = {**_ONE, "from": audit_log.iso(now - DAY), "to": audit_log.iso(now)}
    if options.format == "csv":
        query |= audit_log.CSV_SWITCHES[options.csv_query]
    hyphen, underscore = (audit_log.ENDPOINTS[name] for name in ("hyphen", "underscore"))
    first = underscore if options.path == "underscore" else hyphen
    read = _csv_event if options.format == "csv" else _json_event
    try:
        await read(asking, Request(first, query=query))
    except NotFoundError:
        if options.path != "auto":
            raise
        await read(asking, Request(underscore, query=query))


async def _json_event(asking: _Asking, request: Request) -> None:
    await _ask(asking, request, AuditPage)


async def _csv_event(asking: _Asking, request: Request) -> None:
    answer = await asking.client.get(request)
    rows = audit_log.csv_rows(request.endpoint, asking.options)
    deque(rows.feed(answer.body), maxlen=0)
    deque(rows.close(), maxlen=0)


async def _repositories(asking: _Asking) -> None:
    """Those of the first team."""
    found: lists.TeamsPage | list[lists.Team] = await _ask(
        asking, Request(lists.TEAMS, query=_ONE), _TEAMS
    )
    teams = found.data if isinstance(found, lists.TeamsPage) else found
    if teams:
        place = Request(REPOSITORIES, path={"team_id": teams[0].id})
        await _ask(asking, place, list[Repository])


def identify(target: TabnineTarget) -> Identity:
    """An access token, unless it is somebody else's credential."""
    secret = target.auth.secret()
    try:
        value = secret.read()
    except PollError as error:
        return Identity("no token", str(error), usable=False)
    other = next((kind for start, kind in _FOREIGN.items() if value.startswith(start)), None)
    if other is not None:
        return Identity(
            other, f"{secret.source} holds {other}, not a Tabnine access token", usable=False
        )
    return Identity(f"an access token ({secret.source})")


def remedy(refusal: Refusal[TabnineTarget]) -> Remedy:
    """What is missing, by the state that the refusal leads to."""
    message = str(refusal.error)
    since = _SINCE.get(refusal.stream or "", "5.18")
    match refusal.error.state:
        case State.UNAUTHORIZED if "organization_id" in message:
            return Remedy(
                "remove organization_id, or set it to the UUID of the token's organization", APIS
            )
        case State.UNAUTHORIZED:
            return Remedy(
                "the token is wrong, expired or revoked: let an Admin make another (console, "
                "Settings, Access Tokens, with an expiration that is chosen there) and put it into the "
                "configured file or variable",
                TOKENS,
            )
        case State.FORBIDDEN if "FEATURE_NOT_AVAILABLE" in message:
            return Remedy("the license does not have this feature: ask Tabnine to add it", APIS)
        case State.FORBIDDEN:
            return Remedy(
                "the token's owner needs the role Admin: as of 2026 every user can make tokens, and "
                "they have no scopes: they may do what their owner may",
                TOKENS,
            )
        case State.NOT_FOUND:
            return Remedy(
                f"the installation needs product version {since} or later{_for_v2(refusal.target)};"
                " check base_url (the console's address) too",
                APIS,
            )
        case State.UNAVAILABLE:
            return Remedy(
                "Tabnine was seen to answer 500 where the license is missing or lacks the feature: "
                "look at the license in the console, else try again later",
                APIS,
            )
        case _:
            return Remedy("compare the request with Tabnine's document, and try again", APIS)


def _for_v2(target: TabnineTarget) -> str:
    return ", and 6.2 for api_version: v2" if target.api_version == "v2" else ""


DIAGNOSIS: Diagnosis[TabnineTarget] = Diagnosis(
    probes={
        "usage": _usage,
        "team_usage": _teams,
        "user_usage": _users,
        "organization": _organization,
        "audit_log": _audit_log,
        "repositories": _repositories,
    },
    identify=identify,
    remedy=remedy,
)
