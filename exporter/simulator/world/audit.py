"""Audit events of the assistant's organization."""

import random
from typing import NamedTuple

from exporter.simulator.world.membership import Member, Membership
from exporter.simulator.world.people import Developer
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import moment_of_work, volume_of_day

EVENTS_PER_MEMBER_WEEK = 3
LOGIN = "user.login"
_TYPES = (
    *((LOGIN,) * 12),
    *(("team_member.added", "team_member.removed", "team_member.updated") * 2),
    *("role.assigned", "role.assigned", "role.revoked"),
    *("access_token.created", "repository.connected", "settings.updated"),
)
_ROLES = ("Member", "TeamLead", "Manager")


class AuditEvent(NamedTuple):
    """One entry; without an actor it has only what every entry has."""

    created_ms: int
    id: str
    type: str
    actor: Member | None = None
    resource_type: str = ""
    resource_id: str = ""
    resource_name: str | None = None
    user_id: str | None = None
    before: str | None = None
    after: str | None = None


class AuditSource:
    """Generates the events of a day."""

    def __init__(self, seed: int, developers: tuple[Developer, ...], membership: Membership):
        self._seed = seed
        self._developers = developers
        self._membership = membership
        self._admins = [member for member in membership.members if member.role == "Admin"]

    def day(self, day: int) -> list[AuditEvent]:
        """The events of a UTC day, oldest first; many of them share a second."""
        chance = randomness(self._seed, "audit", day)
        count = volume_of_day(chance, day, len(self._developers), EVENTS_PER_MEMBER_WEEK)
        events = [self._event(chance, day) for _ in range(max(1, count))]
        events.sort(key=lambda event: event[:2])
        return events

    def _event(self, chance: random.Random, day: int) -> AuditEvent:
        index = chance.randrange(len(self._developers))
        person = self._membership.members[index]
        created = moment_of_work(chance, day, self._developers[index]) // 10_000 * 10_000
        event = AuditEvent(created, f"evt_{chance.getrandbits(64):016x}", chance.choice(_TYPES))
        admin = chance.choice(self._admins)
        if event.type.startswith("role."):
            before, after = chance.sample(_ROLES, 2)
            return event._replace(
                actor=admin,
                resource_type="user",
                resource_id=person.id,
                before=before,
                after=after,
            )
        if event.type.startswith("team_member."):
            team = chance.choice(self._membership.teams)
            return event._replace(
                actor=admin,
                resource_type="team",
                resource_id=team.id,
                resource_name=f'{team.first_name}, "{team.first_name}"',
                user_id=person.id,
                after=None if event.type.endswith("removed") else team.id,
            )
        if event.type == LOGIN and chance.random() < 0.5:
            return event
        return event._replace(actor=person, resource_type="user", resource_id=person.id)
