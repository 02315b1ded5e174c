"""Targets of the configuration that read the simulator."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.tabnine.rest import TabnineOptions

SECRETS = {
    "github": GitHubOptions().token,
    "tabnine": TabnineOptions().token,
    "cursor": CursorOptions().key,
    "cursor organization": next(iter(CursorOptions().organization_keys)),
    "anthropic": AnthropicOptions().admin_key,
    "anthropic analytics": AnthropicOptions().analytics_key,
}
"""What the simulator takes as a credential, by vendor, or by the kind of a vendor's target."""


def target(
    vendor: str,
    account: str,
    simulator: str,
    directory: Path,
    streams: Mapping[str, Any],
    **more: Any,
) -> dict[str, Any]:
    """The block of an account at a simulator's URL; its credential is put into `directory`."""
    kind = _kind(vendor, more)
    secret = directory / kind
    secret.write_text(SECRETS[kind], encoding="utf-8")
    return {
        "vendor": vendor,
        "account": account,
        "base_url": f"{simulator}/{vendor}",
        "auth": {"token_file": str(secret)},
        "streams": {name: dict(options) for name, options in streams.items()},
        **more,
    }


def _kind(vendor: str, keys: Mapping[str, Any]) -> str:
    if vendor == "cursor" and "organization_id" in keys:
        return "cursor organization"
    return f"{vendor} analytics" if keys.get("api") == "analytics" else vendor
