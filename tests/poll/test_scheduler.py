"""When streams are polled: the real scheduler, polls that are only waited for."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, tzinfo
from random import Random
from typing import Any, Self, cast

import pytest
from apscheduler.schedulers import base
from apscheduler.triggers import interval

from exporter.client.errors import State
from exporter.model import DAY, HOUR, StreamKey
from exporter.poll.job import Job
from exporter.poll.poller import Poller
from exporter.poll.scheduler import Scheduler
from exporter.streams.options import StreamOptions
from exporter.telemetry.status import PollOutcome, StreamStatus, TargetStatus
from tests.clock import ManualClock

SOON = 60.0
"""How long a test waits for what happens within milliseconds on a machine with nothing else to do."""


def start(scheduler: Scheduler, poller: "FakePoller", *jobs: Job) -> None:
    scheduler.add(jobs, cast(Poller, poller))
    scheduler.start()


def slow_until(poller: "FakePoller", end: asyncio.Event) -> None:
    """Let the polls of the stream `slow` last until then."""

    async def work(job: Job) -> None:
        if job.key.stream == "slow":
            await end.wait()

    poller.work = work


def job(name: str, interval: int = HOUR) -> Job:
    options = StreamOptions.model_construct(interval=interval)
    nothing = cast(Any, None)
    status = StreamStatus(StreamKey("fake", "acme", name), interval)
    target = TargetStatus("fake", "acme")
    return Job(status.key, nothing, nothing, options, nothing, status, target)


class FakePoller:
    """Notes what is polled and refreshed; a test may make it wait or set a state."""

    def __init__(self) -> None:
        self.polled: list[str] = []
        self.refreshed: list[str] = []
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.together = 0
        self.work: Callable[[Job], Awaitable[None]] = self._do_nothing
        self.outcome = PollOutcome(State.OK)
        self.publisher = self
        self.happened = asyncio.Event()

    async def _do_nothing(self, job: Job) -> None:
        pass

    async def poll(self, job: Job) -> PollOutcome:
        name = job.key.stream
        self.polled.append(name)
        self.running[name] += 1
        self.most[name] = max(self.most[name], self.running[name])
        self.together = max(self.together, self.running.total())
        self.happened.set()
        try:
            await self.work(job)
            return self.outcome
        finally:
            self.running[name] -= 1
            self.happened.set()

    async def refresh(self, job: Job) -> None:
        self.refreshed.append(job.key.stream)
        job.status.refresh_at = None
        self.happened.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that happens makes the condition true."""
        async with asyncio.timeout(SOON):
            while not condition():
                self.happened.clear()
                await self.happened.wait()
                await asyncio.sleep(0)


@pytest.fixture
def poller() -> FakePoller:
    return FakePoller()


@pytest.fixture
def clock() -> ManualClock:
    """Stands still at the machine's time, by which the scheduler waits."""
    return ManualClock(time.time())


@pytest.fixture
async def scheduler(poller: FakePoller, clock: ManualClock) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(clock, Random(7))
    yield scheduler
    if scheduler._scheduler.running:
        await scheduler.stop(0)
        await asyncio.sleep(0)


