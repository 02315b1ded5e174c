"""What GitHub's refusals mean for the credential at hand: the scope, permission, plan or policy."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from exporter.client.errors import PollError, State
from exporter.streams.probe import Identity, Refusal, Remedy
from exporter.vendors.github.rights import APPS, Right
from exporter.vendors.github.vendor import GithubTarget

_TOKENS = (
    "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
    "managing-your-personal-access-tokens"
)
_SSO = (
    "https://docs.github.com/en/enterprise-cloud@latest/authentication/"
    "authenticating-with-single-sign-on/authorizing-a-personal-access-token-for-use-with-single-"
    "sign-on"
)

CLASSIC = "a classic personal access token"
FINE_GRAINED = "a fine-grained personal access token"
INSTALLATION = "an installation token of a GitHub App"
APP = "a GitHub App"
OTHER = "a token of unknown form"


class _Form(NamedTuple):
    """A kind of credential, and what is to be said where it is given."""

    kind: str
    problem: str | None = None
    usable: bool = True


_OF_CURSOR = _Form("a Cursor key", "give GitHub's", usable=False)
_FORMS = {
    "github_pat_": _Form(FINE_GRAINED),
    "ghp_": _Form(CLASSIC),
    "gho_": _Form("a token of an OAuth app"),
    "ghs_": _Form(
        INSTALLATION,
        "it ends within an hour: give the App itself as auth.app, and the exporter renews it",
    ),
    "ghu_": _Form(
        "a user token of a GitHub App",
        "it may end after eight hours: give a personal access token, or the App as auth.app",
    ),
    "ghr_": _Form("a refresh token", "give the token itself", usable=False),
    "-----BEGIN": _Form(
        "a private key",
        "give it as auth.app.private_key_file, with auth.app.client_id",
        usable=False,
    ),
    "key_": _OF_CURSOR,
    "crsr_": _OF_CURSOR,
}
"""The kinds by the first letters of a credential."""

_OLD_CLASSIC = re.compile(r"[0-9a-f]{40}")

_NO_TOKEN = {
    State.UNAUTHORIZED: (
        "the private key must belong to auth.app.client_id, be the PEM file as GitHub gave it, and "
        "the machine's clock must be right within a minute"
    ),
    State.FORBIDDEN: "let an owner lift the suspension of the App's installation",
    State.NOT_FOUND: "install the App in the account, or correct auth.app.installation_id",
}
"""Why a GitHub App got no token."""

_NAME = re.compile(r"[\w:./=;, -]{1,200}")


def identify(target: GithubTarget) -> Identity:
    """The kind of a credential by the first letters of it, of which none are told."""
    if target.auth.app is not None:
        return Identity(APP)
    secret = target.auth.secret()
    try:
        value = secret.read()
    except PollError as error:
        return Identity("no token", str(error), usable=False)
    forms = (form for start, form in _FORMS.items() if value.startswith(start))
    form = _Form(CLASSIC) if _OLD_CLASSIC.fullmatch(value) else next(forms, _Form(OTHER))
    shown = f"{form.kind} ({secret.source})"
    if form.problem is None:
        return Identity(shown)
    return Identity(shown, f"{secret.source} holds {form.kind}: {form.problem}", form.usable)


def remedy(refusal: Refusal[GithubTarget]) -> Remedy:
    """What is missing, by status, headers and kind of credential."""
    target, state, right = refusal.target, refusal.error.state, refusal.right
    if refusal.stream is None and target.auth.app is not None:
        return Remedy(_NO_TOKEN.get(state, "the App got no token: try again later"), APPS)
    if refusal.stream is None or state is State.UNAUTHORIZED:
        return Remedy(_of_credential(target), APPS if target.auth.app else _TOKENS)
    if not isinstance(right, Right):
        right = right[target.scope]
    if state is State.FORBIDDEN:
        if refusal.headers.get("x-github-sso", "").startswith("required"):
            return Remedy("authorize the token for the organization's single sign-on", _SSO)
        return Remedy("; ".join(_missing(refusal, right)), right.document)
    if state is State.NOT_FOUND:
        return Remedy("; ".join(_not_there(refusal, right)), right.document)
    if refusal.status == 422 and right.policy:
        return Remedy(right.policy, right.document)
    if state is State.UNAVAILABLE:
        return Remedy("look at https://www.githubstatus.com and try again later", right.document)
    return Remedy("compare the request with GitHub's document", right.document)


def _of_credential(target: GithubTarget) -> str:
    if target.auth.app is not None:
        return (
            "GitHub refuses the installation's token: look whether the App was removed or suspended"
        )
    secret = target.auth.secret()
    text = f"the token in {secret.source} is wrong, expired or revoked: put another there"
    if identify(target).kind.startswith(OTHER):
        text += " (it begins like none of GitHub's: ghp_, github_pat_, ghs_)"
    return text


def _missing(refusal: Refusal[GithubTarget], right: Right) -> Iterator[str]:
    if "ip allow list" in str(refusal.error).lower():
        yield "add the exporter's address to the account's IP allow list"
        return
    named = _clean(refusal.headers.get("x-accepted-github-permissions", ""))
    if named:
        yield f"GitHub names the permission {named}"
    yield from _grant(refusal, right)
    yield from _account(right)


def _not_there(refusal: Refusal[GithubTarget], right: Right) -> Iterator[str]:
    if right.gone:
        yield right.gone
        return
    target = refusal.target
    name = f"{target.scope}: {target.scope_path[target.scope]}"
    yield f"GitHub answers 404 also to who may not know: check that {name} is spelled as in its URL"
    if target.enterprise:
        yield "it must be an enterprise account, not an organization"
    if right.unused:
        yield right.unused
    if target.on_ghes:
        yield "GitHub Enterprise Server up to 3.19 has no such API"
    yield from _grant(refusal, right)
    yield from _account(right)


def _grant(refusal: Refusal[GithubTarget], right: Right) -> Iterator[str]:
    """What to give to the credential, and whom it must belong to."""
    kind = identify(refusal.target).kind
    if kind.startswith((APP, INSTALLATION)):
        if right.app is None:
            yield "an App cannot have this right: use a classic token"
        else:
            yield f"give the App {right.app}, and let an owner accept it for the installation"
        return
    if kind.startswith(FINE_GRAINED):
        if right.fine_grained is None:
            yield "a fine-grained token cannot have this right: use a classic one"
        else:
            yield f"give the token {right.fine_grained}; an owner may have to approve it"
    elif kind.startswith(CLASSIC):
        yield _scopes(refusal, right)
    else:
        wanted = [f"a classic token with {' or '.join(right.classic)}"] if right.classic else []
        if right.fine_grained:
            wanted.append(f"a fine-grained one with {right.fine_grained}")
        if wanted:
            yield f"use {', or '.join(wanted)}"
    if right.who:
        yield f"it must belong to {right.who}"


def _scopes(refusal: Refusal[GithubTarget], right: Right) -> str:
    if not right.classic:
        return "GitHub documents no scope of classic tokens for this: use a fine-grained one if it fails"
    wanted = " or ".join(right.classic)
    told = refusal.headers.get("x-oauth-scopes")
    held = _clean(told or "")
    if told is None or (told and not held):
        return f"the token needs the scope {wanted}"
    if any(scope in (part.strip() for part in held.split(",")) for scope in right.classic):
        return f"the token's scopes ({held}) are enough: what it belongs to is not"
    return f"the token has {f'only {held}' if held else 'no scope'}; it needs the scope {wanted}"


def _account(right: Right) -> Iterator[str]:
    if right.plan:
        yield f"the account needs {right.plan}"
    if right.policy:
        yield right.policy


def _clean(header: str) -> str:
    """A header's list of names, or nothing where it is something else."""
    return header.strip() if _NAME.fullmatch(header) else ""
