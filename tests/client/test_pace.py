"""The pace never lets more through than the limits say, in order, and gives slots back."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import RateLimitedError
from exporter.client.pace import Limit, Pace, delay
from tests.clock import ManualClock

limits = st.builds(Limit, st.integers(1, 6), st.integers(1, 90).map(float))


@given(
    st.lists(limits, min_size=1, max_size=3), st.lists(st.integers(0, 40), min_size=1, max_size=40)
)
def test_no_span_ever_holds_more_than_the_limit(some: list[Limit], pauses: list[int]) -> None:
    """Whatever the pauses between requests, each limit holds in every sliding span."""

    async def run() -> list[float]:
        clock = ManualClock(0.0)
        pace = Pace(some, clock)
        times = []
        for pause in pauses:
            clock.now += pause
            await pace.acquire(1e9)
            times.append(clock.time())
        return times

    times = asyncio.run(run())
    for limit in some:
        for early, late in zip(times, times[limit.requests :], strict=False):
            assert late - early >= limit.seconds


@given(
    st.lists(limits, min_size=1, max_size=3),
    st.lists(st.integers(0, 50), max_size=12).map(sorted),
    st.integers(50, 100),
    st.integers(0, 8),
)
def test_the_forecast_of_a_queue_is_what_each_of_it_then_waits(
    some: list[Limit], times: list[int], now: int, ahead: int
) -> None:
    """`delay` with others ahead equals going through their turns one by one."""
    step, moment = [float(t) for t in times], float(now)
    for _ in range(ahead + 1):
        moment += delay(step, some, 0, moment)
        step.append(moment)
    assert delay([float(t) for t in times], some, 0, now, ahead) == moment - now


async def test_requests_go_in_the_order_they_came() -> None:
    """Waiters of one pace are served first come first served, each reporting its wait."""
    clock = ManualClock(0.0)
    pace = Pace([Limit(1, 10)], clock)
    order: list[int] = []

    async def one(number: int) -> float:
        waited = await pace.acquire(1000)
        order.append(number)
        return waited

    waits = await asyncio.gather(*(one(n) for n in range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert waits == [0, 10, 20, 30, 40]


async def test_a_wait_beyond_the_maximum_is_refused_at_once() -> None:
    """The error says when to come back, and no time is spent."""
    clock = ManualClock(1000.0)
    pace = Pace([Limit(1, 60)], clock, "core")
    await pace.acquire(10)
    with pytest.raises(RateLimitedError, match="core") as caught:
        await pace.acquire(10)
    assert caught.value.retry_at == 1060
    assert clock.slept == []


async def test_those_ahead_in_the_queue_count_towards_the_wait() -> None:
    """The second waiter would wait two spans, which is more than it may."""
    clock = ManualClock(0.0)
    pace = Pace([Limit(1, 60)], clock)
    await pace.acquire(100)
    results = await asyncio.gather(pace.acquire(100), pace.acquire(100), return_exceptions=True)
    assert results[0] == 60
    assert isinstance(results[1], RateLimitedError)
    assert results[1].retry_at == 120


class StuckClock(ManualClock):
    """A clock on which sleeping takes until somebody opens the gate."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.gate.wait()
        await super().sleep(seconds)


async def test_a_cancelled_waiter_leaves_its_slot_to_the_next() -> None:
    """The one behind it goes when the cancelled one would have gone."""
    clock = StuckClock()
    pace = Pace([Limit(1, 60)], clock)
    await pace.acquire(100)
    first = asyncio.create_task(pace.acquire(1000))
    second = asyncio.create_task(pace.acquire(1000))
    await asyncio.sleep(0)
    first.cancel()
    clock.gate.set()
    assert await second == 60
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_nothing_passes_before_the_end_of_a_block() -> None:
    """A block holds back requests that every limit would allow, and never shortens."""
    clock = ManualClock(0.0)
    pace = Pace([], clock)
    pace.block_until(50)
    pace.block_until(20)
    assert await pace.acquire(60) == 50
    assert await pace.acquire(60) == 0


async def test_an_empty_quota_blocks_until_its_reset() -> None:
    """Remaining 0 blocks; remaining 1, or a reset in the past, does not."""
    clock = ManualClock(1000.0)
    pace = Pace([], clock)
    pace.tighten({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "1030"})
    pace.tighten({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "900"})
    pace.tighten({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"})
    assert await pace.acquire(60) == 0
    pace.tighten({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"})
    assert await pace.acquire(60) == 30


async def test_a_request_obeys_two_paces_at_the_moment_it_goes() -> None:
    """Waiting for the shared pace does not let the own limit be overrun afterwards."""
    clock = ManualClock(0.0)
    own, shared = Pace([Limit(1, 10)], clock), Pace([], clock)
    shared.block_until(95)
    times = []
    for _ in range(3):
        await own.acquire(1000, shared)
        times.append(clock.time())
    assert times == [95, 105, 115]


async def test_a_clock_that_is_set_back_does_not_stop_the_queue() -> None:
    """After a step back, the wait is at most one span of the limit."""
    clock = ManualClock(100_000.0)
    pace = Pace([Limit(1, 60)], clock)
    await pace.acquire(0)
    clock.now = 50.0
    assert await pace.acquire(120) == 60


async def test_a_block_is_as_long_after_the_clock_was_set_back() -> None:
    """What a wrong year was told to wait must not be waited for until that year."""
    clock = ManualClock(1e9)
    pace = Pace([], clock)
    pace.block_until(clock.now + 60)
    clock.now -= 3e7
    assert await pace.acquire(120) == 60
    assert await pace.acquire(0) == 0


async def test_concurrent_streams_share_one_limit() -> None:
    """Two streams that ask in turn never exceed the limit together."""
    clock = ManualClock(0.0)
    pace = Pace([Limit(5, 60)], clock)
    times: list[float] = []

    async def stream() -> None:
        for _ in range(8):
            await pace.acquire(1e6)
            times.append(clock.time())

    await asyncio.gather(stream(), stream())
    assert len(times) == 16
    assert all(a <= b for a, b in pairwise(times))
    assert all(b - a >= 60 for a, b in zip(times, times[5:], strict=False))


@pytest.mark.parametrize(("requests", "seconds"), [(0, 60.0), (1, 0.0)])
def test_a_limit_that_allows_nothing_is_refused(requests: int, seconds: float) -> None:
    """Such a limit would wait for ever."""
    with pytest.raises(ValueError, match="limit"):
        Limit(requests, seconds)
