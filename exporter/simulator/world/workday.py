"""When people work, and how much of a week falls on a day."""

import random

from exporter.model import DAY, HOUR
from exporter.simulator.world.event_log import DAY_MILLISECONDS
from exporter.simulator.world.people import WORKDAY_HOURS, WORKDAY_START, Developer

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
