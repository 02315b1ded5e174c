"""A Cursor team, or an organization above several teams."""

from typing import Literal, Self

from pydantic import Field, model_validator

from exporter.client.auth import Basic, Bearer, Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.pace import Limit
from exporter.config.token_auth import TokenAuth
from exporter.model import DAY
from exporter.vendors.base import BASE_URL, OrganizationTarget

LONGEST_RANGE = 30 * DAY
"""No API of Cursor answers for more days at once."""
PER_MINUTE = Limit(20, 60)
"""The documented limit of AI code tracking, per team and endpoint."""

ANALYTICS, INSIGHTS = "analytics", "conversation-insights"
EVENTS, SPEND, MEMBERS = "usage-events", "spend", "members"
BILLING_GROUPS = "billing-groups"
DAILY_USAGE, AUDIT = "daily-usage", "audit-logs"
POOL = "pooled-usage"
LIMITS = {
    ANALYTICS: (Limit(100, 60),),
    INSIGHTS: (Limit(20, 60),),
    EVENTS: (Limit(60, 60),),
    SPEND: (Limit(20, 60),),
    MEMBERS: (Limit(20, 60),),
    BILLING_GROUPS: (Limit(20, 60),),
    DAILY_USAGE: (Limit(20, 60),),
    AUDIT: (Limit(20, 60),),
    POOL: (Limit(20, 60),),
}
"""The documented limits of the other endpoints, by the group that shares them."""


class CursorAuth(TokenAuth):
    """A team's API key, or an organization's, with the scope that the streams need."""

    scheme: Literal["basic", "bearer"] = "basic"
    """How the key is shown: as the user name of Basic authentication, or as a Bearer token."""


class CursorTarget(OrganizationTarget):
    """One team, or one organization above several teams, read with one API key."""

    base_url: str = Field(default="https://api.cursor.com", pattern=BASE_URL)
    """Where Cursor's API is."""
    auth: CursorAuth
    """Where the API key comes from."""
    organization_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$")
    """The organization's id (`org_…`), where the key is an organization's (default: it is a team's)."""
    unlinked: bool = False
    """Whether the team is linked to none of the organizations that other targets read."""

    @model_validator(mode="after")
    def _unlinked_team(self) -> Self:
        if self.unlinked and self.organization_id is not None:
            raise ValueError("unlinked is a key of teams; remove it, or organization_id")
        return self


def settings(target: CursorTarget) -> ClientSettings:
    return target.client_settings({"Accept": "application/json, text/csv"})


def credential(target: CursorTarget, _: Client) -> Credential:
    secret = target.auth.secret()
    return Basic(secret) if target.auth.scheme == "basic" else Bearer(secret)


def needs_team(target: CursorTarget) -> str | None:
    """Why a stream of teams does not apply to a target."""
    if target.organization_id is None:
        return None
    return "Cursor tells it of teams only: read it by a team's key, in a target without organization_id"


def needs_organization(target: CursorTarget) -> str | None:
    """Why a stream of organizations does not apply to a target."""
    if target.organization_id is not None:
        return None
    return "Cursor tells it of organizations only: give organization_id and an organization's key"


def contains(one: CursorTarget, other: CursorTarget) -> str | None:
    """An organization contains every team of which the configuration does not say otherwise."""
    if one.organization_id is None or other.organization_id is not None or other.unlinked:
        return None
    return "if the team is not linked to the organization, give it unlinked: true"
