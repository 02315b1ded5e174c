"""The states of streams as words and colours."""

from dataclasses import dataclass
from enum import IntEnum

from exporter.client.errors import State

WAITING = "waiting for its first poll"


class Severity(IntEnum):
    """How urgent a state is, the most urgent first: the order and the colour on the page."""

    BROKEN = 0
    PASSING = 1
    WAITING = 2
    EMPTY = 3
    OK = 4

    @property
    def problem(self) -> bool:
        return self <= Severity.PASSING


_SEVERITIES = {
    None: Severity.WAITING,
    State.OK: Severity.OK,
    State.EMPTY: Severity.EMPTY,
    State.RATE_LIMITED: Severity.PASSING,
    State.UNAVAILABLE: Severity.PASSING,
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in words, with the colour of its severity; readable without the colour."""

    words: str
    severity: Severity

    @property
    def colour(self) -> str:
        return self.severity.name.lower()


def severity(state: State | None) -> Severity:
    """The severity of a stream's state; None before the first poll."""
    return _SEVERITIES.get(state, Severity.BROKEN)


def word(state: State | None) -> str:
    """A stream's state as people read it."""
    return WAITING if state is None else state.value.replace("_", " ")
