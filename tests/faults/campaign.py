"""A daemon's two targets of a form: one that meets faults, and its twin that meets none."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx

from exporter.client.errors import State
from exporter.model import MetricType
from exporter.poll.job import Job
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.world.traffic import Lag
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.clock import ManualClock
from tests.faults.forms import Form
from tests.faults.pair import SICK, WELL, Pair
from tests.faults.proxy import Proxy, pass_on
from tests.faults.refusals import OTHER_NAME
from tests.faults.table import Fault
from tests.faults.world import DEVELOPERS, SEED

START = 1_767_952_800.0
"""2026-01-09T10:00:00Z, a Friday."""
STEP = 2 * 3600
PATIENT, IMPATIENT = 60, 0.1
"""Seconds of silence that are borne; the second where a fault is that silence."""
MOST_REDIRECTS = 6
_OWN = ("github_rate_limit_", "github_api_subject_last_")
"""Gauges that differ by when they were asked for, or by how far back a poll after a failed one reads."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one stream made of one fault."""

    form: str
    stream: str
    fault: Fault
    state: State
    reason: str
    requests: int
    others: bool
    wrong: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """What breaks a promise."""
        if self.state in self.fault.states:
            return list(self.wrong)
        return [f"{self.state}: {self.reason}", *self.wrong]


