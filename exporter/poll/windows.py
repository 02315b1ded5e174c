"""Which time a poll reads again, and when the next one runs."""

import random
from dataclasses import dataclass

from exporter.client.errors import PollError, State
from exporter.model import DAY, HOUR, Window, floor
from exporter.store.store import StreamState, Walk

AUTH_BACKOFF = HOUR
REFUSED = frozenset({State.UNAUTHORIZED, State.FORBIDDEN, State.NOT_FOUND})
"""How a poll ends that only the operator can help."""
FIRST_RETRY = 60


@dataclass(frozen=True, slots=True)
class Reach:
    """What bounds a stream's window: its bucket, how much it re-reads, what the vendor still has.

    A vendor that has told of no usage for longer than `silence` is taken to have none.
    """

    bucket: int
    lookback: int
    retention: int
    silence: int = 0

    def oldest(self, now: float) -> int:
        """The oldest bucket that the vendor still has whole."""
        return floor(now - self.retention, self.bucket) + self.bucket

    def newest_met(self, oldest_kept: int) -> int:
        """The newest bucket that reads have come to without leaving out any, from what is kept for it."""
        return -floor(-oldest_kept - self.lookback, self.bucket)


def window(
    reach: Reach,
    now: float,
    read_until: float | None,
    oldest_kept: int | None,
    told_until: float | None = None,
) -> Window:
    """The window of the next poll: whole buckets up to `now`.

    It starts a lookback before the end of the last good read, so that no downtime shorter than the
    vendor's retention loses a bucket, and with the bucket before `told_until` at the latest, because what
    the vendor has not told may come; never before `oldest_kept`, below which the ledger has forgotten
    what it counted; and never before what the vendor still has. A read that ended after `now` was by
    a clock that was set back since: how far it went is unknown, so all that is remembered is read.
    """
    start = lookback_start(reach, now, read_until, oldest_kept)
    if told_until is not None:
        start = min(start, floor(told_until - 1, reach.bucket))
    start = max(start, reach.oldest(now))
    if oldest_kept is not None:
        start = max(start, oldest_kept)
    return Window(start, max(start, int(now)))


def lookback_start(
    reach: Reach, now: float, read_until: float | None, oldest_kept: int | None
) -> int:
    """From which bucket on a poll corrects what was counted: what is older may only be told late."""
    if read_until is not None and read_until > now and oldest_kept is not None:
        return floor(oldest_kept, reach.bucket)
    return floor(min(now, now if read_until is None else read_until) - reach.lookback, reach.bucket)


def read_window(
    reach: Reach, now: float, state: StreamState, told_until: float | None
) -> tuple[Window, Walk | None]:
    """The window of a poll, and the walk that it goes on with; raises PollError.

    A walk keeps the start of its window. One that began in the future was begun by a clock that was set
    back since, and begins again. Where the last read counted something and had left out buckets before
    it, as a read does after a clock that was far ahead, they are read too.
    """
    wanted = window(reach, now, state.read_until, state.oldest_kept, told_until)
    if state.oldest_kept is not None:
        met = reach.newest_met(state.oldest_kept)
        if wanted.start > met and (newest_counted(state) or met) > met:
            wanted = Window(max(met, reach.oldest(now)), wanted.end)
    if wanted.start > now:
        raise PollError(
            "the clock stands before what was already counted; set the clock right, or remove the "
            "state file to start counting afresh"
        )
    walk = state.walk if state.walk is not None and state.walk.began <= now else None
    if walk is not None:
        wanted = Window(min(walk.start, wanted.end), wanted.end)
    return wanted, walk


def newest_counted(state: StreamState) -> int | None:
    """The newest bucket that has a value; None where none has."""
    return max((slot.bucket for s in state.ledger.values() for slot in s.slots), default=None)


def next_oldest_kept(reach: Reach, read: Window, newest: int | None, oldest_kept: int) -> int:
    """Before which bucket the ledger forgets, once the window was read.

    A lookback before its end, or before the start of `newest`, the newest bucket that has a value. A
    clock that was set forward finds no data there, and so forgets nothing too early: that bucket has
    begun by any clock. Nothing is forgotten after a read that left out buckets which the vendor has: by
    that bucket too, with a lookback to spare for a vendor that tells late.
    """
    if newest is None:
        return oldest_kept
    gone = reach.oldest(newest) + reach.lookback
    if read.start > max(reach.newest_met(oldest_kept), gone):
        return oldest_kept
    until = min(read.end, newest)
    return max(oldest_kept, floor(until - reach.lookback, reach.bucket))


def next_poll(
    state: State,
    started: float,
    now: float,
    interval: int,
    *,
    failures: int,
    retry_at: float | None,
    random: random.Random,
) -> float:
    """When a stream is polled again, `failures` being the failed polls in a row.

    A refused credential is tried hourly, a used-up quota when the vendor says, another failure
    with growing pauses up to the interval; all with a little jitter so that streams spread.
    """
    jitter = random.uniform(0, min(interval * 0.05, 30))
    due = started + interval
    if state in REFUSED:
        due = started + max(interval, AUTH_BACKOFF)
    elif state is State.RATE_LIMITED:
        due = max(due, retry_at or 0)
        due = min(due, now + DAY)
    elif not state.answered:
        due = started + min(interval, FIRST_RETRY * 2.0 ** min(failures - 1, 16))
    return max(due, now) + jitter


def first_poll(
    index: int, total: int, now: float, interval: int, last_success: float | None
) -> float:
    """When a stream is polled first: spread over a minute, and not sooner than its interval allows.

    A daemon that restarts again and again must not spend the vendor's quota on it.
    """
    spread = min(60.0, 0.25 * total, float(interval))
    due = now + spread * index / max(total, 1)
    if last_success is not None and last_success <= now:
        due = max(due, last_success + interval)
    return due
