"""Charts of records per poll, as paths of an inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.telemetry.status import POLLS_KEPT, Polled
from exporter.web.humanize import count

STEP = 4
"""The width of one poll; a bar fills all of it but one."""
WIDTH = STEP * POLLS_KEPT
HEIGHT = 36
_MARKS = 10
"""Failed polls are marked above this line, so that no bar hides them."""
_LEAST = 2
"""A poll without records is this high: it took place."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The last polls, the newest at the right: `bars` and `crosses` are paths to be stroked."""

    title: str
    description: str
    bars: str
    crosses: str


def draw(polls: Sequence[Polled]) -> Chart:
    """A bar for what each poll committed, and a cross above each that failed."""
    most = max((poll.records for poll in polls), default=0)
    left = WIDTH - STEP * len(polls)
    bars, crosses = [], []
    for index, (records, failed) in enumerate(polls):
        x = left + STEP * index
        if records or not failed:
            height = max(_LEAST, round((HEIGHT - _MARKS) * records / most)) if most else _LEAST
            bars.append(f"M{x + 1.5} {HEIGHT}v-{height}")
        if failed:
            crosses.append(f"M{x} 1l4 6m0-6l-4 6")
    return Chart(_title(polls, len(crosses)), _description(polls), "".join(bars), "".join(crosses))


def _title(polls: Sequence[Polled], failed: int) -> str:
    many = f"last {count(len(polls), 'poll')}" if len(polls) > 1 else "last poll"
    return f"Records of the {many}, {f'{failed:,} failed' if failed else 'none failed'}"


def _description(polls: Sequence[Polled]) -> str:
    good = [poll.records for poll in polls if not poll.failed]
    if not good:
        return "No poll among them succeeded."
    return f"From {min(good):,} to {max(good):,} records in a poll that succeeded."
