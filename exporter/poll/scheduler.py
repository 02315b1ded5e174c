"""When streams are polled: spread at the start, then each by its interval, never twice at once."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeAlias, TypeVar

from apscheduler.job import Job as Planned
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from exporter import log
from exporter.client.errors import State
from exporter.clock import Clock
from exporter.model import MINUTE, StreamKey
from exporter.poll.job import Job
from exporter.poll.poller import Poller
from exporter.poll.windows import first_poll, next_poll
from exporter.telemetry.status import PollOutcome

T = TypeVar("T")

_log = log.logger(__name__)

LOOK = 30.0
"""Seconds between two looks at the machine's clock."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stream:
    """A job and who polls it."""

    job: Job
    poller: Poller


_Work: TypeAlias = Callable[[_Stream], Coroutine[Any, Any, None]]


class Scheduler:
    """Runs pollers. A stream's next poll is planned when its last one has ended."""

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._streams: dict[StreamKey, _Stream] = {}
        self._running: dict[asyncio.Task[None], StreamKey | None] = {}
        self._besides: list[tuple[Planned, float]] = []
        self._look: asyncio.TimerHandle | None = None
        # A run that is late because the machine was busy or asleep is still due: by default
        # APScheduler drops it after one second.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def add(self, jobs: Sequence[Job], poller: Poller) -> None:
        """Have the streams polled, from `start` on."""
        added = [_Stream(job, poller) for job in jobs]
        self._streams |= {stream.job.key: stream for stream in added}
        if self._scheduler.running:
            self._plan_first(added)

    def start(self) -> None:
        """Plan the first poll of every stream."""
        self._plan_first(list(self._streams.values()))
        self._scheduler.start()
        self._look_again()

    def poll_now(self, jobs: Sequence[Job]) -> None:
        """Poll these streams next, whatever was planned; one that is being polled stays as it is."""
        streams = [self._streams[job.key] for job in jobs if job.key in self._streams]
        for stream in self._waiting(streams):
            self._plan_poll(stream, self._clock.time())

    async def remove(self, jobs: Sequence[Job], grace: float) -> None:
        """Poll these streams no more; give running polls `grace` seconds to end, then abandon them."""
        keys = {job.key for job in jobs}
        for key in keys & self._streams.keys():
            del self._streams[key]
            for name in (_poll_of(key), _refresh_of(key)):
                if self._scheduler.get_job(name) is not None:
                    self._scheduler.remove_job(name)
        await self._end([task for task, key in self._running.items() if key in keys], grace)

    def every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something besides polls, for as long as the scheduler runs."""

        async def begin() -> None:
            self._begin(work(), "between polls")

        planned = self._scheduler.add_job(begin, "interval", seconds=seconds)
        self._besides.append((planned, seconds))

    async def stop(self, grace: float) -> None:
        """Start nothing more; give running polls `grace` seconds to end, then abandon them."""
        if self._look is not None:
            self._look.cancel()
        self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # the shutdown itself is a callback of the loop
        await self._end(list(self._running), grace)

    async def _end(self, tasks: Collection[asyncio.Task[None]], grace: float) -> None:
        if not tasks:
            return
        _, unfinished = await asyncio.wait(tasks, timeout=grace)
        for task in unfinished:
            task.cancel()
        if unfinished:
            _log.info("running polls were abandoned", count=len(unfinished))
            await asyncio.wait(unfinished)

    def _look_again(self) -> None:
        """Plans are dates: after the clock was set back nothing would come due for that long."""
        loop = asyncio.get_running_loop()
        began, now = loop.time(), self._clock.time()

        def look() -> None:
            if self._clock.time() < now:
                step = now + loop.time() - began - self._clock.time()
                _log.warning("the clock was set back, and the plan with it", seconds=round(step))
                self._follow(step)
            self._look_again()

        self._look = loop.call_later(LOOK, look)

    def _follow(self, step: float) -> None:
        for stream in self._waiting(self._streams.values()):
            status = stream.job.status
            if status.next_poll is not None:
                self._plan_poll(stream, status.next_poll - step)
            if status.refresh_at is not None:
                status.refresh_at -= step
                self._plan_refresh(stream)
        for planned, seconds in self._besides:
            planned.reschedule("interval", seconds=seconds)

    def _waiting(self, streams: Iterable[_Stream]) -> list[_Stream]:
        """Those that are not being polled."""
        running = self._names
        return [stream for stream in streams if _poll_of(stream.job.key) not in running]

    @property
    def _names(self) -> set[str]:
        return {task.get_name() for task in self._running}

    def _plan_first(self, streams: Sequence[_Stream]) -> None:
        now = self._clock.time()
        for index, stream in enumerate(streams):
            job, status = stream.job, stream.job.status
            # Where polls failed, other options may be the remedy: that is found out at once.
            last = None if status.failures_in_row else status.last_success
            due = first_poll(index, len(streams), now, job.options.interval, last)
            self._plan_poll(stream, due)
            self._plan_refresh(stream)

    def _plan_poll(self, stream: _Stream, due: float) -> None:
        if self._has(stream):
            stream.job.status.next_poll = due
            self._plan(_poll_of(stream.job.key), due, self._poll, stream)

    def _plan_refresh(self, stream: _Stream) -> None:
        due = stream.job.status.refresh_at
        if due is not None and self._has(stream):
            self._plan(_refresh_of(stream.job.key), due, self._refresh, stream)

    def _has(self, stream: _Stream) -> bool:
        return self._streams.get(stream.job.key) is stream

    def _plan(self, name: str, due: float, work: _Work, stream: _Stream) -> None:
        async def begin() -> None:
            # It may have been removed, or begun for another reason, after it came due.
            if self._has(stream) and name not in self._names:
                self._begin(work(stream), name, stream.job.key)

        when = datetime.fromtimestamp(due, UTC)
        self._scheduler.add_job(begin, "date", run_date=when, id=name, replace_existing=True)

    def _begin(
        self, work: Coroutine[Any, Any, None], name: str, key: StreamKey | None = None
    ) -> None:
        # In a task of its own: what APScheduler itself runs is cancelled at a stop, and logged.
        task = asyncio.create_task(work, name=name)
        self._running[task] = key
        task.add_done_callback(self._running.pop)

    async def _poll(self, stream: _Stream) -> None:
        started, job = self._clock.time(), stream.job
        outcome = await self._guarded(job, "poll", stream.poller.poll(job))
        outcome = outcome or PollOutcome(State.ERROR, failures_in_row=1)
        now = self._clock.time()
        due = next_poll(
            outcome.state,
            min(started, now),
            now,
            job.options.interval,
            failures=outcome.failures_in_row,
            retry_at=outcome.retry_at,
            random=self._random,
        )
        self._plan_poll(stream, due)
        self._plan_refresh(stream)

    async def _refresh(self, stream: _Stream) -> None:
        job = stream.job
        # Where it breaks before it knows better, it is tried again soon.
        job.status.refresh_at = self._clock.time() + MINUTE
        await self._guarded(job, "refresh", stream.poller.publisher.refresh(job))
        self._plan_refresh(stream)

    async def _guarded(self, job: Job, doing: str, work: Awaitable[T]) -> T | None:
        """What the work gives; what breaks must not keep the stream from being polled again."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001
            log.broke(_log.bind(**job.key._asdict()), doing, error)
            return None


def _poll_of(key: StreamKey) -> str:
    return f"poll {key}"


def _refresh_of(key: StreamKey) -> str:
    return f"refresh {key}"
