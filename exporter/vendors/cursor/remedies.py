"""What the doctor says of a Cursor credential and of what Cursor refuses."""

from exporter.client.errors import PollError, State
from exporter.streams.probe import Identity, Refusal, Remedy
from exporter.vendors.cursor.refusals import OTHER_ORGANIZATION, SCOPE, SWITCHED_OFF
from exporter.vendors.cursor.rights import TRACKING, Right
from exporter.vendors.cursor.vendor import CursorTarget

KEYS = "https://cursor.com/docs/api#creating-api-keys"

_FOREIGN = {
    "ghp_": "a GitHub token",
    "github_pat_": "a GitHub token",
    "ghs_": "a GitHub token",
    "-----BEGIN": "a private key",
    "eyJ": "a JWT, such as Tabnine's tokens are",
}
"""How credentials of others begin; Cursor's own have had several forms and are not judged."""

_MAKE = "made by a team admin (dashboard, Settings, Admin API Keys)"
_MAKE_ORGANIZATIONS = "made by an organization admin (dashboard, API Keys, Organization API key)"


def identify(target: CursorTarget) -> Identity:
    """An API key, unless it is somebody else's credential."""
    secret = target.auth.secret()
    try:
        value = secret.read()
    except PollError as error:
        return Identity("no API key", str(error), usable=False)
    other = next((kind for start, kind in _FOREIGN.items() if value.startswith(start)), None)
    if other is not None:
        return Identity(other, f"{secret.source} holds {other}, not a Cursor API key", usable=False)
    return Identity(f"an API key ({secret.source}), sent as {target.auth.scheme}")


def remedy(refusal: Refusal[CursorTarget]) -> Remedy:
    """What is missing, by the state that the refusal leads to."""
    needed: Right = refusal.right or TRACKING
    right, said = needed.of(refusal.target), str(refusal.error).lower()
    if refusal.target.organization_id is not None:
        return _of_organization(right, refusal.error.state, said)
    return _of_team(right, refusal.error.state, said)


def _of_team(right: Right, state: State, said: str) -> Remedy:
    plan = f"{right.api} is part of Cursor's Enterprise plan only: ask Cursor to enable it"
    key = f"a team's API key, {_MAKE} with the scope {right.scope}"
    match state:
        case State.UNAUTHORIZED:
            # The same for every stream, so that a key that is wrong for all of them is told once.
            return Remedy(
                f"use a team's API key, {_MAKE} with the scope admin:*, or read-only where the dashboard "
                "allows it: a person's own key does not open this API, and an organization's key needs "
                "organization_id. Is the key right, Cursor may answer 401 for the plan too: these APIs are "
                "part of the Enterprise plan only",
                KEYS,
            )
        case State.FORBIDDEN if SCOPE in said:
            return Remedy(f"the scope {right.scope} is missing: use {key}", KEYS)
        case State.FORBIDDEN if SWITCHED_OFF in said:
            return Remedy(
                "let a team admin switch the feature on in the dashboard, or turn its option off",
                right.document,
            )
        case State.FORBIDDEN:
            return Remedy(f"{plan}; the key must be {key}", right.document)
        case State.NOT_FOUND:
            return Remedy(
                "check base_url (https://api.cursor.com); Cursor opens this API for teams on the "
                "Enterprise plan, and new parts of it team by team",
                right.document,
            )
        case _:
            return _unheard_of(right)


def _of_organization(right: Right, state: State, said: str) -> Remedy:
    match state:
        case State.UNAUTHORIZED:
            return Remedy(
                f"use an organization's API key, {_MAKE_ORGANIZATIONS} with the scope admin:*, or with "
                "that of the streams that are on: a team's key does not open this API; with one, "
                "remove organization_id",
                right.document,
            )
        case State.FORBIDDEN if SCOPE in said:
            return Remedy(
                f"the key's scope is another than {right.scope}, and an organization's key has one scope "
                "only: use a key with admin:*, or read this stream in a target of its own, by a key with "
                "its scope, and turn it off here",
                right.document,
            )
        case State.FORBIDDEN if OTHER_ORGANIZATION in said:
            return Remedy(
                "organization_id is not the organization that the key belongs to: correct it, or use a key "
                "of that organization",
                right.document,
            )
        case State.FORBIDDEN:
            return Remedy(
                f"{right.api} is part of Cursor's Enterprise plan only: ask Cursor to enable it; the key "
                f"must be an organization's with the scope {right.scope}",
                right.document,
            )
        case State.NOT_FOUND:
            return Remedy(
                "check organization_id (as org_abc123) and base_url (https://api.cursor.com): Cursor knows "
                "no such organization there, or has not opened this part of the API for it yet",
                right.document,
            )
        case _:
            return _unheard_of(right)


def _unheard_of(right: Right) -> Remedy:
    return Remedy("compare the request with Cursor's document, and try again", right.document)
