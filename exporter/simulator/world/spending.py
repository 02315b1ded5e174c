"""Who is in the Cursor team, and what each member has spent in the current billing cycle."""

import math
from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seats import month_start
from exporter.simulator.world.usage_events import UsageEvent

OWNER, FREE_OWNER, MEMBER = "owner", "free-owner", "member"
LOWEST_LIMIT = 8
"""In US dollars; the fourth part of the members has none."""

_REMOVED = 17


class TeamMember(NamedTuple):
    """A person in the team; somebody who was removed stays in the list."""

    person: Developer
    role: str
    removed: bool
    limit: int


class Spent(NamedTuple):
    """Cents in the current cycle: of what is charged for, and of everything."""

    on_demand: Decimal = Decimal(0)
    overall: Decimal = Decimal(0)


class CursorTeam:
    """Members are those who have begun to use Cursor, and who was let in by hand."""

    def __init__(self, rollout: Rollout, events: EventLog[UsageEvent]) -> None:
        self._rollout = rollout
        self._events = events
        self._joined: dict[int, float] = {}

    def join(self, now: float) -> None:
        """Let in the next person who has not begun yet, if there is one."""
        for index in range(len(self._rollout.developers)):
            if not self.has(index, now):
                self._joined[index] = now
                return

    def has(self, index: int, moment: float) -> bool:
        """Whether a developer, by place, is in the team at a moment, or was removed from it."""
        return self._rollout.begun(index, moment) or self._joined.get(index, math.inf) <= moment

    def members(self, now: float) -> list[TeamMember]:
        """Everybody who is or was in the team."""
        return [
            TeamMember(person, _role(index), index % _REMOVED == _REMOVED - 1, _limit(index))
            for index, person in enumerate(self._rollout.developers)
            if self.has(index, now)
        ]

    def spent(self, now: float) -> dict[str, Spent]:
        """What each has spent in the cycle, by e-mail address."""
        charged: defaultdict[str, Decimal] = defaultdict(Decimal)
        overall: defaultdict[str, Decimal] = defaultdict(Decimal)
        start = month_start(now) * 1000
        for event in self._events.between(start, int(now * 1000) + 1, now):
            overall[event.user_email] += event.price.cents
            if event.price.chargeable:
                charged[event.user_email] += event.price.cents
        return {email: Spent(charged[email], cents) for email, cents in overall.items()}


def _role(index: int) -> str:
    return {0: OWNER, 1: FREE_OWNER}.get(index, MEMBER)


def _limit(index: int) -> int:
    """In US dollars, 0 for none."""
    return LOWEST_LIMIT * (index % 4)
