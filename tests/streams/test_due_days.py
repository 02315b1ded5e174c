"""Which days of a window a poll reads again."""

from typing import Any

from exporter.model import DAY, HOUR, Window
from exporter.streams.dates import iso_day
from exporter.streams.due_days import DueDays
from exporter.streams.source import Source
from tests.client.support import Setup, answer

FIRST = 1_700_006_400 - DAY  # 2023-11-14
NOW = FIRST + 3 * DAY + 6 * HOUR


def source(now: float, memory: Any = None, after: str = "") -> Source[Any, Any]:
    client = Setup(answer()).client
    window = Window(FIRST, int(now))
    return Source(client, None, None, window, now, memory=memory or {}, after=after)


def read(now: float, memory: Any, **more: Any) -> tuple[list[int], Any]:
    """The days that a poll reads, counted from the first one, and what it remembers."""
    due = DueDays(source(now, memory), recent=HOUR, closed_after=HOUR, **more)
    days = []
    for day in due:
        days.append((day.start - FIRST) // DAY)
        memory = due.noted(day)
    return days, memory


def test_a_recent_day_is_always_due_and_an_older_one_once_a_day() -> None:
    """A day that was read before it was closed is due once more."""
    days, memory = read(NOW, {})
    assert days == [0, 1, 2, 3]
    assert read(NOW + HOUR, memory)[0] == [3]
    # Midnight came 18 hours later.
    days, memory = read(NOW + 20 * HOUR, memory)
    assert days == [3, 4]
    assert read(NOW + 21 * HOUR, memory)[0] == [4]
    assert read(NOW + DAY, memory)[0] == [0, 1, 2, 4]


def test_a_day_is_not_read_before_it_can_hold_anything() -> None:
    """The one that has just begun, or what is after the end that the stream knows."""
    assert read(FIRST + 3 * DAY + HOUR / 2, {})[0] == [0, 1, 2]
    assert read(NOW, {}, end=FIRST + 2 * DAY)[0] == [0, 1]


def test_a_clock_that_was_set_back_makes_every_day_due() -> None:
    """When a day was read is unknown then."""
    _, memory = read(NOW + 2 * DAY, {})
    assert read(NOW, memory)[0] == [0, 1, 2, 3]


def test_days_before_the_window_are_forgotten_and_a_walk_goes_on() -> None:
    """Also where another version remembered what nobody can read."""
    due = DueDays(source(NOW, {"read": {"2020-01-01": 1.0}}, iso_day(FIRST + DAY)), recent=0)
    days = list(due)
    assert [day.start for day in days] == [FIRST + 2 * DAY, FIRST + 3 * DAY]
    assert not due.is_known(days[0])
    assert due.noted(days[0]) == {"read": {iso_day(days[0].start): NOW}}
    assert due.is_known(days[0])
    assert list(DueDays(source(NOW, {"read": 7}), recent=0))
