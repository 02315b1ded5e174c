"""What the doctor asks of Tabnine, and what its refusals mean."""

from collections.abc import Mapping

from exporter.client.client import Request
from exporter.client.errors import NotFoundError, PollError, State, UnauthorizedError
from exporter.model import DAY, Window, floor
from exporter.vendors.payload import decode
from exporter.vendors.probe import Asking, Diagnosis, Identity, Refusal, Remedy, check_json
from exporter.vendors.tabnine import audit_log, lists
from exporter.vendors.tabnine.organization_records import LICENSE, USERS
from exporter.vendors.tabnine.repositories import REPOSITORIES
from exporter.vendors.tabnine.target import TabnineTarget
from exporter.vendors.tabnine.usage_api import endpoint, question

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

_Asking = Asking[TabnineTarget]


async def _ask(asking: _Asking, request: Request) -> bytes:
    try:
        answer = await asking.client.get(request)
    except UnauthorizedError as error:
        raise lists.explained(error) from error
    check_json(answer, request)
    return answer.body


async def _organization_id(asking: _Asking) -> str:
    if asking.target.organization_id is not None:
        return asking.target.organization_id
    body = await _ask(asking, Request(lists.ORGANIZATION))
    return decode(body, lists.Organization, lists.ORGANIZATION.path).id


async def _usage(asking: _Asking) -> None:
    """The last whole day of the organization."""
    today = floor(asking.now, DAY)
    query = {"organizationId": await _organization_id(asking)}
    at = endpoint("organization", asking.target.api_version)
    await _ask(asking, question(at, Window(today - DAY, today), query))


async def _teams(asking: _Asking) -> None:
    await _ask(asking, Request(lists.TEAMS, query=_ONE))


async def _users(asking: _Asking) -> None:
    organization = {"organizationId": await _organization_id(asking)}
    chosen = {**organization, "teamMember": "false", "active": "true"}
    await _ask(asking, Request(USERS, query={**chosen, **_ONE}))


async def _organization(asking: _Asking) -> None:
    left_out = "license" in asking.options.leave_out
    await _ask(asking, Request(lists.ORGANIZATION if left_out else LICENSE))


async def _audit_log(asking: _Asking) -> None:
    """One event, at the spelling of the path that is configured or found."""
    options = asking.options
    now = int(asking.now)
    query = {**_ONE, "from": audit_log.iso(now - DAY), "to": audit_log.iso(now)}
    if options.format == "csv":
        query |= audit_log.CSV_SWITCHES[options.csv_query]
    hyphen, underscore = (audit_log.ENDPOINTS[name] for name in ("hyphen", "underscore"))
    first = underscore if options.path == "underscore" else hyphen
    try:
        answer = await asking.client.get(Request(first, query=query))
    except NotFoundError:
        if options.path != "auto":
            raise
        answer = await asking.client.get(Request(underscore, query=query))
    if options.format == "json":
        check_json(answer, Request(first))


async def _repositories(asking: _Asking) -> None:
    """Those of the first team."""
    body = await _ask(asking, Request(lists.TEAMS, query=_ONE))
    place = lists.TEAMS.path
    if body.lstrip()[:1] == b"[":
        teams = decode(body, list[lists.Team], place)
    else:
        teams = decode(body, lists.TeamsPage, place).data
    if teams:
        await _ask(asking, Request(REPOSITORIES, path={"team_id": teams[0].id}))


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
