"""Which days an answer of the Analytics API tells of, and which it leaves open."""

from exporter.streams import kit

OPEN_DAYS = 2
"""Cursor does not say how late it is: today and yesterday may be missing for want of data yet."""


def oldest_open(now: float) -> int:
    """The first of the days that may still be missing."""
    return kit.floor(now, kit.DAY) - (OPEN_DAYS - 1) * kit.DAY


def told(window: kit.Window, now: float, newest: int | None) -> kit.Window:
    """The part of a window whose days are told: on one without a row nothing was used.

    A day is told when it, or a later one, has a row. `newest` is the newest that has.
    """
    until = max(oldest_open(now), 0 if newest is None else newest + kit.DAY)
    return kit.Window(window.start, max(window.start, min(until, window.end)))


def newest_settled(now: float, newest: int) -> int:
    """The newest day that is over for Cursor too, where `newest` is the newest with a row."""
    return max(oldest_open(now), newest) - kit.DAY


def asked(window: kit.Window, now: float) -> kit.Window:
    """What to ask for: the window, and the days of which gauges may be shown."""
    return kit.Window(min(window.start, oldest_open(now) - kit.DAY), window.end)


def dates(window: kit.Window) -> dict[str, str]:
    """The days that a window touches, both ends included; only plain dates are answered from a cache."""
    return {"startDate": kit.iso_day(window.start), "endDate": kit.iso_day(window.end - 1)}
