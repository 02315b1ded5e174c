"""One poll of one stream: from its window to the committed ledger and the page."""

import asyncio
from dataclasses import replace
from functools import partial

from structlog.contextvars import bound_contextvars

from exporter import log
from exporter.client.errors import PartsError, PollError, RateLimitedError, SchemaError, State
from exporter.clock import Clock
from exporter.exposition.exposition import Exposition
from exporter.model import Metric
from exporter.poll.commit import Applied, apply, complete
from exporter.poll.discard import discard, loaded
from exporter.poll.erasure import without_people
from exporter.poll.job import Counting, Job
from exporter.poll.pieces import Pieces
from exporter.poll.publisher import Publisher
from exporter.poll.reader import read
from exporter.poll.reading import Reading, begin
from exporter.poll.remarks import remark, remarks
from exporter.poll.telling import tell
from exporter.poll.told import told_until
from exporter.poll.transform.privacy import Privacy
from exporter.poll.windows import lookback_start, read_window
from exporter.store.store import Changes, Store, StoreError, StreamState
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from exporter.telemetry.status import PollOutcome

_log = log.logger(__name__)

_SUSPECT = frozenset({State.SCHEMA_ERROR, State.UNAVAILABLE, State.ERROR})
"""How a poll ends that may have kept answers which nobody can use."""


