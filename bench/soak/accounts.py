"""The many accounts of the vendors that a soak polls, as a configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import simulated
from exporter.config.durations import format_duration
from exporter.model import MINUTE
from exporter.streams.contract import AnyStream
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor

_SCOPES: Mapping[str, Mapping[str, str]] = {"github": {"org": "acme"}}
"""What a vendor's target must say of whose it is."""
_MOST_REQUESTS = 20
"""A stream that makes more in a poll would measure the simulator."""
_CHOSEN: Mapping[str, Mapping[str, Any]] = {
    "api_insights": {"routes": {"top_actors": 2}},
    "copilot_reports": {"lookback": "3d"},
}
"""Options of streams that would ask for too much, or cannot look back as short as the others."""
_SHORTEST_INTERVAL = 15 * MINUTE
_LOOKBACK = "1d"
"""So short that days are forgotten while the soak runs."""


def configuration(simulator: str, directory: Path, targets: int) -> dict[str, Any]:
    """As many targets, of all vendors in turn; their secrets are put into `directory`."""
    vendors = [vendor for vendor in VENDORS if vendor.name in simulated.SECRETS]
    return {
        "targets": [
            _target(vendors[number % len(vendors)], number, simulator, directory)
            for number in range(targets)
        ],
        "state": {"path": str(directory / "state.db")},
    }


def _target(vendor: AnyVendor, number: int, simulator: str, directory: Path) -> dict[str, Any]:
    scope = _SCOPES.get(vendor.name, {})
    of = vendor.target.model_construct(**scope)
    streams = {
        stream.name: _options(stream, of)
        for stream in vendor.streams
        if stream.by_default and stream.inapplicable(of) is None
    }
    account = f"account-{number:03}"
    return simulated.target(vendor.name, account, simulator, directory, streams, **scope)


def _options(stream: AnyStream, target: Any) -> Mapping[str, Any]:
    """Its own interval where that is not too short; off where it asks for too much."""
    chosen = _CHOSEN.get(stream.name, {})
    options = stream.options.model_validate(chosen)
    if sum(cost.requests for cost in stream.plan(target, options)) > _MOST_REQUESTS:
        return {"enabled": False}
    interval = format_duration(max(options.interval, _SHORTEST_INTERVAL))
    lookback = {"lookback": _LOOKBACK} if stream.bucket else {}
    return {**lookback, "interval": interval, **chosen}
