"""What batches change in the state of a stream: functions of their input."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from exporter.model import Window
from exporter.poll import gauges
from exporter.poll.baseline import Fresh, Scope, read_scopes
from exporter.poll.job import Counting
from exporter.poll.ledger import ERASED, Counted, count, forget, is_kept
from exporter.poll.reading import Reading
from exporter.poll.told import newest_told
from exporter.poll.transform.budget import fold, gather
from exporter.poll.transform.privacy import Privacy
from exporter.poll.windows import newest_counted, next_oldest_kept
from exporter.streams.contract import Batch


@dataclass(frozen=True, slots=True)
class Applied:
    """What batches changed: series, metrics of gauges, how many were folded, what was first read."""

    counted: Counted
    gauges: set[str]
    folded: int
    started: set[Scope]


def apply(
    reading: Reading,
    batches: Sequence[Batch],
    privacy: Privacy,
    counting: Counting,
    now: float,
) -> Applied:
    """Count batches into the state, in place. `now` is when: a birth hold begins there."""
    job, state = reading.job, reading.state
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
    hidden = privacy.covered(coverage)
    read = read_scopes(hidden, gathered.counters, people=privacy.shows_people)
    state.oldest_kept = reading.window.start if state.oldest_kept is None else state.oldest_kept
    counted = count(
        state.ledger,
        gathered.counters,
        hidden,
        oldest_kept=state.oldest_kept,
        besides=state.odd.windows,
        baseline=Fresh() if counting.count_history else reading.known.fresh(read),
        now=now,
        unpaid=reading.unpaid,
    )
    state.erased = {
        place: amounts[ERASED] for place, amounts in reading.unpaid.items() if ERASED in amounts
    }
    touched = gauges.replace(state.gauges, gathered.gauges, hidden, now)
    reading.remember(batches)
    newest = newest_told(batches, job.reach.bucket)
    reading.told_until = max(reading.told_until, min(newest, reading.window.end))
    state.privacy = privacy.fingerprint
    return Applied(counted, touched, folded, reading.start(read))


def complete(reading: Reading, now: float, *, count_history: bool) -> set[str]:
    """The whole window was read: what is older is forgotten. Returns the metrics of gauges that went.

    A walk's first partitions were read when it began, so the next window goes back to there. If the clock
    was set back since, that moment is of no use, and the window is read again.
    """
    job, state = reading.job, reading.state
    window, until = reading.window, reading.window.end
    if reading.walked:
        until = int(reading.walk_began) if reading.walk_began <= now else window.start
    window = Window(window.start, max(window.start, until))
    state.started |= dict.fromkeys(reading.started, reading.walk_began)
    state.read_until = window.end
    state.walk = None
    cut_at = reading.cut.end if reading.cut else 0
    state.told_until = max(state.told_until or 0, reading.told_until, cut_at) or None
    state.odd = reading.pieces.ended(odd=reading.has_odd_parts)
    gone = set[str]()
    if reading.walked and not reading.pieces.searches:
        gone = gauges.drop_unread(state.gauges, reading.walk_began)
    if count_history and not (state.ledger or state.erased):
        # Nothing was counted that could be counted twice. A baseline stays where it was.
        state.oldest_kept = None
        return gone
    state.oldest_kept = next_oldest_kept(
        job.reach, window, newest_counted(state), state.oldest_kept or window.start
    )
    forget(state.ledger, state.oldest_kept, state.odd.windows)
    state.erased = {
        place: amount
        for place, amount in state.erased.items()
        if is_kept(place[1], state.oldest_kept, state.odd.windows)
    }
    return gone