class Poller:
    """Polls streams. What a read yields is committed whole; what it did not yield changes nothing."""

    def __init__(
        self,
        store: Store,
        exposition: Exposition,
        privacy: Privacy,
        counting: Counting,
        clock: Clock,
    ) -> None:
        self.publisher = Publisher(store, exposition, counting.exposure, clock)
        self._store = store
        self._privacy = privacy
        self._counting = counting
        self._clock = clock

    async def restore(self, job: Job) -> None:
        """Put what was counted before on the page, and take up the stream's status."""
        metrics = job.stream.metrics
        state = await without_people(self._store, job.key, metrics, self._privacy)
        status = job.status
        if state.last_success is not None:
            # A stream that goes on under other options keeps the state of its last poll.
            status.state = status.state or (State.EMPTY if state.empty else State.OK)
            status.told = status.told or status.state
            status.last_success, status.data_until = state.last_success, state.data_until
            status.reason = status.reason or remarks(status, state.odd)
        await self.publisher.show(job, state, job.metrics)
        await self.publisher.show_status(job)

    async def poll(self, job: Job) -> PollOutcome:
        """Poll once; whatever goes wrong is in the outcome, never an exception.

        All that is logged meanwhile, also by the client, names vendor, account and stream.
        """
        with bound_contextvars(**job.key._asdict()):
            return await self._poll(job)

    async def _poll(self, job: Job) -> PollOutcome:
        began = self._clock.time()
        job.status.begin(began)
        try:
            outcome = await self._attempt(job)
        finally:
            # Also where it is abandoned: then there is no outcome.
            job.status.polling_since = None
        if outcome.succeeded_at is None:
            outcome = replace(outcome, failures_in_row=job.status.failures_in_row + 1)
        if outcome.state in _SUSPECT:
            # Drop cached ETags, or every later poll gets a 304 for the damaged body.
            job.client.forget()
        now = self._clock.time()
        tell(job, outcome, began, now)
        job.status.end(outcome, began, now)
        await self.publisher.show_status(job)
        return outcome

    async def _attempt(self, job: Job) -> PollOutcome:
        try:
            return await self._read(job)
        except PollError as error:
            told = job.stream.explain(error)
            retry_at = error.retry_at if isinstance(error, RateLimitedError) else None
            return PollOutcome(told.state, str(told), retry_at)
        except StoreError as error:
            return PollOutcome(State.ERROR, str(error))
        except Exception as error:  # noqa: BLE001  # one stream's bug must not stop the others
            log.broke(_log, "poll", error)
            return PollOutcome(State.ERROR, f"{type(error).__name__} (a bug; see the log)")

    async def _read(self, job: Job) -> PollOutcome:
        """Read to the end of the window, or to the first error; what was yielded before stays."""
        hidden = job.stream.hidden(people=self._privacy.shows_people)
        if hidden is not None:
            raise PollError(f"{job.stream.name} {hidden}")
        async with loaded(self._store, job.key) as state:
            return await self._read_into(job, state)

    async def _read_into(self, job: Job, state: StreamState) -> PollOutcome:
        now = self._clock.time()
        reach, known = job.reach, told_until(job.reach, now, state)
        pieces = Pieces(*read_window(reach, now, state, known), reach, state.odd, now)
        job.status.window = pieces.window
        source = Source(
            client=job.client,
            target=job.target,
            options=job.options,
            window=pieces.window,
            now=now,
            people=self._privacy.shows_people,
            memory=state.memory,
            tell=job.status.walked,
            explain=job.stream.explain,
            whole=pieces.window,
            lookback_start=lookback_start(reach, now, state.read_until, state.oldest_kept),
        )
        reading = begin(job, state, source, pieces)
        try:
            pending = await read(reading, partial(self._commit_part, reading), self._clock)
        except StoreError:
            raise
        except Exception as error:
            odd = isinstance(error, SchemaError | PartsError)
            # A search that fails otherwise is noted too: it may be what the vendor refuses, or what breaks the read.
            if job.stream.bucket is not None and (odd or pieces.searches):
                state.odd = pieces.failed(odd=odd)
                await self.publisher.commit(job, state, Changes(frozenset(), gauges=False), {})
            raise
        # A walk over nothing yields nothing; the partitions of an earlier one are gone all the same.
        reading.walked |= source.walks
        await self._commit(reading, pending, done=True)
        reason = remark(reading, self._clock.time())
        if source.problem is not None:
            raise source.problem
        return PollOutcome(State.EMPTY if state.empty else State.OK, reason, succeeded_at=now)

    async def _commit_part(self, reading: Reading, batches: list[Batch]) -> None:
        await self._commit(reading, batches, done=False)
        await self.publisher.show_status(reading.job)

    async def _commit(self, reading: Reading, batches: list[Batch], *, done: bool) -> None:
        """Count the batches and write them in one transaction; `done` says that the window was read."""
        job, state, source = reading.job, reading.state, reading.source
        applied, changes, metrics = await asyncio.to_thread(
            self._count, reading, batches, done=done
        )
        await self.publisher.commit(job, state, changes, metrics)
        await asyncio.to_thread(discard, batches)
        if uncounted := job.status.found_uncounted(source.uncounted):
            _log.warning("fields that hold numbers are not counted", fields=", ".join(uncounted))
        job.status.committed(
            source.records,
            corrections=applied.counted.corrections,
            folded=applied.folded,
            drift=source.drift,
            rejected=reading.rejected + source.rejects.fields,
            data_until=state.data_until,
        )

    def _count(
        self, reading: Reading, batches: list[Batch], *, done: bool
    ) -> tuple[Applied, Changes, dict[str, Metric]]:
        """Count the batches into the state: what came of them, what to write, and what to show."""
        job, state, source = reading.job, reading.state, reading.source
        applied = apply(reading, batches, self._privacy, self._counting, self._clock.time())
        gauges, started = applied.gauges, applied.started
        if source.data_until is not None:
            state.data_until = max(source.data_until, state.data_until or 0)
        reading.yielded |= bool(batches)
        # Where nothing is left of a walk, the poll that began it told whether there is something.
        if done and (reading.yielded or not reading.resumed):
            state.empty = source.records == 0
        if done:
            count_history = self._counting.count_history
            ended = self._clock.time()
            gauges |= complete(reading, ended, count_history=count_history)
            started |= reading.started
            if source.problem is None:
                state.last_success = reading.began
        changed = applied.counted.changed | self._counting.exposure.release(
            state, self._clock.time()
        )
        touched = {name for name, _ in changed} | gauges
        metrics = {name: metric for name, metric in job.metrics.items() if name in touched}
        changes = Changes(frozenset(changed), bool(gauges), started=frozenset(started))
        return applied, changes, metrics
