"""A Tabnine organization, on Tabnine's own servers or on a private installation."""

from typing import Literal

from pydantic import Field

from exporter.client.auth import Bearer, Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.pace import Limit
from exporter.vendors.base import BASE_URL, OrganizationTarget

GROUP = "api"
"""Tabnine publishes no limits: the exporter keeps to one request a second over all endpoints."""

LIMITS = {GROUP: (Limit(1, 1.0),)}


class TabnineTarget(OrganizationTarget):
    """One organization, read with an access token that an Admin made."""

    base_url: str = Field(default="https://console.tabnine.com", pattern=BASE_URL)
    """The console's address; a private installation has its own."""
    organization_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    """The organization's UUID (default: the one that the token belongs to, asked for once a poll)."""
    api_version: Literal["v1", "v2"] = "v1"
    """v2 is for installations from product version 6.2 on, where v1 is not updated any more."""

    @property
    def same_organization(self) -> str | None:
        """A UUID is the same in capitals."""
        return self.organization_id and self.organization_id.lower()


def settings(target: TabnineTarget) -> ClientSettings:
    return target.client_settings({"Accept": "application/json"})


def credential(target: TabnineTarget, _: Client) -> Credential:
    return Bearer(target.auth.secret())
