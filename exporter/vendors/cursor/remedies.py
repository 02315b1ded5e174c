"""What the doctor says of a Cursor credential and of what Cursor refuses."""

from exporter.client.errors import PollError, State
from exporter.streams.probe import Identity, Refusal, Remedy
from exporter.vendors.cursor.vendor import CursorTarget

KEYS = "https://cursor.com/docs/api#creating-api-keys"
TRACKING = "https://cursor.com/docs/account/teams/ai-code-tracking-api"

_FOREIGN = {
    "ghp_": "a GitHub token",
    "github_pat_": "a GitHub token",
    "ghs_": "a GitHub token",
    "-----BEGIN": "a private key",
    "eyJ": "a JWT, such as Tabnine's tokens are",
}
"""How credentials of others begin; Cursor's own have had several forms and are not judged."""

_SCOPE = "read-only where the dashboard allows it, else with the scope admin:*"
_PLAN = "AI code tracking is part of Cursor's Enterprise plan only: ask Cursor to enable it"


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
    match refusal.error.state:
        case State.UNAUTHORIZED:
            return Remedy(
                "use a team's API key, made by a team admin (dashboard, Settings, Admin API Keys; "
                f"{_SCOPE}): a person's own key does not open this API. Is the key "
                f"right, Cursor may answer 401 for the plan too: {_PLAN}",
                KEYS,
            )
        case State.FORBIDDEN:
            return Remedy(f"{_PLAN}; the key must be a team's, {_SCOPE}", TRACKING)
        case State.NOT_FOUND:
            return Remedy(
                "check base_url (https://api.cursor.com); the API is an alpha that Cursor opens "
                "for teams on the Enterprise plan",
                TRACKING,
            )
        case _:
            return Remedy("compare the request with Cursor's document, and try again", TRACKING)
