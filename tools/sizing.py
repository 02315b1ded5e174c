"""What first polls cost by the size of an organization, from the plan that `check` prints."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from exporter.client.pace import delay
from exporter.config.blocks import Config, vendor_of
from exporter.model import HOUR, MINUTE
from exporter.preflight import plan
from exporter.vendors.base import Target, limits_of


class Account(NamedTuple):
    """An account of a vendor as large as `name` says; its streams and their options."""

    name: str
    keys: Mapping[str, Any]
    people: bool = False


def _of_teams(teams: int) -> Account:
    walks = ("team_usage", "organization", "repositories")
    streams = {name: {"expected_teams": teams} for name in walks}
    return Account(f"Tabnine, {teams} teams", {"vendor": "tabnine", "streams": streams})


def _of_users(users: int) -> Account:
    streams = {
        "user_usage": {"enabled": True, "expected_users": users},
        **{name: {"enabled": False} for name in ("usage", "team_usage", "organization")},
        **{name: {"enabled": False} for name in ("audit_log", "repositories")},
    }
    name = f"Tabnine, `user_usage` of {users:,} users alone"
    return Account(name, {"vendor": "tabnine", "streams": streams}, people=True)


_BILLS = {"billing_usage": {"enabled": True}, "usage_reports": {"enabled": True}}
_OTHERS = {name: {"enabled": False} for name in ("copilot_reports", "copilot_seats", "rate_limit")}
_CREDITS = {
    "vendor": "github",
    "enterprise": "acme",
    "streams": {
        **_OTHERS,
        "ai_credits": {
            "by": "organization",
            "organizations": [f"acme-{number}" for number in range(20)],
        },
    },
}
ACCOUNTS = (
    Account("GitHub organization", {"vendor": "github", "org": "acme"}),
    Account(
        "GitHub enterprise, with bills",
        {"vendor": "github", "enterprise": "acme", "streams": _BILLS},
    ),
    Account("GitHub enterprise, AI credits of 20 organizations alone", _CREDITS),
    *map(_of_teams, (10, 100, 500)),
    *map(_of_users, (100, 1_000, 5_000)),
    Account("Cursor team", {"vendor": "cursor"}),
    Account("Anthropic organization", {"vendor": "anthropic"}),
    Account("Claude Enterprise organization", {"vendor": "anthropic", "api": "analytics"}),
)


def table() -> str:
    """A row for each account: requests of the first polls, until when they are made, and an hour."""
    rows = [
        "| account | requests of the first polls | the last of them after | requests an hour |",
        "| --- | ---: | ---: | ---: |",
    ]
    return "\n".join([*rows, *map(_row, ACCOUNTS)])


def _row(account: Account) -> str:
    target, streams = _planned(account)
    limits = limits_of(vendor_of(target), target)
    first: dict[str, int] = {}
    hourly = 0.0
    for stream in streams:
        for each in stream.requests:
            polls_an_hour = HOUR / stream.interval
            first[each.group] = first.get(each.group, 0) + ceil(each.hourly / polls_an_hour)
            hourly += each.hourly
    last = max(delay((), limits[group], 0.0, 0.0, count - 1) for group, count in first.items())
    return f"| {account.name} | {sum(first.values()):,} | {_time(last)} | {hourly:,.0f} |"


def _planned(account: Account) -> tuple[Target, Sequence[plan.StreamPlan]]:
    target = {"account": "acme", "auth": {"token_env": "TOKEN"}, **account.keys}
    privacy = {"users": "plain" if account.people else "off"}
    settings = Config.model_validate({"targets": [target], "privacy": privacy})
    return settings.targets[0], plan.of(settings).streams


def _time(seconds: float) -> str:
    if seconds < MINUTE:
        return f"{ceil(seconds)} s" if seconds else "at once"
    return f"{round(seconds / MINUTE)} min"
