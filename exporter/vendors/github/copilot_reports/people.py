"""People's days summed by team and by user, without keeping the people's records."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import add
from typing import TypeAlias

from exporter.streams.kit import UNKNOWN, Person
from exporter.vendors.github.copilot_reports.counts import DayCounts
from exporter.vendors.github.copilot_reports.metrics import TEAM, USER
from exporter.vendors.github.copilot_reports.records import (
    MEASURES,
    Measured,
    TeamMember,
    UserDay,
    values_of,
)

Team: TypeAlias = int | str
"""The id of a team, or its slug where it has none."""
Values: TypeAlias = tuple[int | None, ...]


class Membership:
    """Who was a member of which teams on a day: a number a person, that of a combination of teams."""

    def __init__(self, day: str) -> None:
        self.slugs: dict[Team, str] = {}
        self._day = day
        self._combinations: list[tuple[Team, ...]] = []
        self._numbers: dict[tuple[Team, ...], int] = {}
        self._people: dict[int, int] = {}
        # The complement of each number, shared: an object a person would double the memory.
        self._taken: list[int] = []

    def add(self, rows: Iterable[TeamMember]) -> None:
        day, people, slugs, combinations = self._day, self._people, self.slugs, self._combinations
        for row in rows:
            if row.day != day and row.day is not None:
                continue
            team = row.team_id if row.team_id is not None else row.slug or UNKNOWN
            if team not in slugs:
                slugs[team] = row.slug or str(team)
            number = people.get(row.user_id)
            teams = () if number is None else combinations[number]
            if team not in teams:
                people[row.user_id] = self._number((*teams, team))

    def sizes(self) -> Counter[Team]:
        """How many people each team has."""
        sizes: Counter[Team] = Counter()
        for number, people in Counter(self._people.values()).items():
            for team in self._combinations[~number if number < 0 else number]:
                sizes[team] += people
        return sizes

    def rewind(self) -> None:
        """Forget who was taken."""
        for person, number in self._people.items():
            if number < 0:
                self._people[person] = ~number

    def take(self, person: int) -> tuple[Team, ...]:
        """The teams of a person, once: a person who comes again is a repetition."""
        number = self._people.get(person, -1)
        if number < 0:
            return ()
        self._people[person] = self._taken[number]
        return self._combinations[number]

    def _number(self, teams: tuple[Team, ...]) -> int:
        number = self._numbers.setdefault(teams, len(self._combinations))
        if number == len(self._combinations):
            self._combinations.append(teams)
            self._taken.append(~number)
        return number


class PeopleTally:
    """Sums the days of people by team, and keeps those of users where they are wanted."""

    def __init__(self, day: str, membership: Membership | None, *, users: bool) -> None:
        self._day = day
        self._membership = membership
        self._sums: dict[Team, tuple[int, ...]] = {}
        if membership is not None:
            membership.rewind()
            self._sums = {team: (0,) * len(MEASURES) for team in membership.slugs}
        self._users: dict[int, UserDay] | None = {} if users else None
        self._rows = 0
        self._known = [False] * len(MEASURES)

    def add(self, rows: Sequence[UserDay]) -> None:
        day, membership, users, sums = self._day, self._membership, self._users, self._sums
        unknown = not all(self._known)
        for row in rows:
            if row.day != day and row.day is not None:
                continue
            self._rows += 1
            values: Values = values_of(row)
            if unknown:
                pairs = zip(self._known, values, strict=True)
                self._known = [known or value is not None for known, value in pairs]
                unknown = not all(self._known)
            if membership is not None:
                teams = membership.take(row.user_id)
                if teams:
                    added = tuple(v or 0 for v in values) if None in values else values
                    for team in teams:
                        sums[team] = tuple(map(add, sums[team], added))
            if users is not None:
                users.setdefault(row.user_id, row)

    def count(self, counts: DayCounts) -> None:
        """Put the sums into the day's counters. A measure that no row had is unknown."""
        known = self._known if self._rows else [True] * len(MEASURES)
        zero = _measured((0,) * len(MEASURES), known)
        if self._membership is not None:
            slugs = self._membership.slugs
            for team, size in self._membership.sizes().items():
                counts.add_group(slugs[team], size)
            counts.cover(TEAM, zero)
            for team, sums in self._sums.items():
                counts.add(TEAM, _measured(sums, known), (slugs[team],), str(team))
        if self._users is not None:
            counts.cover(USER, zero)
            for user, row in self._users.items():
                counts.add(USER, row, (Person(row.user_login or str(user)),), str(user))


def _measured(values: Iterable[int], known: Iterable[bool]) -> Measured:
    """A record of the values that are known."""
    kept = (value if is_known else None for value, is_known in zip(values, known, strict=True))
    return Measured(**dict(zip(MEASURES, kept, strict=True)))
