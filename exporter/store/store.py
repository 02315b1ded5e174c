"""The interface of the store, and what goes through it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

from exporter.model import Number, Series, SeriesKey, StreamKey, Window


class StoreError(Exception):
    """The state could not be read or written; the message names the file and the remedy."""


class Gauge(NamedTuple):
    """A gauge's value and when it was read (Unix seconds)."""

    value: Number | float
    read_at: float


Gauges: TypeAlias = dict[SeriesKey, dict[str, Gauge]]
"""The gauges of each series by partition; the series shows them merged."""


class Walk(NamedTuple):
    """A walk over partitions that has not ended: when it began, the start of its window, how far it is.

    `until` is the end of its window where a range follows that is left out.
    """

    began: float
    start: int
    after: str
    until: int | None = None


class LeftOut(NamedTuple):
    """A bucket that is not read with the others: when it was asked for last, and what was odd then."""

    start: int
    end: int
    tried: float
    reason: str

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


@dataclass(slots=True)
class OddAnswers:
    """What could not be read of a stream's answers.

    `polls` have failed in a row for that reason, `searched` is when the odd buckets were looked for last,
    and `left_out` are those that are known.
    """

    polls: int = 0
    searched: float = 0.0
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def windows(self) -> list[Window]:
        return [each.window for each in self.left_out]


@dataclass(slots=True)
class StreamState:
    """All that is kept of a stream between polls.

    `oldest_kept` is the oldest bucket that the ledger still remembers, `read_until` the end of the last
    good read, `memory` what the stream itself remembers, `privacy` the fingerprint of the setting under
    which people's labels were made. `started` tells which metrics were read in which partition (empty:
    in the whole account), and when the first walk that did began. `erased` is what was counted of a
    metric's bucket by series that were erased since. `told_until` is the end of the newest bucket that an
    answer spoke for.
    """

    oldest_kept: int | None = None
    read_until: float | None = None
    started: dict[tuple[str, str], float] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    walk: Walk | None = None
    last_success: float | None = None
    data_until: float | None = None
    empty: bool = False
    privacy: str = ""
    erased: dict[tuple[str, int], Number] = field(default_factory=dict)
    told_until: float | None = None
    odd: OddAnswers = field(default_factory=OddAnswers)
    ledger: dict[SeriesKey, Series] = field(default_factory=dict)
    gauges: Gauges = field(default_factory=dict)


class Changes(NamedTuple):
    """Which series, and what of `started`, changed or is gone; the rest is not written again.

    With `erase` what is gone leaves no trace in the files either.
    """

    series: frozenset[SeriesKey]
    gauges: bool
    erase: bool = False
    started: frozenset[tuple[str, str]] = frozenset()


class Store(Protocol):
    """Keeps the state of every stream; a commit is one transaction."""

    @property
    def created(self) -> float:
        """When the state was first made (Unix seconds)."""
        ...

    async def fingerprints(self) -> dict[StreamKey, str]:
        """The privacy setting that the labels of each stream were made under."""
        ...

    async def load(self, key: StreamKey) -> StreamState:
        """The state of a stream; an unknown stream has an empty one."""
        ...

    async def commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        """Write a poll, whole or not at all; raises StoreError."""
        ...

    async def close(self) -> None: ...
