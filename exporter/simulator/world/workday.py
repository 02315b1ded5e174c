"""When people work, and how much of a week falls on a day."""

import random
from collections.abc import Callable
from typing import Any, TypeVar

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


def made_in_a_day(
    rollout: Rollout,
    kind: str,
    day: int,
    each_a_week: int,
    make: Callable[[random.Random, int, int, Developer], RowT],
) -> list[RowT]:
    """What those who use an assistant make in a UTC day, the oldest first.

    `make` is given the chance, the day, the number in it, and who it is.
    """
    chance = randomness(rollout.seed, kind, day)
    people = rollout.people(day * DAY)
    count = volume_of_day(chance, day, len(people), each_a_week) if people else 0
    rows = [
        make(chance, day, number, rollout.developers[chance.choice(people)])
        for number in range(count)
    ]
    # By moment, and then by what makes rows of one moment different.
    return sorted(rows, key=lambda row: row[:2])


def moment_of_work(chance: random.Random, day: int, person: Developer) -> int:
    """A moment (Unix milliseconds) of the UTC day inside the person's working hours."""
    local_hour = WORKDAY_START + WORKDAY_HOURS * (chance.random() + chance.random()) / 2
    second = (local_hour - person.utc_offset) * HOUR % DAY
    return day * DAY_MILLISECONDS + int(second * 1000)
