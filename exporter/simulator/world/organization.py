"""The Cursor organization: its teams, who is in which, and the pool that they share."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from exporter.model import DAY
from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.people import Developer
from exporter.simulator.world.spending import CursorTeam, TeamMember
from exporter.simulator.world.usage_events import UsageEvent

TEAMS = (7, 8, 9)
"""The ids of the teams; service accounts belong to the first one."""
CONTRACT = 365 * DAY
POOL_CENTS_OF_MEMBER = 20_000
BUDGETS = {7: Decimal(300_000)}
"""In cents; the other teams have none of their own."""

_IN_TWO_TEAMS = 11
"""One of so many people is in a second team, and does nothing there."""


class Linked(NamedTuple):
    """A person in the organization, with the teams that the person is in; the first one pays."""

    member: TeamMember
    teams: Sequence[int]


class Organization:
    """All members of Cursor, in three teams; the contract begins with the world."""

    def __init__(
        self,
        developers: Sequence[Developer],
        team: CursorTeam,
        events: EventLog[UsageEvent],
        first: int,
    ) -> None:
        self._developers = developers
        self._team = team
        self._events = events
        self._places = {each.email: place for place, each in enumerate(developers)}
        self.contract_start, self.contract_end = first, first + CONTRACT

    @property
    def limit(self) -> Decimal:
        """The pool in cents."""
        return Decimal(POOL_CENTS_OF_MEMBER * len(self._developers))

    def people(self, now: float) -> list[Linked]:
        """Everybody who is in a team."""
        return [
            Linked(member, self.teams_of(member.person.email))
            for member in self._team.members(now)
            if not member.removed
        ]

    def teams_of(self, email: str) -> Sequence[int]:
        """The teams that somebody is in, or a service account."""
        place = self._places.get(email, 0)
        number = 2 if email in self._places and place % _IN_TWO_TEAMS == 0 else 1
        return [TEAMS[(place + each) % len(TEAMS)] for each in range(number)]

    def spent(self, now: float) -> dict[tuple[int, str], Decimal]:
        """The cents that each has taken from the pool since the contract began, by team and e-mail address."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for event in self._charged(now):
            found[event.user_email] += event.price.cents
        return {(self.teams_of(email)[0], email): cents for email, cents in found.items()}

    def used(self, now: float) -> dict[int, Decimal]:
        """The cents that each team has taken from the pool."""
        found = dict.fromkeys(TEAMS, Decimal(0))
        for (team, _), cents in self.spent(now).items():
            found[team] += cents
        return found

    def _charged(self, now: float) -> Iterator[UsageEvent]:
        yield from self._events.between(self.contract_start * 1000, int(now * 1000) + 1, now)
