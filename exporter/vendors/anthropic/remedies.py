"""What the doctor says of an Anthropic credential and of what Anthropic refuses."""

from exporter.client.errors import PollError, State
from exporter.streams.probe import Diagnosis, Identity, Refusal, Remedy
from exporter.vendors.anthropic.refusals import SCOPE
from exporter.vendors.anthropic.rights import ADMINISTRATION, Right
from exporter.vendors.anthropic.vendor import AnthropicTarget

_KINDS = {"admin": "an Admin key", "analytics": "an Enterprise Analytics key"}
_STARTS = {"admin": "sk-ant-admin", "analytics": "sk-ant-api"}
_MADE = {
    "admin": "made by an admin of the organization (Console, Settings, Admin keys)",
    "analytics": "made by the primary owner with the scope read:analytics (claude.ai, Organization "
    "settings, API), where API access must be on",
}
_OURS = "sk-ant-"


def identify(target: AnthropicTarget) -> Identity:
    """A key of the kind that the target names, unless it looks like another one."""
    secret = target.auth.secret()
    wanted = _KINDS[target.api]
    try:
        value = secret.read()
    except PollError as error:
        return Identity("no key", str(error), usable=False)
    if value.startswith(_OURS) and not value.startswith(_STARTS[target.api]):
        return Identity(
            "another key of Anthropic's",
            f"{secret.source} holds a key that does not begin with {_STARTS[target.api]}, as {wanted} "
            f"does; use one that was {_MADE[target.api]}, or set api",
        )
    return Identity(f"{wanted} ({secret.source})")


def remedy(refusal: Refusal[AnthropicTarget]) -> Remedy:
    """What is missing, by the state that the refusal leads to."""
    right: Right = refusal.right or ADMINISTRATION
    api, said = refusal.target.api, str(refusal.error).lower()
    key = f"{_KINDS[api]}, {_MADE[api]}"
    match refusal.error.state:
        case State.UNAUTHORIZED:
            # The same for every stream, so that a key that is wrong for all of them is told once.
            return Remedy(
                f"use {key}: it is wrong, has expired or was deleted, or is of the other kind (api says "
                "which one is needed); a key for the Messages API opens neither",
                right.document,
            )
        case State.FORBIDDEN if refusal.status == 402:
            return Remedy("let an admin put the organization's billing in order", right.document)
        case State.FORBIDDEN if SCOPE in said:
            return Remedy(f"the key lacks a scope: use {key}", right.document)
        case State.FORBIDDEN:
            return Remedy(
                f"use {key}; {right.api} is for organizations, not for individual accounts",
                right.document,
            )
        case State.NOT_FOUND:
            return Remedy(
                f"check base_url (https://api.anthropic.com); the plan may not have {right.api}",
                right.document,
            )
        case _:
            return Remedy("compare the request with Anthropic's document", right.document)


DIAGNOSIS: Diagnosis[AnthropicTarget] = Diagnosis(identify=identify, remedy=remedy)
