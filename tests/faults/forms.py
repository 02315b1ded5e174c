"""The targets of the campaign: every stream of every vendor, by default and opted in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exporter.simulator.world.people import TEAMS, hire
from exporter.vendors import VENDORS

SEED, DEVELOPERS = 1, 5
"""Of the world that the targets belong to."""
GITHUB, TABNINE, CURSOR = "sim-github-token", "sim-tabnine-token", "sim-cursor-key"
SECRETS = {"github": GITHUB, "tabnine": TABNINE, "cursor": CURSOR}


@dataclass(frozen=True, slots=True)
class Form:
    """One way to configure a target of a vendor."""

    name: str
    vendor: str
    streams: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def target(self, account: str, url: str, secret: str) -> dict[str, Any]:
        """The target's block of the configuration."""
        return {
            "vendor": self.vendor,
            "account": account,
            "base_url": f"{url}/{self.vendor}",
            "auth": {"token_file": secret},
            "streams": {name: dict(options) for name, options in self.streams.items()},
            **self.more,
        }


_OFF = {"enabled": False}
_PERSON = hire(SEED, DEVELOPERS)[0]

FORMS = (
    Form("github", "github", more={"org": "acme"}),
    Form(
        "github opted in",
        "github",
        {
            "api_insights": {
                # No busiest ones: who they are differs with every poll that was missed.
                "routes": {"top_actors": 0, "actors": [{"type": "installation", "id": 771}]},
                "actors": [{"type": "installation", "id": 771}],
                "users": [{"id": _PERSON.numeric_id, "login": _PERSON.login}],
            },
            "copilot_reports": {"teams": True, "users": True},
            "billing_usage": {"budget_details": True},
            "copilot_usage": {"teams": [TEAMS[0]]},
            "copilot_seats": _OFF,
            "rate_limit": _OFF,
        },
        {"org": "acme"},
    ),
    Form(
        "github enterprise",
        "github",
        {"usage_reports": {"create": True}, "billing_usage": {}},
        {"enterprise": "acme"},
    ),
    Form("tabnine", "tabnine"),
    Form(
        "tabnine opted in",
        "tabnine",
        {
            "user_usage": {},
            "audit_log": {"format": "csv"},
            "usage": {"agent_usage": "on"},
            "team_usage": _OFF,
            "organization": _OFF,
            "repositories": _OFF,
        },
    ),
    Form("cursor", "cursor"),
    Form(
        "cursor csv",
        "cursor",
        {"ai_code_commits": {"format": "csv"}, "ai_code_changes": {"format": "csv"}},
    ),
    Form(
        "cursor json",
        "cursor",
        {"ai_code_commits": {"format": "json"}, "ai_code_changes": {"format": "json"}},
    ),
)


def alone(name: str, stream: str) -> Form:
    """A form with one of its streams, and no other."""
    [form] = [form for form in FORMS if form.name == name]
    [vendor] = [vendor for vendor in VENDORS if vendor.name == form.vendor]
    others = {other.name: _OFF for other in vendor.streams if other.name != stream}
    return replace(form, streams={stream: form.streams.get(stream, {}), **others})


SHAPES = (
    alone("cursor", "ai_code_commits"),
    alone("tabnine", "usage"),
    alone("github enterprise", "copilot_reports"),
    alone("github", "copilot_seats"),
)
"""A stream of each shape: events, buckets, a report, a snapshot."""
