"""The UTC day that a line of a bill belongs to, in the spellings that GitHub's answers have."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_CENTURY = 2000


@lru_cache(maxsize=4_096)
def day_start(text: str) -> int:
    """The start (Unix seconds) of 2026-06-01, 2026-06-01T00:00:00Z or 6/1/26; raises ValueError."""
    try:
        found = _date(text)
    except ValueError:
        raise ValueError("a date is none") from None  # without the text, which can be anything
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp())


def _date(text: str) -> date:
    us = _US.fullmatch(text)
    if us is None:
        return date.fromisoformat(text[:10])
    month, day, year = map(int, us.groups())
    return date(year + _CENTURY if year < 100 else year, month, day)
