"""Audit events of the Cursor team."""

import random
from typing import NamedTuple

from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.workday import made_in_a_day, moment_of_work

EVENTS_PER_DEVELOPER_WEEK = 4
_TYPES = (
    *(("login",) * 12),
    *("logout", "logout", "add_user", "remove_user", "update_user_role", "team_settings"),
    *("mcp_server_config", "team_api_key", "user_spend_limit", "team_rule", "team_command"),
)


class TeamAuditEvent(NamedTuple):
    """One entry; who it is about is told by address."""

    created_ms: int
    id: str
    type: str
    email: str


class TeamAuditSource:
    """Generates the events of a day."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout

    def day(self, day: int) -> list[TeamAuditEvent]:
        """The events of a UTC day, oldest first."""
        weekly = EVENTS_PER_DEVELOPER_WEEK
        return made_in_a_day(self._rollout, "cursor audit", day, weekly, _event)


def _event(chance: random.Random, day: int, _: int, person: Developer) -> TeamAuditEvent:
    return TeamAuditEvent(
        moment_of_work(chance, day, person),
        f"evt_{chance.getrandbits(64):016x}",
        chance.choice(_TYPES),
        person.email,
    )
