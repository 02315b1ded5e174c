"""A GitHub account: an organization or an enterprise on github.com, GHE.com or a GHES host."""

from typing import Self

from pydantic import Field, model_validator

from exporter.client.auth import Bearer, Credential
from exporter.client.client import ClientSettings
from exporter.client.pace import Limit
from exporter.vendors.base import Target

API_VERSION = "2022-11-28"

GROUP = "core"
"""All REST endpoints share one hourly bucket of the credential."""

LIMITS = {GROUP: (Limit(60, 60), Limit(5_000, 3_600))}
"""5,000 requests an hour are documented for a token; a minute's share of them keeps bursts short."""


class GithubTarget(Target):
    """One organization or one enterprise, read with one credential."""

    base_url: str = Field(default="https://api.github.com", pattern=r"^https?://[^\s?#]+$")
    """`https://api.SUBDOMAIN.ghe.com` for GHE.com, `https://HOST/api/v3` for GHES."""
    org: str | None = Field(default=None, min_length=1)
    """The organization's login. Exactly one of org and enterprise."""
    enterprise: str | None = Field(default=None, min_length=1)
    """The enterprise's slug. Exactly one of org and enterprise."""

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if (self.org is None) == (self.enterprise is None):
            raise ValueError("needs exactly one of org and enterprise")
        return self


def settings(target: GithubTarget) -> ClientSettings:
    return target.client_settings(
        {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}
    )


def credential(target: GithubTarget) -> Credential:
    return Bearer(target.auth.secret())


def needs_org(target: GithubTarget) -> str | None:
    """Why a stream of organizations does not apply to a target."""
    return None if target.org else "GitHub offers it for organizations only: give org"
