"""A Cursor team."""

from typing import Literal

from pydantic import Field

from exporter.client.auth import Basic, Bearer, Credential
from exporter.client.client import Client, ClientSettings
from exporter.client.pace import Limit
from exporter.config.token_auth import TokenAuth
from exporter.vendors.base import BASE_URL, Target

PER_MINUTE = Limit(20, 60)
"""The documented limit of AI code tracking, per team and endpoint."""

ANALYTICS, INSIGHTS = "analytics", "conversation-insights"
EVENTS, SPEND, MEMBERS = "usage-events", "spend", "members"
BILLING_GROUPS = "billing-groups"
DAILY_USAGE, AUDIT = "daily-usage", "audit-logs"
LIMITS = {
    ANALYTICS: (Limit(100, 60),),
    INSIGHTS: (Limit(20, 60),),
    EVENTS: (Limit(60, 60),),
    SPEND: (Limit(20, 60),),
    MEMBERS: (Limit(20, 60),),
    BILLING_GROUPS: (Limit(20, 60),),
    DAILY_USAGE: (Limit(20, 60),),
    AUDIT: (Limit(20, 60),),
}
"""The documented limits of the other endpoints, by the group that shares them."""


class CursorAuth(TokenAuth):
    """A team's API key: read-only where the dashboard allows it, else with the scope admin:*."""

    scheme: Literal["basic", "bearer"] = "basic"
    """How the key is shown: as the user name of Basic authentication, or as a Bearer token."""


class CursorTarget(Target):
    """One team, read with one API key."""

    base_url: str = Field(default="https://api.cursor.com", pattern=BASE_URL)
    """Where Cursor's API is."""
    auth: CursorAuth
    """Where the API key comes from."""


def settings(target: CursorTarget) -> ClientSettings:
    return target.client_settings({"Accept": "application/json, text/csv"})


def credential(target: CursorTarget, _: Client) -> Credential:
    secret = target.auth.secret()
    return Basic(secret) if target.auth.scheme == "basic" else Bearer(secret)
