"""An Anthropic organization: in the Console, or on claude.ai."""

from typing import Literal

from pydantic import Field

from exporter.client.auth import Credential, HeaderKey
from exporter.client.client import Client, ClientSettings
from exporter.client.pace import Limit
from exporter.model import HOUR
from exporter.vendors.base import BASE_URL, Target

ORGANIZATION, USAGE, COST = "organization", "usage-report", "cost-report"
CLAUDE_CODE, ANALYTICS = "claude-code", "analytics"

SUSTAINED = (Limit(60, HOUR),)
"""Of the Admin API Anthropic says "once per minute, sustained", and that bursts for pages may be faster."""
LIMITS = {
    ORGANIZATION: SUSTAINED,
    USAGE: SUSTAINED,
    COST: SUSTAINED,
    CLAUDE_CODE: SUSTAINED,
    ANALYTICS: (Limit(60, 60),),
}
"""The limits by endpoint group; all that an Enterprise Analytics key asks for shares one."""


class AnthropicTarget(Target):
    """One organization, read with an Admin key or with an Enterprise Analytics key."""

    base_url: str = Field(default="https://api.anthropic.com", pattern=BASE_URL)
    """Where Anthropic's API is."""
    api: Literal["admin", "analytics"] = "admin"
    """Which API the key opens: the Console's Admin API, or the Enterprise Analytics API of claude.ai."""
    api_version: str = Field(default="2023-06-01", pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The version of Anthropic's API, which every request names."""


def settings(target: AnthropicTarget) -> ClientSettings:
    return target.client_settings(
        {"Accept": "application/json", "anthropic-version": target.api_version}
    )


def credential(target: AnthropicTarget, _: Client) -> Credential:
    return HeaderKey("x-api-key", target.auth.secret())


def needs_admin(target: AnthropicTarget) -> str | None:
    """Why a stream of the Admin API does not apply to a target."""
    if target.api == "admin":
        return None
    return (
        "only an Admin key opens the Admin API: read it by one, in a target without api: analytics"
    )


def needs_analytics(target: AnthropicTarget) -> str | None:
    """Why a stream of the Enterprise Analytics API does not apply to a target."""
    if target.api == "analytics":
        return None
    return "only an Enterprise Analytics key opens it: give such a key, and api: analytics"
