"""What the exporter knows of its own targets and streams: read by the self metrics and the status page."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from exporter.client.errors import State
from exporter.model import OTHER, Histogram, StreamKey

DURATION_BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
DRIFT_FIELDS = 50
"""How many unknown fields of a stream are told apart; a vendor must not be able to grow series."""


class Durations:
    """A histogram of seconds."""

    def __init__(self, bounds: Iterable[float] = DURATION_BOUNDS) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def histogram(self) -> Histogram:
        total, buckets = 0, []
        for bound, count in zip(self._bounds, self._counts, strict=False):
            total += count
            buckets.append((bound, total))
        return Histogram(tuple(buckets), self._sum, total + self._counts[-1])


@dataclass(slots=True)
class StreamStatus:
    """One stream of one target; times are Unix seconds."""

    key: StreamKey
    interval: int
    state: State | None = None
    reason: str = ""
    polls: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    failures_in_row: int = 0
    retry_at: float | None = None
    records: int = 0
    last_records: int = 0
    corrections: int = 0
    folded: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    series: int = 0
    durations: Durations = field(default_factory=Durations)
    walk: tuple[int, int] | None = None
    polling_since: float | None = None
    last_success: float | None = None
    data_until: float | None = None
    next_poll: float | None = None
    refresh_at: float | None = None

    def walked(self, done: int, total: int) -> None:
        """How far the walk over a target's parts has come."""
        self.walk = (done, total)

    def succeeded(self, state: State, now: float) -> None:
        self.state, self.reason = state, ""
        self.failures_in_row, self.retry_at = 0, None
        self.last_success = now

    def failed(self, state: State, reason: str, retry_at: float | None) -> None:
        self.state, self.reason = state, reason
        self.failures[state.value] += 1
        self.failures_in_row += 1
        self.retry_at = retry_at

    def drifted(self, fields: Counter[str]) -> None:
        for name, times in fields.items():
            known = name in self.drift or len(self.drift) < DRIFT_FIELDS
            self.drift[name if known else OTHER] += times


@dataclass(slots=True)
class TargetStatus:
    """One target: its streams and what was asked of its vendor. Observes the target's client."""

    vendor: str
    account: str
    streams: dict[str, StreamStatus] = field(default_factory=dict)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    wait_seconds: float = 0.0

    def requested(self, endpoint: str, code: str) -> None:
        self.requests[endpoint, code] += 1

    def waited(self, seconds: float) -> None:
        self.wait_seconds += seconds

    @property
    def up(self) -> bool:
        """Whether the vendor gives a valid answer to at least one stream."""
        return any(s.state is not None and s.state.answered for s in self.streams.values())

    @property
    def polled(self) -> bool:
        """Whether every stream was polled, or has failed, at least once."""
        return all(stream.state is not None for stream in self.streams.values())
