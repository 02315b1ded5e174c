"""The UTC day that a line of a bill belongs to, in the spellings that GitHub's answers have."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, TypeAlias

import msgspec

_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
_CENTURY = 2000

DayText: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}")]
"""A date in JSON; what follows it, such as a time of day, does not matter."""


@lru_cache(maxsize=4_096)
def day_start(text: str) -> int:
    """The start (Unix seconds) of 2026-06-01, 2026-06-01T00:00:00Z or 6/1/26; raises ValueError."""
    us = _US.fullmatch(text)
    if us:
        month, day, year = map(int, us.groups())
        found = date(year + _CENTURY if year < 100 else year, month, day)
    else:
        found = date.fromisoformat(text[:10])
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp())
