"""The assistant's users: who they are, their teams, and how both change."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from exporter.model import DAY
from exporter.simulator.world.people import TEAMS, Developer
from exporter.simulator.world.seeded import randomness

RENAMED_AFTER = DAY
"""When the last named team gets its other name, in seconds of the world."""

Role: TypeAlias = Literal["Admin", "Manager", "TeamLead", "Member"]


@dataclass(frozen=True, slots=True)
class Team:
    """A team by its identity; its name may change and is not its own."""

    id: str
    first_name: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A developer as a user of the assistant; `team` is an index, None without a team."""

    id: str
    email: str
    role: Role
    team: int | None
    registered: int
    deactivated: float | None

    def active(self, moment: float) -> bool:
        """Whether the account is there and not deactivated."""
        return self.registered <= moment and not self.deactivated_by(moment)

    def deactivated_by(self, moment: float) -> bool:
        return self.deactivated is not None and self.deactivated <= moment


class UnknownTeamError(LookupError):
    """A team that the organization does not have."""


class Membership:
    """The organization: two of its teams share a name, one is renamed, one is empty."""

    def __init__(
        self, seed: int, developers: Sequence[Developer], teams: int, first: int, start: float
    ) -> None:
        self._seed = seed
        self.organization_id = _uuid(randomness(seed, "organization"))
        named = [TEAMS[n] if n < len(TEAMS) else f"team-{n + 1}" for n in range(teams)]
        identities = randomness(seed, "teams")
        self.teams = tuple(
            Team(_uuid(identities), name, is_default)
            for name, is_default in (
                *((name, False) for name in named),
                (named[0], False),
                ("Default Team", True),
            )
        )
        self.members = tuple(
            _member(seed, index, developer, teams, first)
            for index, developer in enumerate(developers)
        )
        self._team_of_id = {team.id: index for index, team in enumerate(self.teams)}
        self._person_of_id = {member.id: index for index, member in enumerate(self.members)}
        self._person_of_email = {member.email: index for index, member in enumerate(self.members)}
        self._renames: dict[int, list[tuple[float, str]]] = {
            teams - 1: [(start + RENAMED_AFTER, f"{named[-1]}-next")]
        }

    def team(self, team_id: str) -> int | None:
        """The index of the team with this identity."""
        return self._team_of_id.get(team_id)

    def person(self, name: str) -> int | None:
        """The index of the member with this identity or e-mail address."""
        return self._person_of_id.get(name, self._person_of_email.get(name))

    def of_team(self, team: int | None) -> Sequence[int]:
        """The members of a team; None gives those without one."""
        return [index for index, member in enumerate(self.members) if member.team == team]

    def form_team(self, name: str, members: int) -> Team:
        """Let so many of the largest team leave it for one of their own.

        What they ever did is told of that one from then on.
        """
        team = Team(_uuid(randomness(self._seed, "formed team", name)), name)
        index = len(self.teams)
        largest = max(range(index), key=lambda each: len(self.of_team(each)))
        leaving = frozenset(self.of_team(largest)[:members])
        self.teams = (*self.teams, team)
        self._team_of_id[team.id] = index
        self.members = tuple(
            replace(member, team=index) if person in leaving else member
            for person, member in enumerate(self.members)
        )
        return team

    def name(self, team: int, as_of: float) -> str:
        """What a team is called at a moment."""
        name = self.teams[team].first_name
        for moment, other in self._renames.get(team, ()):
            if moment <= as_of:
                name = other
        return name

    def rename(self, team_id: str, name: str, now: float) -> None:
        """Call a team otherwise from `now` on."""
        team = self.team(team_id)
        if team is None:
            raise UnknownTeamError(f"membership: no team {team_id!r}; list the teams for their ids")
        self._renames.setdefault(team, []).append((now, name))
        self._renames[team].sort(key=lambda rename: rename[0])


def _member(seed: int, index: int, developer: Developer, teams: int, first: int) -> Member:
    chance = randomness(seed, "member", index)
    team: int | None = index % teams
    if index % 9 == 5:
        team = None
    elif team == 0 and index // teams % 2:
        # Every other one is in the second team of that name.
        team = teams
    role: Role = "Member"
    if index < 2:
        role = "Admin"
    elif index % 23 == 3:
        role = "Manager"
    elif index < 2 * teams and team is not None:
        role = "TeamLead"
    registered = first - chance.randint(1, 300) * DAY + chance.randrange(DAY)
    # Some leave before the world's present and some after it.
    leaving = first + chance.randint(20, 80) * DAY + chance.randrange(DAY) + 0.56
    return Member(
        id=_uuid(chance),
        email=developer.email,
        role=role,
        team=team,
        registered=registered,
        deactivated=leaving if index % 11 == 6 else None,
    )


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
