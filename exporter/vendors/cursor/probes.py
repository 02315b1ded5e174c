"""What the doctor asks of Cursor, and what its refusals mean."""

from exporter.client.client import Request
from exporter.client.errors import PollError, State
from exporter.model import DAY, floor
from exporter.streams.probe import Asking, Diagnosis, Identity, Probe, Refusal, Remedy, once
from exporter.vendors.cursor import ai_code_changes, ai_code_commits
from exporter.vendors.cursor.ai_code import Tracking, date
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

_PLAN = "AI code tracking is part of Cursor's Enterprise plan only: ask Cursor to enable it"


def _tracked(tracking: Tracking) -> Probe:
    """One row of the last whole day: a plain date is answered from Cursor's cache."""

    def request(asking: Asking[CursorTarget]) -> Request:
        today = floor(asking.now, DAY)
        dates = {"startDate": date(today - DAY), "endDate": date(today)}
        return Request(tracking.pages, query={**dates, "page": 1, "pageSize": 1})

    return once(request, tracking.page)


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
                "read-only is enough): a person's own key does not open this API. Is the key "
                f"right, Cursor may answer 401 for the plan too: {_PLAN}",
                KEYS,
            )
        case State.FORBIDDEN:
            return Remedy(f"{_PLAN}; the key must be a team's, read-only is enough", TRACKING)
        case State.NOT_FOUND:
            return Remedy(
                "check base_url (https://api.cursor.com); the API is an alpha that Cursor opens "
                "for teams on the Enterprise plan",
                TRACKING,
            )
        case _:
            return Remedy("compare the request with Cursor's document, and try again", TRACKING)


DIAGNOSIS: Diagnosis[CursorTarget] = Diagnosis(
    probes={
        ai_code_commits.STREAM.name: _tracked(ai_code_commits.TRACKING),
        ai_code_changes.STREAM.name: _tracked(ai_code_changes.TRACKING),
    },
    identify=identify,
    remedy=remedy,
)
