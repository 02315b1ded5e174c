"""When people work, and how much of a week falls on a day."""

import random
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from exporter.model import DAY, HOUR
from exporter.simulator.world.event_log import DAY_MILLISECONDS
from exporter.simulator.world.people import WORKDAY_HOURS, WORKDAY_START, Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness

RowT = TypeVar("RowT", bound=tuple[Any, ...])

_WEEKDAY_SHARE = 0.186
_WEEKEND_SHARE = 0.035


def weekend(day: int) -> bool:
    """Whether a day (its number since 1970-01-01, a Thursday) is a Saturday or a Sunday."""
    return (day + 3) % 7 >= 5


def volume_of_day(chance: random.Random, day: int, people: int, each_a_week: int) -> int:
    """How many events a day has, when everybody makes `each_a_week` of them."""
    share = _WEEKEND_SHARE if weekend(day) else _WEEKDAY_SHARE
    return round(people * each_a_week * share * chance.uniform(0.9, 1.1))


def moment_of_work(chance: random.Random, day: int, person: Developer) -> int:
    """A moment (Unix milliseconds) of the UTC day inside the person's working hours."""
    local_hour = WORKDAY_START + WORKDAY_HOURS * (chance.random() + chance.random()) / 2
    second = (local_hour - person.utc_offset) * HOUR % DAY
    return day * DAY_MILLISECONDS + int(second * 1000)


class DaySource(ABC, Generic[RowT]):
    """What those who use an assistant make, day by day; everybody makes `each_a_week`."""

    kind: ClassVar[str]
    """What the chance follows from, besides the seed and the day."""
    each_a_week: ClassVar[int]

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout

    def day(self, day: int) -> list[RowT]:
        """What is made in a UTC day, the oldest first."""
        chance = randomness(self._rollout.seed, self.kind, day)
        people = self._rollout.people(day * DAY)
        count = volume_of_day(chance, day, len(people), self.each_a_week) if people else 0
        developers = self._rollout.developers
        rows = [
            self._made(chance, day, number, developers[chance.choice(people)])
            for number in range(count)
        ]
        # By moment, and then by what makes rows of one moment different.
        return sorted(rows, key=lambda row: row[:2])

    @abstractmethod
    def _made(self, chance: random.Random, day: int, number: int, author: Developer) -> RowT:
        """One thing, the so-manyth of its day."""
