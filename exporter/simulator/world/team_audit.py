"""Audit events of the Cursor team."""

from typing import NamedTuple

from exporter.model import DAY
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import moment_of_work, volume_of_day

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
        chance = randomness(self._rollout.seed, "cursor audit", day)
        people = self._rollout.people(day * DAY)
        number = volume_of_day(chance, day, len(people), EVENTS_PER_DEVELOPER_WEEK)
        found = []
        for _ in range(number if people else 0):
            person = self._rollout.developers[chance.choice(people)]
            found.append(
                TeamAuditEvent(
                    moment_of_work(chance, day, person),
                    f"evt_{chance.getrandbits(64):016x}",
                    chance.choice(_TYPES),
                    person.email,
                )
            )
        return sorted(found)
