"""One poll of one stream: from its window to the committed ledger and the board."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from exporter.client.client import Client
from exporter.client.errors import PollError, RateLimitedError, State
from exporter.clock import Clock
from exporter.exposition.exposition import Exposition
from exporter.log import broke
from exporter.model import MINUTE, Metric, SeriesKey, StreamKey, Window
from exporter.poll.erasure import without_people
from exporter.poll.exposure import Exposure
from exporter.poll.ledger import Counted, count, forget
from exporter.poll.transform.budget import Gathered, fold, gather
from exporter.poll.transform.groups import ALL_GROUPS, GroupLimit
from exporter.poll.transform.labels import LabelChoice
from exporter.poll.transform.privacy import Privacy
from exporter.poll.windows import Reach, next_horizon, window
from exporter.store.store import Changes, Gauge, Store, StoreError, StreamState
from exporter.telemetry.self_metrics import stream_families, target_families
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.vendors.base import AnyStream, Poll, Reading, StreamOptions, Target

_log = logging.getLogger(__name__)

_SUSPECT = frozenset({State.SCHEMA_ERROR, State.UNAVAILABLE, State.ERROR})
"""How a poll ends that may have kept answers which nobody can use."""


@dataclass(frozen=True, slots=True)
class Job:
    """One stream of one target, ready to be polled."""

    key: StreamKey
    target: Target
    stream: AnyStream
    options: StreamOptions
    client: Client
    status: StreamStatus
    target_status: TargetStatus

    @property
    def reach(self) -> Reach:
        return Reach(self.stream.bucket, self.options.lookback, self.stream.retention)

    @property
    def metrics(self) -> dict[str, Metric]:
        return {metric.name: metric for metric in self.stream.metrics}

    @property
    def labels(self) -> LabelChoice:
        return LabelChoice(self.options.drop_labels)


@dataclass(frozen=True, slots=True)
class Counting:
    """How polls count: `count_history` counts what the first read finds, else it is a baseline."""

    exposure: Exposure
    count_history: bool
    series_per_stream: int
    groups: GroupLimit = ALL_GROUPS


class Poller:
    """Polls streams; each poll is committed whole or changes nothing."""

    def __init__(
        self, store: Store, board: Exposition, privacy: Privacy, counting: Counting, clock: Clock
    ) -> None:
        self._store = store
        self._board = board
        self._privacy = privacy
        self._counting = counting
        self._clock = clock
        # What is on the page must be what was committed last, so committing and showing is one step.
        self._page: defaultdict[StreamKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def restore(self, job: Job) -> None:
        """Put what was counted before on the page, and take up the stream's status."""
        metrics = job.stream.metrics
        state = await without_people(self._store, job.key, metrics, self._privacy.fingerprint)
        status = job.status
        if state.last_success is not None:
            # A stream that goes on under other options keeps the state of its last poll.
            status.state = status.state or (State.EMPTY if state.empty else State.OK)
            status.last_success, status.data_until = state.last_success, state.data_until
        await self._show(job, state, job.metrics)
        await self.show_status(job)

    async def poll(self, job: Job) -> None:
        """Poll once; whatever goes wrong ends in the stream's status, never in an exception."""
        status = job.status
        started = self._clock.time()
        status.polls += 1
        status.polling_since = started
        try:
            while await self._read(job, self._clock.time()):
                await self.show_status(job)
        except PollError as error:
            retry_at = error.retry_at if isinstance(error, RateLimitedError) else None
            self._failed(job, error.state, str(error), retry_at)
        except StoreError as error:
            self._failed(job, State.ERROR, str(error))
        except Exception as error:  # noqa: BLE001  # one stream's bug must not stop the others
            broke(_log, f"poll of {job.key}", error)
            self._failed(job, State.ERROR, f"{type(error).__name__} (a bug; see the log)")
        finally:
            status.polling_since = None
            status.durations.observe(max(0.0, self._clock.time() - started))
        await self.show_status(job)

    async def refresh(self, job: Job) -> None:
        """Bring the page up to date with the time: ended birth holds, expired gauges."""
        async with self._page[job.key]:
            try:
                state = await self._store.load(job.key)
                released = self._counting.exposure.release(state, self._clock.time())
                if released:
                    await self._store.commit(job.key, state, Changes(frozenset(released), False))
            except StoreError as error:
                _log.warning("refresh of %s failed: reason=%r", job.key, str(error))
                job.status.refresh_at = self._clock.time() + MINUTE
                return
            await self._show(job, state, job.metrics)

    async def show_status(self, job: Job) -> None:
        """Bring the exporter's own metrics of a stream and its target up to date."""
        await self._board.put(f"{job.key}#status", stream_families(job.status))
        target = job.target_status
        await self._board.put(f"{target.vendor}/{target.account}", target_families(target))

    async def remove(self, job: Job) -> None:
        """Take a stream off the page; what was counted of it stays in the store."""
        await self._board.remove(str(job.key))
        await self._board.remove(f"{job.key}#status")
        target = job.target_status
        source = f"{target.vendor}/{target.account}"
        if target.streams:
            await self._board.put(source, target_families(target))
        else:
            await self._board.remove(source)

    def _failed(self, job: Job, state: State, reason: str, retry_at: float | None = None) -> None:
        if state in _SUSPECT:
            # A damaged answer came with the ETag of a good one, and would be "not modified" for good.
            job.client.forget()
        job.status.failed(state, reason, retry_at)
        _log.warning("poll of %s failed: state=%s reason=%r", job.key, state.value, reason)

    async def _read(self, job: Job, now: float) -> bool:
        """Read and commit once; whether the stream paused and goes on."""
        hidden = job.stream.hidden(people=self._privacy.shows_people)
        if hidden is not None:
            raise PollError(f"{job.stream.name} {hidden}")
        state = await self._store.load(job.key)
        wanted = _window(job.reach, now, state)
        reading = await job.stream.read(
            Poll(
                client=job.client,
                target=job.target,
                options=job.options,
                window=wanted,
                now=now,
                progress=state.progress,
                people=self._privacy.shows_people,
                tell=job.status.walked,
            )
        )
        counted, folded, gauges = await asyncio.to_thread(
            self._apply, job, state, reading, wanted, now
        )
        counted.changed |= self._counting.exposure.release(state, self._clock.time())
        touched = {name for name, _ in counted.changed} | gauges
        metrics = {name: metric for name, metric in job.metrics.items() if name in touched}
        async with self._page[job.key]:
            changes = Changes(frozenset(counted.changed), bool(gauges))
            await self._store.commit(job.key, state, changes)
            await self._show(job, state, metrics)
        status = job.status
        status.committed(reading.records)
        status.corrections += counted.corrections
        status.folded += folded
        status.last_folded = folded
        status.drifted(reading.drift)
        status.data_until = state.data_until
        _log.info("polled %s: records=%d window=%s", job.key, reading.records, wanted)
        if reading.interrupted is not None:
            raise reading.interrupted
        if reading.problem is not None:
            raise reading.problem
        if not reading.paused:
            status.succeeded(State.EMPTY if state.empty else State.OK, now)
        return reading.paused

    def _apply(
        self, job: Job, state: StreamState, reading: Reading, wanted: Window, now: float
    ) -> tuple[Counted, int, set[str]]:
        """Count a reading into the state; returns what it counted and folded, and the gauges it set."""
        coverage = self._privacy.covered(reading.coverage)
        samples = self._privacy.apply(reading.samples, reading.coverage)
        gathered, folded = fold(
            gather(job.labels.apply(self._counting.groups.apply(samples, reading.groups))),
            {*_shown(state.ledger, job), *_shown(_read_before(state, reading), job)},
            job.options.max_series or self._counting.series_per_stream,
        )
        covered = {
            metric.name
            for part in reading.coverage
            for metric in part.metrics
            if self._privacy.shows_people or not metric.people
        }
        fresh = (covered | {key[0] for key in gathered.counters}) - state.started
        state.horizon = wanted.start if state.horizon is None else state.horizon
        counted = count(
            state.ledger,
            gathered.counters,
            coverage,
            horizon=state.horizon,
            baseline=frozenset() if self._counting.count_history else fresh,
            # The birth hold begins here: a read may take longer than it.
            now=self._clock.time(),
        )
        gauges = _replace_gauges(state, gathered, reading, now)
        state.progress = reading.progress
        state.privacy = self._privacy.fingerprint
        if reading.data_until is not None:
            state.data_until = max(reading.data_until, state.data_until or 0)
        if not reading.unfinished:
            until = wanted.end if reading.read_until is None else reading.read_until
            _complete(state, job, Window(wanted.start, max(wanted.start, until)), fresh)
            if reading.problem is None:
                state.last_success = now
            state.empty = reading.records == 0
        return counted, folded, gauges

    async def _show(self, job: Job, state: StreamState, metrics: Mapping[str, Metric]) -> None:
        now = self._clock.time()
        exposure = self._counting.exposure
        job.status.series = len(_shown(state.ledger, job)) + len(_shown(state.gauges, job))
        job.status.refresh_at = exposure.next_change(state, now)
        families = await asyncio.to_thread(
            exposure.points, job.key, state, metrics, now, job.labels
        )
        await self._board.put(str(job.key), families)


