"""Audit events of the Cursor team."""

import random
from typing import NamedTuple

from exporter.simulator.world.people import Developer
from exporter.simulator.world.workday import DaySource, moment_of_work

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


class TeamAuditSource(DaySource[TeamAuditEvent]):
    """Generates the events of a day."""

    kind = "cursor audit"
    each_a_week = EVENTS_PER_DEVELOPER_WEEK

    def _made(self, chance: random.Random, day: int, _: int, author: Developer) -> TeamAuditEvent:
        return TeamAuditEvent(
            moment_of_work(chance, day, author),
            f"evt_{chance.getrandbits(64):016x}",
            chance.choice(_TYPES),
            author.email,
        )
