"""The states of streams as words and colours."""

from dataclasses import dataclass
from enum import IntEnum

from exporter.client.errors import State
from exporter.telemetry.status import StreamStatus
from exporter.web.humanize import count

WAITING, FIRST_POLL = "waiting", "first_poll"
"""What a stream does before the first poll of it has ended, beside the states of later ones."""


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


def standing(stream: StreamStatus) -> str:
    """A stream's state, or how far it is from having one."""
    if stream.state is not None:
        return stream.state.value
    return WAITING if stream.polling_since is None else FIRST_POLL


STANDINGS = (*(state.value for state in State), FIRST_POLL, WAITING)


def urgency(name: str) -> Severity:
    """The severity of a standing."""
    return severity(None if name in (FIRST_POLL, WAITING) else State(name))


def phrase(name: str, streams: int = 1) -> str:
    """A standing of so many streams as people read it."""
    its = "its" if streams == 1 else "their"
    before = {WAITING: f"waiting for {its} first poll", FIRST_POLL: f"in {its} first poll"}
    return before.get(name, name.replace("_", " "))


def badge(stream: StreamStatus) -> Badge:
    """What a stream does, in words."""
    name = standing(stream)
    told = phrase(name)
    if name == FIRST_POLL and stream.walk is not None:
        done, total = stream.walk
        told = f"reading its first {f'{done:,} ' if done else ''}of {count(total, 'part')}"
    return Badge(told, severity(stream.state))