class Campaign:
    """Runs faults one after the other in one process; open it as an async context."""

    def __init__(self, form: Form, directory: Path) -> None:
        self.form = form
        self.clock = ManualClock(START)
        self.world_clock = WorldClock(lambda: 0.0, start=START)
        self.world_clock.freeze()
        # A twin that reads later must find the same.
        settings = WorldSettings(SEED, DEVELOPERS, teams=2, lag=Lag(0, 60), priced_again=False)
        self.world = World(settings, self.world_clock)
        self._directory = directory
        self._resources = AsyncExitStack()

    async def __aenter__(self) -> "Campaign":
        simulator = Simulator(
            self.world,
            cursor=CursorOptions(requests_per_minute=None),
            github=GitHubOptions(requests_per_hour=None, legacy_copilot=True),
            wall=lambda: self.clock.now,
        )
        transport = httpx.ASGITransport(simulator)
        proxy = Proxy(transport, "http://127.0.0.1")
        self.sick = await self._resources.enter_async_context(proxy)
        proxy = Proxy(transport, "http://127.0.0.1")
        self.well = await self._resources.enter_async_context(proxy)
        self._pair = Pair(self.form, self._directory, self.clock)
        self._resources.push_async_callback(self._pair.close)
        await self._open(PATIENT)
        await self._poll(self._pair.jobs)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    def streams(self) -> list[str]:
        """The streams of the form."""
        return [job.key.stream for job in self._pair.jobs if job.key.account == SICK]

    async def run(self, fault: Fault, streams: Sequence[str]) -> list[Outcome]:
        """Poll some streams under a fault, lift it, and poll them again."""
        if fault.slow:
            await self._restart(IMPATIENT)
        met = {stream for stream in streams if fault.concerns(stream)}
        jobs = [job for job in self._pair.jobs if job.key.stream in met]
        sick = [job for job in jobs if job.key.account == SICK]
        well = [job for job in jobs if job.key.account == WELL]
        self._pass(STEP)
        before = {job.key.stream: await self._state(job) for job in sick}
        self.sick.spoil = fault.spoil
        others = asyncio.create_task(self._meet_all(well, self.well))
        told = await self._meet_all(sick, self.sick)
        usual = {stream: requests for stream, _, _, requests in await others}
        self.sick.spoil = pass_on
        wrong: dict[str, list[str]] = {}
        for job, twin in zip(sick, well, strict=True):
            right, found = await self._state(twin), await self._state(job)
            if fault.stale or not _answered(job):
                # What it committed before the fault met it is right; all else is as it was.
                right = _nearer(before[job.key.stream], right, found)
                right = _without_failed_parts(job, right, found)
            wrong[job.key.stream] = _differences("under it", right, found)
        healthy = all(map(_answered, well))
        self._check_requests(wrong)
        for stream, _, _, requests in told:
            most = 3 * usual[stream] + MOST_REDIRECTS + fault.pages
            if requests > most:
                wrong[stream].append(f"{requests} requests, where {most} are enough")
        if fault.slow:
            await self._restart(PATIENT)
        await self._recover(wrong)
        return [
            Outcome(
                self.form.name,
                stream,
                fault,
                state,
                reason,
                requests,
                healthy,
                tuple(wrong[stream]),
            )
            for stream, state, reason, requests in told
        ]

    async def _meet_all(
        self, jobs: Sequence[Job], proxy: Proxy
    ) -> list[tuple[str, State, str, int]]:
        """Poll one after the other; the state of each, the reason, and its requests."""
        told = []
        for job in jobs:
            before = len(proxy.asked)
            await self._pair.poller.poll(job)
            state = job.status.state
            assert state is not None
            told.append((job.key.stream, state, job.status.reason, len(proxy.asked) - before))
        return told

    def _check_requests(self, wrong: dict[str, list[str]]) -> None:
        """Never more than the vendor's limit, every one counted, no credential given away."""
        strays = [a for a in self.sick.asked if a.headers["host"].startswith(OTHER_NAME)]
        leaks = [asked.path for asked in strays if "authorization" in asked.headers]
        [budget] = {
            id(job.target_status): job.target_status.budget
            for job in self._pair.jobs
            if job.key.account == SICK
        }.values()
        assert budget is not None
        for problems in wrong.values():
            problems += [f"credential sent to another host: {path}" for path in leaks]
            problems += [
                f"{used.requests} requests in an hour to {used.group}, allowed {used.allowed:.0f}"
                for used in budget.used()
                if used.allowed is not None and used.requests > used.allowed
            ]

    async def _recover(self, wrong: dict[str, list[str]]) -> None:
        """Without the fault, at the time that the vendor named: both targets show the same."""
        jobs = [job for job in self._pair.jobs if job.key.stream in wrong]
        named = (job.status.retry_at or 0 for job in jobs)
        self._pass(max([self.clock.now + STEP, *named]) - self.clock.now + 1)
        await self._poll(jobs)
        sick = [job for job in jobs if job.key.account == SICK]
        well = [job for job in jobs if job.key.account == WELL]
        for job, twin in zip(sick, well, strict=True):
            problems = wrong[job.key.stream]
            if not _answered(job):
                problems.append(f"after it: {job.status.state}: {job.status.reason}")
            problems += _differences("after it", await self._state(twin), await self._state(job))

    async def _state(self, job: Job) -> dict[str, str]:
        """What the newest readings sum to: counters less what they owe or have of others, and the gauges.

        The counters alone may differ by what a twin saw while the other was ill, and the vendor has
        taken back since; and growth is counted under the name that a team had at that moment.
        """
        state = await self._pair.store.load(job.key)
        sums: dict[tuple[str, ...], Decimal] = {}
        values = {
            key: series.counter - series.debt - series.moved for key, series in state.ledger.items()
        }
        values |= {
            key: sum((Decimal(gauge.value) for gauge in gauges.values()), Decimal(0))
            for key, gauges in state.gauges.items()
        }
        for (metric, labels), value in values.items():
            if metric.startswith(_OWN):
                continue
            names = job.metrics[metric].labels
            kept = (one for name, one in zip(names, labels, strict=True) if name != "team_name")
            place = (metric, *kept)
            sums[place] = sums.get(place, Decimal(0)) + Decimal(value)
        return {", ".join(place): str(value.normalize()) for place, value in sums.items() if value}

    def _pass(self, seconds: float) -> None:
        self.clock.now += seconds
        self.world_clock.advance(self.clock.now - self.world_clock.time())

    async def _poll(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            await self._pair.poller.poll(job)

    async def _restart(self, silence: float) -> None:
        await self._pair.close()
        await self._open(silence)

    async def _open(self, silence: float) -> None:
        """Begin or go on; the well target is always waited for."""
        urls = {SICK: self.sick.url, WELL: self.well.url}
        await self._pair.open(urls, {SICK: silence, WELL: PATIENT})


def _answered(job: Job) -> bool:
    return job.status.state is not None and job.status.state.answered


def _nearer(before: dict[str, str], right: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    """What is right, or was before, whichever each series has."""
    names = before | right | found
    either = {n: (right if found.get(n) == right.get(n) else before).get(n) for n in names}
    return {name: value for name, value in either.items() if value is not None}


def _without_failed_parts(job: Job, right: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    """Gauges of an optional part that failed are absent, where the rest of the poll was read."""
    if not job.status.last_records:
        return right
    absent = {
        name
        for name in right.keys() - found.keys()
        if job.metrics[name.partition(", ")[0]].type is MetricType.GAUGE
    }
    return {name: value for name, value in right.items() if name not in absent}


def _differences(when: str, right: dict[str, str], found: dict[str, str]) -> list[str]:
    names = [name for name in sorted(right | found) if right.get(name) != found.get(name)]
    shown = "; ".join(f"{name} {right.get(name)} -> {found.get(name)}" for name in names[:3])
    return [f"{when} {len(names)} series are wrong, such as {shown}"] if names else []
