"""What the members' days of one walk add up to."""

from collections import defaultdict
from collections.abc import Iterator

from exporter.streams import kit
from exporter.vendors.cursor.daily_usage.metrics import CHATS, COUNTERS, FAMILIES
from exporter.vendors.cursor.daily_usage.records import DailyUsage, MemberDay


class MemberSums:
    """Each member's day once: with people who join meanwhile, some come twice.

    Somebody who is in several teams of an organization has a row for each of them.
    """

    def __init__(self, window: kit.Window, *, people: bool) -> None:
        self.odd = self.announced = 0
        self._window = window
        self._people = people
        self._tally = kit.Tally()
        self._told: defaultdict[int, set[kit.Metric]] = defaultdict(set)
        self._active: defaultdict[int, set[str]] = defaultdict(set)
        self._seen: set[tuple[int, str, str]] = set()

    def add(self, page: DailyUsage) -> None:
        self.announced = page.pagination.total
        for row in page.data:
            at = row.start, str(row.team_id), row.member.casefold()
            if at not in self._seen and row.start in self._window:
                self._seen.add(at)
                self._count(row)

    @property
    def rows(self) -> int:
        """How many members' days there are."""
        return len(self._seen)

    @property
    def members(self) -> frozenset[tuple[str, str]]:
        """Who is in which team."""
        return frozenset((team, member) for _, team, member in self._seen)

    @property
    def agrees(self) -> bool:
        """Whether everybody came whom the last page announced, but for rows that cannot be read."""
        return len(self.members) + self.odd >= self.announced

    @property
    def disagreement(self) -> str:
        return f"{len(self.members)} members came although totalUsers is {self.announced}"

    @property
    def days(self) -> list[int]:
        """The days that are told."""
        return sorted(self._active)

    def active(self, day: int) -> int:
        """How many people were active on a day."""
        return len(self._active[day])

    def samples(self) -> Iterator[kit.Sample]:
        return self._tally.samples()

    def covers(self) -> Iterator[kit.Coverage]:
        """What the rows of each day speak for: of numbers that are absent in all of them nothing is known."""
        for day in self.days:
            told = tuple(metric for metric in COUNTERS if metric in self._told[day])
            yield kit.Coverage(told, kit.Window(day, day + kit.DAY))

    def _count(self, row: MemberDay) -> None:
        told, active = self._told[row.start], self._active[row.start]
        if row.is_active:
            active.add(row.member.casefold())
        for family in FAMILIES:
            for labels, field in family.fields.items():
                number = getattr(row, field)
                if number is None:
                    continue
                told.update((*family.team.metrics, *family.people.metrics))
                self._tally.add(family.team, labels, row.start, (number,))
                if self._people and number:
                    user = kit.Person(row.member)
                    self._tally.add(family.people, (user, *labels), row.start, (number,))
        if row.chats is not None:
            told.update(CHATS.metrics)
            self._tally.add(CHATS, (), row.start, (row.chats,))
