"""The states of streams as words and colours."""

from dataclasses import dataclass
from enum import IntEnum

from exporter.client.errors import State

WAITING = "waiting for its first poll"


class Level(IntEnum):
    """How much a state asks of the reader, the most first: the order and the colour on the page."""

    BROKEN = 0
    PASSING = 1
    WAITING = 2
    EMPTY = 3
    OK = 4

    @property
    def problem(self) -> bool:
        return self <= Level.PASSING


_LEVELS = {
    None: Level.WAITING,
    State.OK: Level.OK,
    State.EMPTY: Level.EMPTY,
    State.RATE_LIMITED: Level.PASSING,
    State.UNAVAILABLE: Level.PASSING,
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A word in a colour; the word alone says it all."""

    words: str
    level: Level

    @property
    def colour(self) -> str:
        return self.level.name.lower()


def level(state: State | None) -> Level:
    """The level of a stream's state; None before the first poll."""
    return _LEVELS.get(state, Level.BROKEN)


def word(state: State | None) -> str:
    """A stream's state as people read it."""
    return WAITING if state is None else state.value.replace("_", " ")
