"""Events of the simulated world: how one is told changes, until it is settled."""

import math
from typing import NamedTuple

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.world.event_log import EventLog

FIRST = 20_000
START = FIRST * DAY


class Priced(NamedTuple):
    """An event that is told by another price from a moment on."""

    created_ms: int
    price: int
    priced_ms: int


def told(event: Priced, as_of: float) -> Priced:
    return event._replace(price=1) if as_of * 1000 >= event.priced_ms else event


def day_of(day: int) -> list[Priced]:
    """One for each hour, priced a day later."""
    moments = [(day * DAY + hour * HOUR) * 1000 for hour in range(24)]
    return [Priced(at, 0, at + DAY * 1000) for at in moments]


@pytest.mark.parametrize("hours", [1, 23, 24, 25, 47, 48, 49, 71, 72, 73, 200])
def test_an_event_is_told_as_it_is_at_the_moment(hours: int) -> None:
    """Whether its day is settled or not, whatever was asked before, and if it was put in by hand."""
    logs = [EventLog(day_of, FIRST, told, settled) for settled in (DAY, math.inf)]
    late = Priced(START * 1000 + 1, 0, (START + 100 * HOUR) * 1000)
    for log in logs:
        log.inject([late], START)
    for as_of in (START + 400 * HOUR, START + hours * HOUR):
        settled, plain = (log.between(START * 1000, int(as_of * 1000), as_of) for log in logs)
        assert settled == plain == [told(event, as_of) for event in plain]
        assert late._replace(price=int(as_of >= START + 100 * HOUR)) in plain
