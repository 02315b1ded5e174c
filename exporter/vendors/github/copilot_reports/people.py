"""People's days summed by team and by user, without keeping the people's records."""

from array import array
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
from exporter.vendors.github.copilot_reports.report_day import ReportDay

Team: TypeAlias = int | str
"""The id of a team, or its slug where it has none."""
Values: TypeAlias = tuple[int | None, ...]


class Membership:
    """Who was a member of which teams on a day; a person has a place in an array."""

    def __init__(self, asked: ReportDay) -> None:
        self.slugs: dict[Team, str] = {}
        self.places: dict[int, int] = {}
        self._asked = asked
        self._combinations: list[tuple[Team, ...]] = []
        self._numbers: dict[tuple[Team, ...], int] = {}
        # The combination of teams at each place: an object a person would double the memory.
        self._at = array("i")

    def add(self, rows: Sequence[TeamMember]) -> None:
        places, at, slugs, combinations = self.places, self._at, self.slugs, self._combinations
        for row in self._asked.records(rows):
            team = row.team_id if row.team_id is not None else row.slug or UNKNOWN
            if team not in slugs:
                slugs[team] = row.slug or str(team)
            place = places.get(row.user_id)
            if place is None:
                places[row.user_id] = len(at)
                at.append(self._number((team,)))
            elif team not in combinations[at[place]]:
                at[place] = self._number((*combinations[at[place]], team))

    def teams_at(self, place: int) -> tuple[Team, ...]:
        return self._combinations[self._at[place]]

    def sizes(self) -> Counter[Team]:
        """How many people each team has."""
        sizes: Counter[Team] = Counter()
        for number, people in Counter(self._at).items():
            for team in self._combinations[number]:
                sizes[team] += people
        return sizes

    def _number(self, teams: tuple[Team, ...]) -> int:
        number = self._numbers.setdefault(teams, len(self._combinations))
        if number == len(self._combinations):
            self._combinations.append(teams)
        return number


class PeopleTally:
    """Sums the days of people by team, and keeps those of users where they are wanted.

    A person who comes again is a repetition, or an error where the figures are others.
    """

    def __init__(self, asked: ReportDay, membership: Membership | None, *, users: bool) -> None:
        self._asked = asked
        self._membership = membership
        self._places: dict[int, int] = {} if membership is None else membership.places
        self._sums: dict[Team, tuple[int, ...]] = {}
        self._figures = array("q")
        if membership is not None:
            self._sums = {team: (0,) * len(MEASURES) for team in membership.slugs}
            # By place a hash of the figures that were added, 0 before that.
            self._figures = array("q", bytes(8 * len(self._places)))
        self._users: dict[int, UserDay] | None = {} if users else None
        self._rows = 0
        self._known = [False] * len(MEASURES)

    def add(self, rows: Sequence[UserDay]) -> None:
        users, places = self._users, self._places
        unknown = not all(self._known)
        for row in self._asked.records(rows):
            self._rows += 1
            values: Values = values_of(row)
            if unknown:
                pairs = zip(self._known, values, strict=True)
                self._known = [known or value is not None for known, value in pairs]
                unknown = not all(self._known)
            place = places.get(row.user_id)
            if place is not None and self._membership is not None:
                self._add_to_teams(self._membership.teams_at(place), place, values)
            if users is not None and values != values_of(users.setdefault(row.user_id, row)):
                raise self._contradiction()

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

    def _add_to_teams(self, teams: Iterable[Team], place: int, values: Values) -> None:
        figures = hash(values) or 1
        if self._figures[place]:
            if self._figures[place] != figures:
                raise self._contradiction()
            return
        self._figures[place] = figures
        added = tuple(v or 0 for v in values) if None in values else values
        sums = self._sums
        for team in teams:
            sums[team] = tuple(map(add, sums[team], added))

    def _contradiction(self) -> Exception:
        return self._asked.error("a person is in it twice, with different figures")


def _measured(values: Iterable[int], known: Iterable[bool]) -> Measured:
    """A record of the values that are known."""
    kept = (value if is_known else None for value, is_known in zip(values, known, strict=True))
    return Measured(**dict(zip(MEASURES, kept, strict=True)))