async def test_polls_that_are_late_run_all_the_same(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """A machine that was asleep for a day still owes every poll; by default they would be dropped."""
    clock.now -= DAY
    start(scheduler, poller, job("a"), job("b"))
    await poller.until(lambda: {"a", "b"} <= set(poller.polled))


async def test_no_job_has_a_misfire_grace(scheduler: Scheduler, poller: FakePoller) -> None:
    """Also what runs besides polls is never dropped for being late."""
    waiting = job("a")
    waiting.status.refresh_at = time.time() + HOUR
    waiting.status.last_success = time.time()

    async def tick() -> None:
        raise AssertionError("not within this test")

    start(scheduler, poller, waiting)
    scheduler.every(HOUR, tick)
    planned = scheduler._scheduler.get_jobs()
    assert len(planned) == 3
    assert {planned_job.misfire_grace_time for planned_job in planned} == {None}
    assert {planned_job.max_instances for planned_job in planned} == {1}


async def test_a_stream_is_never_polled_twice_at_once(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """However long a poll takes and however much is overdue; other streams run meanwhile."""
    clock.now -= DAY

    async def work(job: Job) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    poller.work = work
    start(scheduler, poller, job("a", interval=1), job("b", interval=1))
    await poller.until(lambda: min(poller.polled.count(name) for name in "ab") >= 5)
    assert poller.most == {"a": 1, "b": 1}


async def test_streams_are_polled_side_by_side(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """One that hangs holds up nobody."""
    clock.now -= DAY
    slow_until(poller, asyncio.Event())
    start(scheduler, poller, job("slow", interval=1), job("quick", interval=1))
    await poller.until(lambda: poller.polled.count("quick") >= 3)
    assert poller.polled.count("slow") == 1
    assert poller.together == 2


@pytest.mark.parametrize(
    ("state", "retry_after", "failures", "earliest", "latest"),
    [
        (State.OK, None, 0, HOUR, HOUR + 30),
        (State.EMPTY, None, 0, HOUR, HOUR + 30),
        (State.UNAUTHORIZED, None, 1, HOUR, HOUR + 30),
        (State.UNAVAILABLE, None, 1, 60, 90),
        (State.SCHEMA_ERROR, None, 3, 240, 270),
        (State.UNAVAILABLE, None, 20, HOUR, HOUR + 30),
        (State.RATE_LIMITED, 3 * HOUR, 1, 3 * HOUR, 3 * HOUR + 30),
        (None, None, 1, 60, 90),
    ],
)
async def test_the_next_poll_is_planned_by_the_state(
    state: State | None,
    retry_after: float | None,
    failures: int,
    earliest: float,
    latest: float,
    scheduler: Scheduler,
    poller: FakePoller,
    clock: ManualClock,
) -> None:
    """And the time is in the status, for the page of people."""
    retry_at = None if retry_after is None else clock.now + retry_after

    async def breaks(_: Job) -> None:
        raise RuntimeError("a bug in the poller")

    if state is None:
        poller.work = breaks
    else:
        poller.outcome = PollOutcome(state, retry_at=retry_at, failures_in_row=failures)
    only = job("a")
    start(scheduler, poller, only)
    assert only.status.next_poll == clock.now
    await poller.until(lambda: (only.status.next_poll or 0) > clock.now)
    assert earliest <= (only.status.next_poll or 0) - clock.now <= latest


async def test_first_polls_are_spread_and_keep_the_interval(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """A restart does not ask sooner than the last good poll and the interval allow."""
    jobs = [job(str(number)) for number in range(4)]
    jobs[3].status.last_success = clock.now - 600
    start(scheduler, poller, *jobs)
    due = [(job.status.next_poll or 0) - clock.now for job in jobs]
    assert due == pytest.approx([0, 0.25, 0.5, HOUR - 600])


async def test_a_refresh_runs_when_the_page_changes_next(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """After a start for what was restored, and after a poll for what it brought."""

    async def work(job: Job) -> None:
        job.status.refresh_at = clock.now

    poller.work = work
    restored, fresh = job("restored"), job("fresh")
    restored.status.refresh_at = clock.now
    restored.status.last_success = clock.now
    start(scheduler, poller, fresh, restored)
    await poller.until(lambda: len(poller.refreshed) == 2)
    assert sorted(poller.refreshed) == ["fresh", "restored"]
    assert poller.polled == ["fresh"]


async def test_what_breaks_a_poll_or_a_refresh_is_told_and_does_not_end_them(
    scheduler: Scheduler,
    poller: FakePoller,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread that cannot be had must not leave the page as it is for good."""

    message = "no thread for Jane Doe"

    async def breaks(_: Job) -> None:
        raise RuntimeError(message)

    poller.work = breaks
    monkeypatch.setattr(poller, "refresh", breaks)
    only = job("a")
    only.status.refresh_at = clock.now
    start(scheduler, poller, only)
    await poller.until(lambda: (only.status.next_poll or 0) > clock.now)
    assert only.status.refresh_at == clock.now + 60
    told = (
        'this is a bug: please report it" vendor=fake account=acme stream=a doing={} error=Runtime'
    )
    assert told.format("poll") in caplog.text
    assert told.format("refresh") in caplog.text
    assert "Jane" not in caplog.text


async def test_what_is_hurried_is_polled_next_and_never_twice_at_once(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """One that is being polled stays as it is."""
    waiting, running = job("waiting"), job("running")
    waiting.status.last_success = clock.now
    go = asyncio.Event()

    async def work(job: Job) -> None:
        if job is running:
            await go.wait()

    poller.work = work
    start(scheduler, poller, waiting, running)
    await poller.until(lambda: poller.polled == ["running"])
    scheduler.poll_now([waiting, running, job("unknown")])
    await poller.until(lambda: poller.polled == ["running", "waiting"])
    go.set()
    await poller.until(lambda: not poller.running.total())
    assert poller.polled == ["running", "waiting"]


async def test_a_clock_that_is_set_back_stops_neither_polls_nor_refreshes_nor_other_work(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was planned comes as soon as it would have: an hour's step is not waited for."""
    machine = time.time

    class SetBack(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(machine() + clock.now - began, tz)

    monkeypatch.setattr(base, "datetime", SetBack)
    monkeypatch.setattr(interval, "datetime", SetBack)
    monkeypatch.setattr("exporter.poll.scheduler.LOOK", 0.05)
    began, ticks = clock.now, 0

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        poller.happened.set()

    async def work(job: Job) -> None:
        job.status.refresh_at = clock.now + 1
        clock.now = began - HOUR

    poller.work = work
    soon = job("a", interval=1)
    scheduler.every(1, tick)
    start(scheduler, poller, soon)
    await poller.until(lambda: len(poller.polled) >= 2)
    await poller.until(lambda: bool(poller.refreshed) and ticks > 0)


async def test_stop_waits_for_running_polls(scheduler: Scheduler, poller: FakePoller) -> None:
    """A poll that ends within the grace is not cut off, and nothing starts after it."""
    ended = False
    go = asyncio.Event()

    async def work(job: Job) -> None:
        nonlocal ended
        await go.wait()
        ended = True

    poller.work = work
    start(scheduler, poller, job("a"))
    await poller.until(lambda: poller.running["a"] == 1)
    stopping = asyncio.create_task(scheduler.stop(SOON))
    await asyncio.sleep(0)
    assert not stopping.done()
    go.set()
    await asyncio.wait_for(stopping, SOON)
    assert ended
    assert poller.polled == ["a"]


async def test_stop_abandons_polls_that_take_too_long(
    scheduler: Scheduler, poller: FakePoller, caplog: pytest.LogCaptureFixture
) -> None:
    """When the grace is over they are cancelled, and that is over too when stop returns."""
    caplog.set_level("INFO", "exporter")
    cancelled = False

    async def work(job: Job) -> None:
        nonlocal cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    poller.work = work
    start(scheduler, poller, job("a"))
    await poller.until(lambda: poller.running["a"] == 1)
    await scheduler.stop(0.001)
    assert cancelled
    assert poller.running["a"] == 0
    assert 'msg="running polls were abandoned" count=1' in caplog.text


async def test_other_work_runs_besides_the_polls(scheduler: Scheduler, poller: FakePoller) -> None:
    """Again and again, for as long as the scheduler runs."""
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        poller.happened.set()

    start(scheduler, poller)
    scheduler.every(0.001, tick)
    await poller.until(lambda: ticks >= 2)


async def test_a_removed_stream_is_polled_no_more_and_the_others_go_on(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """Its running poll is waited for, and does not plan another; nor does one that was due."""
    clock.now -= DAY
    go = asyncio.Event()
    slow_until(poller, go)
    slow, due, quick = job("slow", interval=1), job("due", interval=1), job("quick", interval=1)
    start(scheduler, poller, slow, due, quick)
    await poller.until(lambda: poller.running["slow"] == 1)
    removing = asyncio.create_task(scheduler.remove([slow, due], SOON))
    await asyncio.sleep(0)
    assert not removing.done()
    go.set()
    await asyncio.wait_for(removing, SOON)
    polled = Counter(poller.polled)
    await poller.until(lambda: poller.polled.count("quick") >= polled["quick"] + 3)
    assert poller.polled.count("slow") == 1
    assert poller.polled.count("due") == polled["due"]


async def test_a_stream_that_is_removed_and_added_is_polled_once_at_a_time(
    scheduler: Scheduler, poller: FakePoller, clock: ManualClock
) -> None:
    """The former poll is over, here by being abandoned, before the next begins."""
    clock.now -= DAY

    async def work(job: Job) -> None:
        await asyncio.Event().wait()

    poller.work = work
    start(scheduler, poller, job("a"))
    await poller.until(lambda: poller.running["a"] == 1)
    await scheduler.remove([job("a")], 0.001)
    assert poller.running["a"] == 0
    scheduler.add([job("a")], cast(Poller, poller))
    await poller.until(lambda: poller.running["a"] == 1)
    assert poller.polled == ["a", "a"]
    assert poller.most["a"] == 1
