"""Up to which day the Analytics API has built its figures, as its refusal of a later day says."""

import re

from exporter.streams import kit

BAD_REQUEST = 400
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def latest_before(asked: float, error: kit.PollError) -> float | None:
    """The latest built day that a refusal names; None where it is no refusal of a day that is not built.

    Of the days that it names, only the latest one is before the day that was asked for.
    """
    if error.status != BAD_REQUEST:
        return None
    named = [kit.moment(day) for day in _DAY.findall(str(error)) if _is_day(day)]
    return max((day for day in named if day < asked), default=None)


def _is_day(text: str) -> bool:
    try:
        kit.moment(text)
    except ValueError:
        return False
    return True
