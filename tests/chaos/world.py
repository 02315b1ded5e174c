"""The simulated month: its vendors, the exporter's configuration, and the time that both live in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from exporter.model import DAY, HOUR, StreamKey, floor
from tests.chaos.world_time import WorldTime
from tests.e2e.processes import Simulator

BEGIN = 1_780_920_000
"""2026-06-08T12:00:00Z: noon, so that a start that takes long is still on the same day."""
LOOKBACK_DAYS = {
    "api_insights": 2,
    "copilot_reports": 8,
    "billing_usage": 8,
    "usage_reports": 31,
    "usage": 7,
    "team_usage": 7,
    "audit_log": 2,
    "ai_code_commits": 3,
    "ai_code_changes": 2,
}
STREAMS = frozenset(LOOKBACK_DAYS)
ACCOUNTS = {
    **{
        stream: StreamKey("github", "acme", stream)
        for stream in ("api_insights", "copilot_reports")
    },
    **{
        stream: StreamKey("github", "acme-enterprise", stream)
        for stream in ("billing_usage", "usage_reports")
    },
    **{
        stream: StreamKey("tabnine", "acme", stream)
        for stream in ("usage", "team_usage", "audit_log")
    },
    **{
        stream: StreamKey("cursor", "acme", stream)
        for stream in ("ai_code_commits", "ai_code_changes")
    },
}
_SECRETS = {
    "github": "sim-github-token",
    "cursor": "sim-cursor-key",
    "tabnine": "sim-tabnine-token",
}


class MonthOfWork:
    """A simulator that stands in the year 2026, and the clock that the daemons read."""

    def __init__(self, directory: Path, seed: int, developers: int) -> None:
        self.directory = directory
        self.clock_file = directory / "clock"
        self.state = directory / "state.db"
        self.simulator = Simulator(
            directory,
            "--no-rate-limit",
            f"--start={BEGIN}",
            f"--developers={developers}",
            f"--seed={seed}",
        )
        self._clock = WorldTime(self.clock_file)
        self.simulator.control("exports", {"nightly": False, "processing_seconds": 600})
        self.advance(0)

    @property
    def now(self) -> float:
        return self._clock.time()

    def advance(self, seconds: float) -> None:
        """Jump ahead: the vendors first, so that nobody asks for what they do not know yet."""
        self._clock.set(self.simulator.control("advance", {"seconds": seconds})["now"])

    def configuration(self) -> Path:
        """The file that makes the exporter read all that is counted, as fast as it can."""
        for name, secret in _SECRETS.items():
            (self.directory / name).write_text(secret)
        path = self.directory / "config.yaml"
        path.write_text(yaml.safe_dump(self._configuration()))
        return path

    def _configuration(self) -> dict[str, Any]:
        off = {"enabled": False}
        return {
            "targets": [
                self._target(
                    "github",
                    "acme",
                    {
                        "api_insights": {"routes": {"top_actors": 500}},
                        "copilot_reports": {},
                    },
                    {"copilot_seats": off, "rate_limit": off},
                    org="acme",
                ),
                self._target(
                    "github",
                    "acme-enterprise",
                    {"billing_usage": {}, "usage_reports": {"create": True}},
                    {"copilot_reports": off, "copilot_seats": off, "rate_limit": off},
                    enterprise="acme",
                ),
                self._target("cursor", "acme", {"ai_code_commits": {}, "ai_code_changes": {}}),
                self._target(
                    "tabnine",
                    "acme",
                    {"usage": {}, "team_usage": {}, "audit_log": {}},
                    {"organization": off, "repositories": off},
                ),
            ],
            "state": {"path": str(self.state)},
            # The teams are small, and the truth knows them by name.
            "privacy": {"users": "plain", "min_group_size": 1},
            "counting": {"history": "count", "birth_hold": "1s"},
            "limits": {"series_per_stream": 100_000},
        }

    def _target(
        self,
        vendor: str,
        account: str,
        counted: Mapping[str, Mapping[str, Any]],
        others: Mapping[str, Any] | None = None,
        **scope: str,
    ) -> dict[str, Any]:
        streams = {
            name: {"interval": "1s", "lookback": f"{LOOKBACK_DAYS[name]}d", **options}
            for name, options in counted.items()
        }
        return {
            "vendor": vendor,
            "account": account,
            "base_url": f"{self.simulator.url}/{vendor}",
            "auth": {"token_file": str(self.directory / vendor)},
            "requests_per_minute": 1_000_000,
            "streams": {**streams, **(others or {})},
            **scope,
        }

    def first_day(self, stream: str) -> int:
        """The oldest day that a stream's first poll reads."""
        return floor(BEGIN - LOOKBACK_DAYS[stream] * DAY, DAY)

    def stop(self) -> None:
        self.simulator.stop()


def settle(month: MonthOfWork) -> None:
    """Let every export that was begun be finished, and stop the vendors' time."""
    month.simulator.control("exports", {"processing_seconds": 0})
    month.advance(HOUR)
    month.simulator.control("freeze")