def _window(reach: Reach, now: float, state: StreamState) -> Window:
    wanted = window(reach, now, state.read_until, state.horizon)
    if wanted.start > now:
        raise PollError(
            "the clock stands before what was already counted; set the clock right, or remove the "
            "state file to start counting afresh"
        )
    return wanted


def _shown(series: Mapping[SeriesKey, object], job: Job) -> Collection[SeriesKey]:
    """The series that have none of the labels that the stream drops."""
    if not job.options.drop_labels:
        return series.keys()
    metrics, choice = job.metrics, job.labels
    return {key for key in series if key[0] in metrics and choice.shows(metrics[key[0]], key[1])}


def _complete(state: StreamState, job: Job, wanted: Window, fresh: set[str]) -> None:
    """The whole window was read: the next one may begin later, and what is older is forgotten."""
    state.started |= fresh
    state.read_until = wanted.end
    if not state.ledger:
        # Nothing was counted that could be counted twice.
        state.horizon = None
        return
    newest = max((slot[0] for s in state.ledger.values() for slot in s.slots), default=None)
    state.horizon = next_horizon(job.reach, wanted, newest, state.horizon or wanted.start)
    forget(state.ledger, state.horizon)


def _replace_gauges(
    state: StreamState, gathered: Gathered, reading: Reading, now: float
) -> set[str]:
    """Take the gauges of a reading; returns the names of the metrics that it speaks for.

    What a complete reading does not have is gone; of several readings, what none of them had. What an
    earlier one read is a share of a series that other parts add to as well.
    """
    replaced = {metric.name for metric in reading.complete}
    replaced |= {key[0] for key in gathered.gauges}
    before = _read_before(state, reading)
    kept = {
        key: gauge
        for key, gauge in state.gauges.items()
        if reading.unfinished or key[0] not in replaced or key in before
    }
    by_part = {metric.name for metric in reading.by_part}
    fresh = {}
    for key, value in gathered.gauges.items():
        if key[0] in by_part and key in before:
            value = gathered.metrics[key[0]].merged(before[key].value, value)
        fresh[key] = Gauge(value, now)
    state.gauges = kept | fresh
    return replaced


def _read_before(state: StreamState, reading: Reading) -> dict[SeriesKey, Gauge]:
    """The gauges that earlier ones of several readings took."""
    if reading.began is None:
        return {}
    return {key: gauge for key, gauge in state.gauges.items() if gauge.read_at >= reading.began}
