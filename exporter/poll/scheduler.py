"""When streams are polled: spread at the start, then each by its interval, never twice at once."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from exporter.client.errors import State
from exporter.clock import Clock
from exporter.poll.poller import Job, Poller
from exporter.poll.windows import first_poll, next_poll

_log = logging.getLogger(__name__)


class Scheduler:
    """Runs the poller. A stream's next poll is planned when its last one has ended."""

    def __init__(self, poller: Poller, clock: Clock, random: Random) -> None:
        self._poller = poller
        self._clock = clock
        self._random = random
        self._running: set[asyncio.Task[None]] = set()
        # A run that is late because the machine was busy or asleep is still due: by default
        # APScheduler drops it after one second.
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self, jobs: Sequence[Job]) -> None:
        """Plan the first poll of every job."""
        now = self._clock.time()
        for index, job in enumerate(jobs):
            status = job.status
            due = first_poll(index, len(jobs), now, job.options.interval, status.last_success)
            self._plan_poll(job, due)
            self._plan_refresh(job)
        self._scheduler.start()

    def every(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run something besides polls, for as long as the scheduler runs."""

        async def begin() -> None:
            self._begin(work(), "between polls")

        self._scheduler.add_job(begin, "interval", seconds=seconds)

    async def stop(self, grace: float) -> None:
        """Start nothing more; give running polls `grace` seconds to end, then abandon them."""
        self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # the shutdown itself is a callback of the loop
        if not self._running:
            return
        _, unfinished = await asyncio.wait(self._running, timeout=grace)
        for task in unfinished:
            task.cancel()
        if unfinished:
            _log.info("abandoned running polls: count=%d", len(unfinished))
            await asyncio.wait(unfinished)

    def _plan_poll(self, job: Job, due: float) -> None:
        job.status.next_poll = due
        self._plan(f"poll {job.key}", due, self._poll, job)

    def _plan_refresh(self, job: Job) -> None:
        if job.status.refresh_at is not None:
            self._plan(f"refresh {job.key}", job.status.refresh_at, self._refresh, job)

    def _plan(
        self, name: str, due: float, work: Callable[[Job], Coroutine[Any, Any, None]], job: Job
    ) -> None:
        async def begin() -> None:
            self._begin(work(job), name)

        when = datetime.fromtimestamp(due, UTC)
        self._scheduler.add_job(begin, "date", run_date=when, id=name, replace_existing=True)

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        # In a task of its own: what APScheduler itself runs is cancelled at a stop, and logged.
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _poll(self, job: Job) -> None:
        started = self._clock.time()
        await self._poller.poll(job)
        status = job.status
        due = next_poll(
            status.state or State.ERROR,
            started,
            self._clock.time(),
            job.options.interval,
            failures=status.failures_in_row,
            retry_at=status.retry_at,
            random=self._random,
        )
        self._plan_poll(job, due)
        self._plan_refresh(job)

    async def _refresh(self, job: Job) -> None:
        await self._poller.refresh(job)
        self._plan_refresh(job)
