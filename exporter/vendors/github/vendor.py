"""A GitHub account: an organization or an enterprise on github.com, GHE.com or a GHES host."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from exporter.client.auth import Bearer, Credential
from exporter.client.client import Client, ClientSettings, Endpoint, Request
from exporter.client.pace import Limit
from exporter.client.paging import LinkHeader
from exporter.config.base import ConfigModel
from exporter.config.token_auth import TokenAuth
from exporter.streams.contract import AnyStream
from exporter.streams.source import Source
from exporter.vendors.base import BASE_URL, Target
from exporter.vendors.github.app_auth import APP_GROUP, AppCredential, AppKey

API_VERSION = "2022-11-28"

GROUP = "core"
"""All REST endpoints share one hourly bucket of the credential."""
EXPIRY_HEADER = "github-authentication-token-expiration"
"""With it GitHub tells when a personal access token ends that has an end."""

RATE_GROUP = "rate_limit"
"""`/rate_limit` alone: it is free, and must answer while `core` is used up."""

LIMITS = {
    GROUP: (Limit(60, 60), Limit(5_000, 3_600)),
    RATE_GROUP: (Limit(60, 60),),
    APP_GROUP: (Limit(60, 60),),
}
"""5,000 requests an hour are documented for a token; a minute's share of them keeps bursts short."""

PAGING = LinkHeader(size=100, page_param="page")
"""The largest pages that most of GitHub's lists have."""

_GHES_PATH = "/api/v3"

_LOGIN = r"^[A-Za-z0-9_-]{1,100}$"
"""Wider than GitHub's own rules, which have changed: what it refuses has never been a name there."""


def _app_id(value: object) -> object:
    """YAML reads an App ID as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class AppAuth(ConfigModel):
    """A GitHub App that is installed in the organization or enterprise."""

    client_id: Annotated[
        str,
        BeforeValidator(_app_id),
        WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}),
    ] = Field(min_length=1)
    """The App's client ID, as its settings page shows it; its App ID works too."""
    private_key_file: str
    """Path of the App's private key (PEM), as GitHub gave it; read again when it changes."""
    installation_id: int | None = Field(default=None, ge=1)
    """Which installation to use (default: that of the organization or enterprise, asked for)."""


class GithubAuth(TokenAuth):
    """A token from a file or the environment, or a GitHub App."""

    app: AppAuth | None = None
    """A GitHub App instead of a token: the exporter gets tokens of an hour for itself."""

    @property
    def place(self) -> str:
        """Where the credential is, in words."""
        return super().place if self.app is None else self.app.private_key_file

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = (self.token_file, self.token_env, self.app)
        if sum(one is not None for one in given) != 1:
            raise ValueError("needs exactly one of token_file and token_env, or app")
        return self


def _version(value: object) -> object:
    """YAML reads a bare 2022-11-28 as a date."""
    return value.isoformat() if isinstance(value, date) else value


class GithubTarget(Target):
    """One organization or one enterprise, read with one credential."""

    base_url: str = Field(default="https://api.github.com", pattern=BASE_URL)
    """`https://api.SUBDOMAIN.ghe.com` for GHE.com, `https://HOST/api/v3` for GHES."""
    auth: GithubAuth
    """Where the credential comes from: a token, or a GitHub App."""
    api_version: Annotated[str, BeforeValidator(_version)] = Field(
        default=API_VERSION, pattern=r"^\d{4}-\d{2}-\d{2}$"
    )
    """The version of the REST API that is asked for; 2022-11-28 and 2026-03-10 are known to work."""
    org: str | None = Field(default=None, min_length=1, pattern=_LOGIN)
    """The organization's login. Exactly one of org and enterprise."""
    enterprise: str | None = Field(default=None, min_length=1, pattern=_LOGIN)
    """The enterprise's slug. Exactly one of org and enterprise."""
    standalone: bool = False
    """Whether the organization belongs to none of the enterprises that other targets read."""

    @field_validator("base_url")
    @classmethod
    def _api_of_a_host(cls, value: str) -> str:
        problem = _misplaced(value)
        if problem:
            raise ValueError(problem)
        return value

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if (self.org is None) == (self.enterprise is None):
            raise ValueError("needs exactly one of org and enterprise")
        if self.standalone and self.enterprise is not None:
            raise ValueError("standalone is a key of organizations; remove it, or give org")
        return self

    @property
    def place(self) -> str:
        """The organization or enterprise, where its API is, and with which credential it is read."""
        kind = "organization" if self.org else "enterprise"
        return f"{kind} {self.org or self.enterprise} at {super().place}"

    def quotas(self) -> frozenset[str]:
        """GitHub's limits are those of a user or of an App's installation, which need not be named."""
        app = self.auth.app
        if app is None:
            return super().quotas()
        [name] = self.scope_path.values()
        account = f"App {app.client_id} in {self.scope} {name.casefold()}"
        if app.installation_id is None:
            return frozenset({account})
        return frozenset({account, f"installation {app.installation_id} of App {app.client_id}"})

    def reads(self) -> frozenset[str]:
        """The organization or enterprise, however its name is written."""
        return frozenset({f"the {self.scope} {str(self.org or self.enterprise).casefold()}"})

    @property
    def scope(self) -> Literal["org", "enterprise"]:
        """Whether it is an organization or an enterprise."""
        return "org" if self.org else "enterprise"

    @property
    def scope_path(self) -> dict[str, str]:
        """Its name for a path with `{org}` or `{enterprise}`."""
        return {self.scope: str(self.org or self.enterprise)}

    @property
    def on_ghes(self) -> bool:
        """Whether the base URL has the form that only GitHub Enterprise Server has."""
        return urlsplit(self.base_url).path.rstrip("/") == _GHES_PATH


