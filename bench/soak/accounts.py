"""The many accounts of the vendors that a soak polls, as a configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECRETS = {
    "github": "sim-github-token",
    "cursor": "sim-cursor-key",
    "tabnine": "sim-tabnine-token",
}
_OFF = {"enabled": False}
# Counting streams at intervals of production, with lookbacks so short that days are forgotten
# while the soak runs. Streams with hundreds of requests a poll would measure the simulator.
_STREAMS: Mapping[str, Mapping[str, Any]] = {
    "tabnine": {
        "usage": {"interval": "15m", "lookback": "1d"},
        "audit_log": {"interval": "15m", "lookback": "1d"},
        **dict.fromkeys(("team_usage", "organization", "repositories"), _OFF),
    },
    "cursor": {
        "ai_code_commits": {"interval": "15m", "lookback": "1d"},
        "ai_code_changes": {"interval": "15m", "lookback": "1d"},
    },
    "github": {
        "api_insights": {"interval": "15m", "lookback": "2h", "routes": {"top_actors": 2}},
        "copilot_seats": {"interval": "1h"},
        "rate_limit": {"interval": "5m"},
        "copilot_reports": _OFF,
    },
}


def configuration(simulator: str, directory: Path, targets: int) -> dict[str, Any]:
    """As many targets, of all vendors in turn; their secrets are put into `directory`."""
    for vendor, secret in SECRETS.items():
        (directory / vendor).write_text(secret)
    vendors = list(_STREAMS)
    return {
        "targets": [
            _target(vendors[number % len(vendors)], number, simulator, directory)
            for number in range(targets)
        ],
        "state": {"path": str(directory / "state.db")},
    }


def _target(vendor: str, number: int, simulator: str, directory: Path) -> dict[str, Any]:
    return {
        "vendor": vendor,
        "account": f"account-{number:03}",
        "base_url": f"{simulator}/{vendor}",
        "auth": {"token_file": str(directory / vendor)},
        **({"org": "acme"} if vendor == "github" else {}),
        "streams": _STREAMS[vendor],
    }
