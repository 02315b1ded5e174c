"""A Tabnine organization, on Tabnine's own servers or on a private installation."""

from typing import Literal

from pydantic import Field

from exporter.client.auth import Bearer, Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.pace import Limit
from exporter.vendors.base import BASE_URL, Target

GROUP = "api"
"""Tabnine publishes no limits: the exporter keeps to one request a second over all endpoints."""

LIMITS = {GROUP: (Limit(1, 1.0),)}


class TabnineTarget(Target):
    """One organization, read with an access token that an Admin made."""

    base_url: str = Field(default="https://console.tabnine.com", pattern=BASE_URL)
    """The console's address; a private installation has its own."""
    organization_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    """The organization's UUID (default: the one that the token belongs to, asked for once a poll)."""
    api_version: Literal["v1", "v2"] = "v1"
    """v2 is for installations from product version 6.2 on, where v1 is not updated any more."""

    @property
    def place(self) -> str:
        """The organization, where its API is, and with which credential it is read."""
        own = self.organization_id
        return f"organization {own} at {super().place}" if own else super().place

    def quotas(self) -> frozenset[str]:
        """An installation may limit what is asked of an organization, whichever token asks."""
        own = self.organization_id
        return super().quotas() | ({f"organization {own.lower()}"} if own else set())

    def reads(self) -> frozenset[str]:
        """The organization, or else that of the token."""
        own = self.organization_id
        return frozenset({f"organization {own.lower()}"}) if own else super().reads()


def settings(target: TabnineTarget) -> ClientSettings:
    return target.client_settings({"Accept": "application/json"})


def credential(target: TabnineTarget, _: Client) -> Credential:
    return Bearer(target.auth.secret())
