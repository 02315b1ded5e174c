"""What the exporter knows of its own targets and streams: read by the self metrics and the status page."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from exporter.client.errors import State
from exporter.client.reaching import Unreached
from exporter.client.request import Endpoint
from exporter.model import DAY, OTHER, Histogram, StreamKey, Window
from exporter.telemetry.request_budget import RequestBudget

DURATION_BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
DRIFT_FIELDS = 50
"""How many unknown fields of a stream are told apart; a vendor must not be able to grow series."""
POLLS_KEPT = 48
"""How many polls of a stream the history holds."""


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


class Polled(NamedTuple):
    """A poll that ended; one that failed may have committed records before."""

    records: int
    failed: bool


class PollHistory:
    """The last polls of a stream, the oldest first."""

    def __init__(self) -> None:
        # Plain numbers, those of failed polls inverted: there may be thousands of streams.
        self._polls = array("q")

    def add(self, poll: Polled) -> None:
        self._polls.append(~poll.records if poll.failed else poll.records)
        del self._polls[:-POLLS_KEPT]

    def polls(self) -> list[Polled]:
        return [Polled(~n, True) if n < 0 else Polled(n, False) for n in self._polls.tolist()]


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """How a poll ended. `succeeded_at` is when one began that read all of its window without a problem.

    `failures_in_row` are the failed polls since the last one that succeeded, with this one.
    """

    state: State
    reason: str = ""
    retry_at: float | None = None
    succeeded_at: float | None = None
    failures_in_row: int = 0


@dataclass(slots=True)
class StreamStatus:
    """One stream of one target; times are Unix seconds.

    `dated` says that its data are of days or other slices of time, and not of the present.
    `window` is what the last poll asked for. The log has told the state `told`, and of odd rows in the
    fields `told_rejected`.
    `left_out` are the seconds that polls do not ask for because their answers are odd, `lost` those that
    can never be counted.
    """

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
    last_folded: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    uncounted: set[str] = field(default_factory=set)
    rejected: Counter[str] = field(default_factory=Counter)
    last_rejected: Counter[str] = field(default_factory=Counter)
    series: int = 0
    durations: Durations = field(default_factory=Durations)
    walk: tuple[int, int] | None = None
    polling_since: float | None = None
    last_success: float | None = None
    data_until: float | None = None
    next_poll: float | None = None
    refresh_at: float | None = None
    history: PollHistory = field(default_factory=PollHistory)
    of_account: bool = True
    dated: bool = True
    window: Window | None = None
    told: State | None = None
    told_rejected: frozenset[str] = frozenset()
    left_out: int = 0
    lost: int = 0
    _lost: list[tuple[Window, float]] = field(default_factory=list, init=False)
    _committed: int = field(default=0, init=False)
    _drifted: Counter[str] = field(default_factory=Counter, init=False)

    def walked(self, done: int, total: int) -> None:
        """How far the walk over a target's partitions has come."""
        self.walk = (done, total)

    @property
    def committed_records(self) -> int:
        """The records that the running or last poll has committed."""
        return self._committed

    def begin(self, now: float) -> None:
        """A poll begins."""
        self.polls += 1
        self.polling_since = now
        self.window = None
        self.last_folded = 0
        self._committed = 0
        self._drifted = Counter()
        self.last_rejected = Counter()

    def committed(
        self,
        records: int,
        *,
        corrections: int = 0,
        folded: int = 0,
        drift: Counter[str] | None = None,
        rejected: Counter[str] | None = None,
        data_until: float | None = None,
    ) -> None:
        """The running poll has committed; it may still fail.

        `records`, `drift` and `rejected` are those of the whole poll.
        """
        self.records += records - self._committed
        self.last_records = self._committed = records
        self.corrections += corrections
        self.folded += folded
        self.last_folded += folded
        self.data_until = self.data_until if data_until is None else data_until
        found = Counter() if drift is None else drift
        self._drift(found - self._drifted)
        self._drifted = found.copy()
        if rejected is not None:
            self.rejected += rejected - self.last_rejected
            self.last_rejected = rejected

    def found_uncounted(self, fields: Iterable[str]) -> list[str]:
        """Take unknown fields that hold numbers; returns those that were not known as such before."""
        found = sorted(name for name in fields if "@" not in name and name not in self.uncounted)
        told = found[: DRIFT_FIELDS - len(self.uncounted)]
        self.uncounted.update(told)
        return told

    def lose(self, windows: Iterable[Window], now: float) -> None:
        """Take time that is out of the vendor's reach before it was counted."""
        self._lost = [each for each in self._lost if 0 <= now - each[1] < DAY]
        for window in windows:
            self.lost += window.end - window.start
            self._lost.append((window, now))

    @property
    def lost_lately(self) -> list[Window]:
        """What was lost within a day."""
        return [window for window, _ in self._lost]

    def end(self, outcome: PollOutcome, began: float, now: float) -> None:
        """The running poll has ended."""
        self.polling_since = None
        self.durations.observe(max(0.0, now - began))
        self.state, self.reason, self.retry_at = outcome.state, outcome.reason, outcome.retry_at
        self.failures_in_row = outcome.failures_in_row
        if outcome.succeeded_at is None:
            self.failures[outcome.state.value] += 1
        else:
            self.last_success = outcome.succeeded_at
        self.history.add(Polled(self._committed, outcome.succeeded_at is None))

    def _drift(self, fields: Counter[str]) -> None:
        for name, times in fields.items():
            # Some vendors use addresses of people as keys: such a name must not be shown.
            known = name in self.drift or (len(self.drift) < DRIFT_FIELDS and "@" not in name)
            self.drift[name if known else OTHER] += times


@dataclass(slots=True)
class TargetStatus:
    """One target: its streams and what was asked of its vendor. Observes the target's client.

    `place` says in words what is read, where, and with which credential. `unreached` is why the last
    connection failed, `told_unreached_at` when the log said so.
    """

    vendor: str
    account: str
    streams: dict[str, StreamStatus] = field(default_factory=dict)
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    wait_seconds: float = 0.0
    answer_seconds: float = 0.0
    credential_end: float | None = None
    budget: RequestBudget | None = None
    place: str = ""
    unreached: Unreached | None = None
    told_unreached_at: float | None = None

    def requested(self, endpoint: Endpoint, code: str) -> None:
        self.requests[endpoint.path, code] += 1
        if self.budget is not None:
            self.budget.spend(endpoint.group)

    def waited(self, seconds: float) -> None:
        self.wait_seconds += seconds

    def reached(self, problem: Unreached | None) -> None:
        self.unreached = problem

    def answered(self, seconds: float) -> None:
        self.answer_seconds += seconds

    def credential_ends(self, moment: float | None) -> None:
        self.credential_end = moment

    @property
    def up(self) -> bool | None:
        """Whether the vendor gives a valid answer to at least one stream of the account.

        Where no stream is, it is enough that the vendor answers. None before any poll has ended.
        """
        streams = self.streams.values()
        telling = [stream for stream in streams if stream.of_account] or streams
        states = [stream.state for stream in telling if stream.state is not None]
        return any(state.answered for state in states) if states else None

    @property
    def planned(self) -> bool:
        """Whether the first poll of every stream has begun or is planned."""
        return all(stream.polls or stream.next_poll is not None for stream in self.streams.values())