def settings(target: GithubTarget) -> ClientSettings:
    common = target.client_settings(
        {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": target.api_version}
    )
    # An App's tokens live for an hour and are renewed in time.
    return common if target.auth.app else replace(common, expiry_header=EXPIRY_HEADER)


def credential(target: GithubTarget, client: Client) -> Credential:
    """The token, or what gets tokens for an App with the requests of `client`."""
    app = target.auth.app
    if app is None:
        return Bearer(target.auth.secret())
    key = AppKey(app.client_id, app.private_key_file, client.clock.time)
    return AppCredential(client, key, target.scope_path, app.installation_id)


def below(target: GithubTarget, path: str, *, conditional: bool = False, **values: str) -> Request:
    """A request below `/orgs/{org}` or `/enterprises/{enterprise}`; `values` are more of its path."""
    scope = target.scope
    endpoint = Endpoint(f"/{scope}s/{{{scope}}}{path}", GROUP, conditional=conditional)
    return Request(endpoint, {**target.scope_path, **values})


def first_of(path: str) -> Callable[[Source[GithubTarget, Any]], Request]:
    """Asks for the first row of a list below the account, as a probe does."""
    return lambda source: below(source.target, path).with_parameters({"per_page": 1})


def needs_org(target: GithubTarget) -> str | None:
    """Why a stream of organizations does not apply to a target."""
    return None if target.org else "GitHub offers it for organizations only: give org"


def needs_enterprise(target: GithubTarget) -> str | None:
    """Why a stream of enterprises does not apply to a target."""
    return None if target.enterprise else "GitHub offers it for enterprises only: give enterprise"


def contains(one: GithubTarget, other: GithubTarget) -> str | None:
    """An enterprise contains every organization of which the configuration does not say otherwise."""
    if one.enterprise is None or other.org is None or other.standalone:
        return None
    return "if the organization does not belong to the enterprise, give it standalone: true"


def is_public_api(host: str) -> bool:
    """Whether a host is the API of github.com or of a subdomain of GHE.com."""
    return host == "api.github.com" or (host.startswith("api.") and host.endswith(".ghe.com"))


def not_on_ghes(stream: AnyStream) -> AnyStream:
    """The stream, left out of the defaults of a GHES target.

    GHES up to 3.19 lacks its API. A later one may have it, so a target that names the stream gets it.
    """

    def inapplicable(target: GithubTarget) -> str | None:
        problem = stream.inapplicable(target)
        if problem or not target.on_ghes or getattr(target.streams, stream.name) is not None:
            return problem
        return "GitHub Enterprise Server has no such API (3.19 and before): name the stream to try"

    return replace(stream, inapplicable=inapplicable)


def _misplaced(base_url: str) -> str | None:
    """What is wrong with where a base URL points to, for the hosts whose form GitHub documents."""
    try:
        url = urlsplit(base_url)
        host = (url.hostname or "").lower()
    except ValueError:
        return None  # not a URL at all: the client's settings say so
    path = url.path.rstrip("/")
    if host in ("github.com", "www.github.com"):
        return "github.com is the site; its API is at https://api.github.com"
    if host.endswith(".ghe.com") and not host.startswith("api."):
        return f"this is the site; its API is at https://api.{host}"
    if host == "api.github.com" or host.endswith(".ghe.com"):
        if url.scheme != "https":
            return f"the token must not travel in the clear: use https://{host}"
        return f"GitHub's API has no path there: use https://{host}" if path else None
    if not url.path or path == "/api":
        return (
            f"GitHub Enterprise Server has its API below {_GHES_PATH}: use {url.scheme}://HOST"
            f"{_GHES_PATH} (a gateway without a path of its own: end its address with a slash)"
        )
    return None
