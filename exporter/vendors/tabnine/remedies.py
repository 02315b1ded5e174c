"""What the refusals of Tabnine mean."""

from exporter.streams import kit
from exporter.streams.probe import Identity, Refusal, Remedy
from exporter.vendors.tabnine.vendor import TabnineTarget

APIS = "https://docs.tabnine.com/main/administering-tabnine/managing-your-team/tabnine-apis"
TOKENS = (
    "https://docs.tabnine.com/main/administering-tabnine/managing-your-team/settings/access-tokens"
)

_FOREIGN = {
    "ghp_": "a GitHub token",
    "github_pat_": "a GitHub token",
    "ghs_": "a GitHub token",
    "key_": "a Cursor key",
    "crsr_": "a Cursor key",
    "-----BEGIN": "a private key",
}


def identify(target: TabnineTarget) -> Identity:
    """An access token, unless it is somebody else's credential."""
    secret = target.auth.secret()
    try:
        value = secret.read()
    except kit.PollError as error:
        return Identity("no token", str(error), usable=False)
    other = next((kind for start, kind in _FOREIGN.items() if value.startswith(start)), None)
    if other is not None:
        return Identity(
            other, f"{secret.source} holds {other}, not a Tabnine access token", usable=False
        )
    return Identity(f"an access token ({secret.source})")


def remedy(refusal: Refusal[TabnineTarget]) -> Remedy:
    """What is missing, by the state that the refusal leads to.

    A stream's right is the product version that brought its API, where that is not the usual one.
    """
    message = str(refusal.error)
    since = refusal.right or "5.18"
    match refusal.error.state:
        case kit.State.UNAUTHORIZED if "organization_id" in message:
            return Remedy(
                "remove organization_id, or set it to the UUID of the token's organization", APIS
            )
        case kit.State.UNAUTHORIZED:
            return Remedy(
                "the token is wrong, expired or revoked: let an Admin make another (console, "
                "Settings, Access Tokens, with an expiration that is chosen there) and put it into the "
                "configured file or variable",
                TOKENS,
            )
        case kit.State.FORBIDDEN if "FEATURE_NOT_AVAILABLE" in message:
            return Remedy("the license does not have this feature: ask Tabnine to add it", APIS)
        case kit.State.FORBIDDEN:
            return Remedy(
                "role or token scope: the token's owner needs the role Admin, and as of 2026 every user "
                "can make tokens, within the access that is chosen there",
                TOKENS,
            )
        case kit.State.NOT_FOUND:
            return Remedy(
                f"the installation needs product version {since} or later{_for_v2(refusal.target)};"
                " check base_url (the console's address) too",
                APIS,
            )
        case kit.State.UNAVAILABLE:
            return Remedy(
                "Tabnine was seen to answer 500 where the license is missing or lacks the feature, "
                "and older installations do where the token is expired or wrong: look at the license "
                "and the token in the console, else try again later",
                APIS,
            )
        case _:
            return Remedy("compare the request with Tabnine's document, and try again", APIS)


def _for_v2(target: TabnineTarget) -> str:
    return ", and 6.2 for api_version: v2" if target.api_version == "v2" else ""
