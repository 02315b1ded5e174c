"""What of a stream is on the page: its counters and gauges as committed last, and its status."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from exporter import log
from exporter.clock import Clock
from exporter.exposition.exposition import Exposition
from exporter.model import MINUTE, Metric, StreamKey
from exporter.poll.discard import discard, loaded
from exporter.poll.exposure import Exposure
from exporter.poll.job import Job
from exporter.store.store import Changes, Store, StoreError, StreamState
from exporter.telemetry.self_metrics import stream_families, target_families

_log = log.logger(__name__)


class Publisher:
    """Commits the state of streams and puts it on the page."""

    def __init__(
        self, store: Store, exposition: Exposition, exposure: Exposure, clock: Clock
    ) -> None:
        self._store = store
        self._exposition = exposition
        self._exposure = exposure
        self._clock = clock
        # What is on the page must be what was committed last, so committing and showing is one step.
        self._page: defaultdict[StreamKey, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def commit(
        self, job: Job, state: StreamState, changes: Changes, metrics: Mapping[str, Metric]
    ) -> None:
        """Write what changed in one transaction, then show `metrics`, those that it touched."""
        async with self._page[job.key]:
            await self._store.commit(job.key, state, changes)
            await self.show(job, state, metrics)

    async def refresh(self, job: Job) -> None:
        """Bring the page up to date with the time: ended birth holds, expired gauges."""
        async with self._page[job.key]:
            try:
                async with loaded(self._store, job.key) as state:
                    released = await asyncio.to_thread(
                        self._exposure.release, state, self._clock.time()
                    )
                    if released:
                        changes = Changes(frozenset(released), False)
                        await self._store.commit(job.key, state, changes)
                    await self.show(job, state, job.metrics)
            except StoreError as error:
                _log.warning("refresh failed", **job.key._asdict(), reason=str(error))
                job.status.refresh_at = self._clock.time() + MINUTE

    async def show(self, job: Job, state: StreamState, metrics: Mapping[str, Metric]) -> None:
        """Put what was committed of `metrics` on the page."""
        now = self._clock.time()
        exposure = self._exposure
        job.status.series = len(job.shown(state.ledger)) + len(job.shown(state.gauges))
        job.status.refresh_at = await asyncio.to_thread(exposure.next_change, state, now)
        families = await asyncio.to_thread(
            exposure.points, job.key, state, metrics, now, job.labels
        )
        await self._exposition.put(job.key, families)
        await asyncio.to_thread(discard, *families.values())

    async def show_status(self, job: Job) -> None:
        """Bring the exporter's own metrics of a stream and its target up to date."""
        await self._exposition.put((*job.key, "status"), stream_families(job.status))
        target = job.target_status
        await self._exposition.put((target.vendor, target.account), target_families(target))

    async def remove(self, job: Job) -> None:
        """Take a stream off the page; what was counted of it stays in the store."""
        await self._exposition.remove(job.key)
        await self._exposition.remove((*job.key, "status"))
        target = job.target_status
        source = (target.vendor, target.account)
        if target.streams:
            await self._exposition.put(source, target_families(target))
        else:
            await self._exposition.remove(source)
