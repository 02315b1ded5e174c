"""Durations as Prometheus writes them: `90s`, `1h30m`, `7d`."""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
LONGEST = 100 * 52 * _UNITS["w"]
_PATTERN = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit in _UNITS))
# No lookahead: Helm reads the schema with Go's regular expressions, which have none.
_SPELLING = {
    "type": "string",
    "minLength": 1,
    "pattern": "^(0|" + "".join(f"([0-9]{{1,10}}{unit})?" for unit in _UNITS) + ")$",
}


def parse_duration(text: object) -> int:
    """Whole seconds; raises ValueError for anything that Prometheus would not read."""
    if text in ("0", 0) and not isinstance(text, bool):
        return 0
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match.group():
        raise ValueError(f"{text!r} is not a duration; write it as 30s, 5m, 1h30m or 7d")
    # A digit more than LONGEST has: Python refuses to read numbers of thousands of digits.
    if any(len(count) > 10 for count in match.groups("0")):
        raise ValueError(f"{text!r} is longer than a hundred years")
    seconds = sum(int(count) * _UNITS[unit] for unit, count in match.groupdict("0").items())
    if seconds > LONGEST:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return seconds


def is_duration(text: object) -> bool:
    """Whether it is written as a duration."""
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def format_duration(seconds: float) -> str:
    """The shortest spelling in units that divide it; fractions of a second are dropped."""
    rest, parts = int(seconds), []
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def format_in_days(seconds: int) -> str:
    """The same, but whole days stay days: 40d, not 5w5d, because a lookback is thought of in days."""
    return (
        f"{seconds // _UNITS['d']}d"
        if seconds and not seconds % _UNITS["d"]
        else format_duration(seconds)
    )


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"anyOf": [_SPELLING, {"const": 0}]}),
]
"""A duration in a configuration file; seconds in the program."""
