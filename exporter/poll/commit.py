"""What batches change in the state of a stream: functions of their input."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

from exporter.model import MetricType, Window
from exporter.poll import gauges
from exporter.poll.job import Counting, Job
from exporter.poll.ledger import Counted, Losses, count, forget
from exporter.poll.transform.budget import fold, gather
from exporter.poll.transform.privacy import Privacy
from exporter.poll.windows import next_oldest_kept
from exporter.store.store import StreamState, Walk
from exporter.streams.contract import Batch


@dataclass(slots=True)
class Reading:
    """One read of a stream in progress: when it began, which window it covers, what it has begun to count.

    `walk_began` is when its walk began, which may have been in an earlier poll. `unpaid` is what its
    commits took back so far: another one may tell where it moved to.
    """

    began: float
    walk_began: float
    window: Window
    started: set[str] = field(default_factory=set)
    walked: bool = False
    unpaid: Losses = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """What batches changed: the series that were counted, the metrics of gauges, how many were folded."""

    counted: Counted
    gauges: set[str]
    folded: int


def apply(
    job: Job,
    state: StreamState,
    batches: Sequence[Batch],
    reading: Reading,
    privacy: Privacy,
    counting: Counting,
    now: float,
) -> Applied:
    """Count batches into the state, in place. `now` is when: a birth hold begins there."""
    coverage = [each for batch in batches for each in batch.covers]
    sizes = {group: size for batch in batches for group, size in batch.group_sizes.items()}
    samples = chain.from_iterable(batch.samples for batch in batches)
    kept = job.labels.apply(counting.groups.apply(privacy.apply(samples), sizes))
    read_before = gauges.read_since(state.gauges, reading.walk_began)
    gathered, folded = fold(
        gather(kept),
        {*job.shown(state.ledger), *job.shown(read_before)},
        job.options.max_series or counting.series_per_stream,
    )
    covered = {
        metric.name
        for each in coverage
        for metric in each.metrics
        if metric.type is MetricType.COUNTER and (privacy.shows_people or not metric.people)
    }
    fresh = (covered | {key[0] for key in gathered.counters}) - state.started
    reading.started |= fresh
    state.oldest_kept = reading.window.start if state.oldest_kept is None else state.oldest_kept
    hidden = privacy.covered(coverage)
    counted = count(
        state.ledger,
        gathered.counters,
        hidden,
        oldest_kept=state.oldest_kept,
        baseline=frozenset() if counting.count_history else fresh,
        now=now,
        unpaid=reading.unpaid,
    )
    touched = gauges.replace(state.gauges, gathered.gauges, hidden, now)
    _remember(state, batches, reading)
    state.privacy = privacy.fingerprint
    return Applied(counted, touched, folded)


def complete(job: Job, state: StreamState, reading: Reading, now: float) -> set[str]:
    """The whole window was read: what is older is forgotten. Returns the metrics of gauges that went.

    A walk's first partitions were read when it began, so the next window goes back to there. If the clock
    was set back since, that moment is of no use, and the window is read again.
    """
    window, until = reading.window, reading.window.end
    if reading.walked:
        until = int(reading.walk_began) if reading.walk_began <= now else window.start
    window = Window(window.start, max(window.start, until))
    state.started |= reading.started
    state.read_until = window.end
    state.walk = None
    gone = gauges.drop_unread(state.gauges, reading.walk_began) if reading.walked else set()
    if not state.ledger:
        # Nothing was counted that could be counted twice.
        state.oldest_kept = None
        return gone
    newest = max((slot.bucket for s in state.ledger.values() for slot in s.slots), default=None)
    state.oldest_kept = next_oldest_kept(
        job.reach, window, newest, state.oldest_kept or window.start
    )
    forget(state.ledger, state.oldest_kept)
    return gone


def _remember(state: StreamState, batches: Sequence[Batch], reading: Reading) -> None:
    """Take what the batches say of how far the walk is, and of what the stream remembers."""
    for batch in batches:
        if batch.memory is not None:
            state.memory = dict(batch.memory)
        if batch.partition is not None:
            reading.walked = True
            state.walk = Walk(reading.walk_began, reading.window.start, batch.partition)
