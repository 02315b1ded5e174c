"""Numbers and times as people say them."""

import math
from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def ago(seconds: float) -> str:
    """How long ago something was, as people say it; never more than it was."""
    return f"{spoken(seconds)} ago" if seconds >= 1 else "just now"


def ahead(seconds: float) -> str:
    """How soon something will be, as people say it."""
    return f"in {spoken(math.ceil(seconds))}" if seconds > 0 else "due"


def spoken(seconds: float) -> str:
    """A length of time, as in `1 hour 30 minutes`; never more than it was."""
    whole = int(seconds)
    if whole < _MINUTE:
        return count(whole, "second")
    if whole < _HOUR:
        return count(whole // _MINUTE, "minute")
    if whole < _DAY:
        return _two_units(whole, _HOUR, "hour", _MINUTE, "minute")
    return _two_units(whole, _DAY, "day", _HOUR, "hour")


def _two_units(seconds: int, size: int, unit: str, small_size: int, small_unit: str) -> str:
    """`1 hour` may be almost two hours, so a 1 is followed by the smaller unit."""
    whole, rest = divmod(seconds, size)
    small = rest // small_size
    words = count(whole, unit)
    return f"{words} {count(small, small_unit)}" if whole == 1 and small else words


def count(number: int, noun: str) -> str:
    """A number with its noun, as in `1 poll` and `1,200 polls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(seconds: float) -> str:
    """The time in UTC, without a zone, such as `2026-07-14 03:33:20`."""
    # A time that a vendor got wrong must not take the page down.
    time = datetime.fromtimestamp(int(min(max(seconds, 0), _LAST_MOMENT)), UTC)
    return time.replace(tzinfo=None).isoformat(" ")
