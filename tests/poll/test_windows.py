"""What is read again, and when."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.model import DAY, HOUR, MINUTE, Window, floor
from exporter.poll.windows import Reach, first_poll, next_oldest_kept, next_poll, window

NOW = 1_700_000_000.5
TODAY = floor(NOW, DAY)

reaches = st.builds(
    lambda bucket, lookback, more: Reach(bucket, lookback, bucket + more),
    st.sampled_from([5 * MINUTE, HOUR, DAY]),
    st.integers(0, 7 * DAY),
    st.integers(0, 90 * DAY),
)
moments = st.floats(NOW - 200 * DAY, NOW + 200 * DAY)


class Jitter(Random):
    """Randomness that always takes the same part of what it may."""

    def __init__(self, part: float) -> None:
        super().__init__(0)
        self._part = part

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self._part


@given(reaches, st.floats(0, 200 * DAY), moments)
def test_downtime_shorter_than_the_retention_loses_no_bucket(
    reach: Reach, downtime: float, now: float
) -> None:
    """Every whole bucket that the vendor still has, from a lookback before the end, is read."""
    read_until = now - downtime
    found = window(reach, now, read_until, floor(read_until - reach.lookback, reach.bucket))
    bucket = floor(read_until - reach.lookback, reach.bucket)
    while bucket < now:
        if bucket >= now - reach.retention:
            assert found.start <= bucket
            break
        bucket += reach.bucket
    assert found.end == int(now)


@given(reaches, moments, st.none() | moments)
def test_windows_start_at_a_bucket_that_the_vendor_still_has_whole(
    reach: Reach, now: float, read_until: float | None
) -> None:
    """Aligned, inside the retention, and from start to now."""
    found = window(reach, now, read_until, None)
    assert found.start % reach.bucket == 0
    assert found.start > now - reach.retention - 1
    assert found.start <= now
    assert found.end == max(int(now), found.start)


@given(reaches, moments, moments, moments)
def test_windows_never_start_before_the_oldest_bucket_kept(
    reach: Reach, now: float, read_until: float, before: float
) -> None:
    """What the ledger has forgotten is not asked for, wherever the clock stands."""
    oldest_kept = floor(before, reach.bucket)
    found = window(reach, now, read_until, oldest_kept)
    assert found.start >= oldest_kept
    assert found.end >= found.start


def test_a_first_poll_reads_the_lookback() -> None:
    """Whole buckets from a lookback ago, cut at the present."""
    found = window(Reach(DAY, 2 * DAY, 90 * DAY), NOW, None, None)
    assert (found.start, found.end) == (TODAY - 2 * DAY, int(NOW))


def test_a_clock_set_back_reads_nothing_twice() -> None:
    """The window of a clock an hour behind starts no earlier than the oldest bucket kept; far behind, empty."""
    reach = Reach(HOUR, 2 * HOUR, 90 * DAY)
    oldest_kept = floor(NOW - 2 * HOUR, HOUR)
    back = window(reach, NOW - HOUR, NOW, oldest_kept)
    assert (back.start, back.end) == (oldest_kept, int(NOW - HOUR))
    far = window(reach, NOW - DAY, NOW, oldest_kept)
    assert (far.start, far.end) == (oldest_kept, oldest_kept)


def test_a_clock_set_forward_and_back_again_reads_from_the_present() -> None:
    """A last read in the future must not make the window start there."""
    found = window(Reach(HOUR, 2 * HOUR, 90 * DAY), NOW, NOW + 30 * DAY, None)
    assert (found.start, found.end) == (floor(NOW - 2 * HOUR, HOUR), int(NOW))


INTERVAL = 30 * MINUTE


@pytest.mark.parametrize(
    ("state", "failures", "retry_at", "due"),
    [
        (State.OK, 0, None, INTERVAL),
        (State.EMPTY, 0, None, INTERVAL),
        (State.UNAUTHORIZED, 1, None, HOUR),
        (State.FORBIDDEN, 9, None, HOUR),
        (State.NOT_FOUND, 1, None, HOUR),
        (State.RATE_LIMITED, 1, None, INTERVAL),
        (State.RATE_LIMITED, 1, 5 * MINUTE, INTERVAL),
        (State.RATE_LIMITED, 1, 2 * HOUR, 2 * HOUR),
        (State.RATE_LIMITED, 1, 90 * DAY, DAY + MINUTE),
        (State.UNAVAILABLE, 1, None, MINUTE),
        (State.UNAVAILABLE, 2, None, 2 * MINUTE),
        (State.SCHEMA_ERROR, 4, None, 8 * MINUTE),
        (State.ERROR, 6, None, INTERVAL),
        (State.ERROR, 100_000, None, INTERVAL),
    ],
)
def test_when_a_stream_is_polled_again(
    state: State, failures: int, retry_at: float | None, due: float
) -> None:
    """After a poll that took a minute: by state, counted from the start of the poll."""
    at = next_poll(
        state,
        NOW,
        NOW + MINUTE,
        INTERVAL,
        failures=failures,
        retry_at=None if retry_at is None else NOW + retry_at,
        random=Jitter(0),
    )
    assert at == NOW + due


def test_a_refused_credential_is_not_tried_more_often_than_the_interval() -> None:
    """Hourly is for streams that are polled more often than that."""
    at = next_poll(State.UNAUTHORIZED, NOW, NOW, DAY, failures=1, retry_at=None, random=Jitter(0))
    assert at == NOW + DAY


@given(
    st.sampled_from(State),
    st.floats(-DAY, 90 * DAY),
    st.integers(1, 7 * DAY),
    st.integers(0, 50),
    st.none() | moments,
    st.floats(0, 1),
)
def test_the_next_poll_is_never_in_the_past(
    state: State, took: float, interval: int, failures: int, retry_at: float | None, part: float
) -> None:
    """Nor earlier than asked for by more than nothing, nor later than jitter allows."""
    now = NOW + took
    bare, with_jitter = (
        next_poll(
            state, NOW, now, interval, failures=failures, retry_at=retry_at, random=Jitter(share)
        )
        for share in (0, part)
    )
    assert now <= bare <= with_jitter <= bare + min(30, interval * 0.05)


def test_first_polls_are_spread() -> None:
    """A quarter of a second apart, over a minute at the most, and within the interval."""
    assert [first_poll(index, 4, NOW, HOUR, None) - NOW for index in range(4)] == [
        0,
        0.25,
        0.5,
        0.75,
    ]
    assert first_poll(999, 1_000, NOW, HOUR, None) - NOW == pytest.approx(59.94)
    assert first_poll(999, 1_000, NOW, 10, None) - NOW == pytest.approx(9.99)


@pytest.mark.parametrize(
    ("last_success", "due"),
    [
        (NOW - HOUR / 2, NOW + HOUR / 2),
        (NOW - 2 * HOUR, NOW),
        (NOW + DAY, NOW),
        (None, NOW),
    ],
)
def test_a_restart_does_not_spend_the_quota(last_success: float | None, due: float) -> None:
    """What was read within the interval waits for it; a success in the future says nothing."""
    assert first_poll(0, 10, NOW, HOUR, last_success) == due


@given(reaches, moments, moments, st.none() | moments, moments)
def test_the_oldest_bucket_kept_follows_data_and_not_a_clock(
    reach: Reach, now: float, before: float, newest: float | None, later: float
) -> None:
    """Without a value in the buckets that it came to, a read forgets as if it had not come there."""
    oldest_kept, bucket = floor(before, reach.bucket), None
    if newest is not None:
        bucket = floor(min(newest, now), reach.bucket)
    honest, ahead = (
        next_oldest_kept(
            reach, Window(oldest_kept, max(oldest_kept, int(end))), bucket, oldest_kept
        )
        for end in (now, max(now, later))
    )
    assert honest >= oldest_kept
    most = oldest_kept if bucket is None else bucket + reach.bucket - reach.lookback
    assert ahead <= max(oldest_kept, most)
    if bucket is not None and bucket + reach.bucket <= now:
        assert ahead == honest


def test_after_a_clock_was_set_forward_all_that_is_remembered_is_read() -> None:
    """How far the poll of the wrong clock really came, nobody knows."""
    oldest_kept = TODAY - 9 * DAY
    found = window(Reach(DAY, 2 * DAY, 90 * DAY), NOW, NOW + 30 * DAY, oldest_kept)
    assert (found.start, found.end) == (oldest_kept, int(NOW))


@pytest.mark.parametrize(
    ("start", "forgets"),
    [
        (NOW - 38 * DAY, True),
        (NOW - 29 * DAY, True),
        (NOW - 27 * DAY, True),
        (NOW - 26 * DAY, False),
        (NOW - 5 * DAY, False),
    ],
)
def test_nothing_is_forgotten_after_a_read_that_left_out_what_the_vendor_has(
    start: float, forgets: bool
) -> None:
    """It may have been by a clock far ahead; what the vendor has no more, nobody can read."""
    reach, newest = Reach(DAY, 2 * DAY, 30 * DAY), TODAY
    read = Window(floor(start, DAY), int(NOW))
    oldest_kept = TODAY - 40 * DAY
    kept = next_oldest_kept(reach, read, newest, oldest_kept)
    assert kept == (TODAY - 2 * DAY if forgets else oldest_kept)
