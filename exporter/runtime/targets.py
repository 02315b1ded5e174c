"""All targets that run, and how they are brought to another configuration."""

import asyncio
from collections.abc import Collection, Mapping
from random import Random
from typing import NamedTuple, TypeAlias

from exporter import log
from exporter.client.body_limit import LargeBodyLimit
from exporter.clock import Clock
from exporter.config.blocks import Config
from exporter.exposition import catalogue
from exporter.exposition.exposition import Exposition
from exporter.model import StreamKey
from exporter.poll.erasure import without_people
from exporter.poll.job import Job
from exporter.poll.poller import Poller
from exporter.poll.scheduler import Scheduler
from exporter.runtime import target as running_target
from exporter.runtime.policy import CollectionPolicy
from exporter.runtime.target import RunningTarget
from exporter.store.store import Store, StoreError
from exporter.telemetry.status import TargetStatus

_log = log.logger(__name__)

GRACE = 3.0
"""Seconds that running polls are given to end."""

_ByAccount: TypeAlias = dict[tuple[str, str], RunningTarget]


class Difference(NamedTuple):
    """How many streams a change of the configuration added, changed and removed."""

    added: int
    changed: int
    removed: int


class Targets:
    """The targets that run, none before the first `change`.

    A stream that a change leaves as it is keeps its client, its plan and its running poll. One that
    it changes begins anew as after a restart, from what the store has of it. `birth_hold` replaces
    the configured one.
    """

    def __init__(
        self,
        store: Store,
        exposition: Exposition,
        scheduler: Scheduler,
        policy: CollectionPolicy,
        clock: Clock,
        random: Random,
        birth_hold: int | None = None,
    ) -> None:
        self._store = store
        self._exposition = exposition
        self._scheduler = scheduler
        self._clock = clock
        self._random = random
        self._birth_hold = birth_hold
        self._policy = policy
        self._large_bodies = LargeBodyLimit()
        self._poller = self._poller_of(policy)
        self._running: _ByAccount = {}
        self._ready = False
        self._turn = asyncio.Lock()

    @property
    def targets(self) -> list[TargetStatus]:
        """In the order of the configuration."""
        return [each.status for each in self._running.values()]

    @property
    def jobs(self) -> list[Job]:
        return list(_jobs(self._running).values())

    @property
    def ready(self) -> bool:
        """Whether every stream's first poll has begun or is planned; no later change undoes it."""
        self._ready = self._ready or all(target.planned for target in self.targets)
        return self._ready

    async def change(self, config: Config, policy: CollectionPolicy) -> Difference:
        """Run what the configuration says; after an error all goes on as before.

        What was refused before is tried again at once. Raises ConfigError for a target that cannot be
        connected, and StoreError.
        """
        async with self._turn:
            former, running = self._running, _ByAccount()
            keep_jobs = policy.same(self._policy)
            try:
                for target in config.targets:
                    key = (target.vendor, target.account)
                    running[key] = running_target.create(
                        target,
                        former.get(key),
                        self._clock,
                        self._random,
                        self._large_bodies,
                        keep_jobs=keep_jobs,
                    )
                difference = await self._switch(running, policy)
                self._scheduler.poll_now([job for each in running.values() for job in each.refused])
                return difference
            finally:
                await self._close_unused(former, running)

    async def show_running(self) -> None:
        """Bring what the page says of running polls up to date."""
        async with self._turn:
            for job in self.jobs:
                if job.status.polling_since is not None:
                    await self._poller.publisher.show_status(job)

    async def retry_renewed(self) -> None:
        """Poll refused streams at once where a file with the secret has changed."""
        async with self._turn:
            for each in self._running.values():
                refused = each.refused
                if refused and each.secrets.changed():
                    self._scheduler.poll_now(refused)

    async def poll_once(self) -> None:
        """Poll every stream once, without a plan."""
        await asyncio.gather(*(self._poller.poll(job) for job in self.jobs))

    async def close(self) -> None:
        """Close the connections."""
        former, self._running = self._running, {}
        await self._close_unused(former)

    async def _switch(self, running: _ByAccount, policy: CollectionPolicy) -> Difference:
        before, after = _jobs(self._running), _jobs(running)
        ended = [job for key, job in before.items() if after.get(key) is not job]
        begun = [job for key, job in after.items() if before.get(key) is not job]
        poller = self._poller_of(policy)
        await self._scheduler.remove(ended, GRACE)
        _hand_over(self._running, running)
        try:
            for job in begun:
                await poller.restore(job)
        except Exception:
            _hand_over(running, self._running)
            for key in after.keys() - before.keys():
                await self._poller.publisher.remove(after[key])
            for job in ended:
                await self._poller.publisher.show_status(job)
            self._scheduler.add(ended, self._poller)
            raise
        self._running, self._policy, self._poller = running, policy, poller
        removed = before.keys() - after.keys()
        for key in removed:
            await poller.publisher.remove(before[key])
        self._scheduler.add(begun, poller)
        await self._erase_idle(after.keys())
        return Difference(
            added=len(after.keys() - before.keys()),
            changed=len(ended) - len(removed),
            removed=len(removed),
        )

    async def _erase_idle(self, running: Collection[StreamKey]) -> None:
        """Take people out of the state of streams that do not run, where the setting has changed."""
        fingerprint = self._policy.privacy.fingerprint
        try:
            for key, made_under in (await self._store.fingerprints()).items():
                if key not in running and made_under not in ("", fingerprint):
                    metrics = catalogue.metrics_of(key)
                    await without_people(self._store, key, metrics, self._policy.privacy)
        except StoreError as error:
            _log.warning(
                "people may stay in the state of streams that do not run", reason=str(error)
            )

    def _poller_of(self, policy: CollectionPolicy) -> Poller:
        counting = policy.counting_since(self._clock.time(), self._birth_hold)
        return Poller(self._store, self._exposition, policy.privacy, counting, self._clock)

    async def _close_unused(self, *former: _ByAccount) -> None:
        used = {id(each.connection) for each in self._running.values()}
        unused = {
            id(each.connection): each.connection
            for running in former
            for each in running.values()
            if id(each.connection) not in used
        }
        for connection in unused.values():
            await connection.close()


def _jobs(running: Mapping[tuple[str, str], RunningTarget]) -> dict[StreamKey, Job]:
    return {key: job for each in running.values() for key, job in each.jobs.items()}


def _hand_over(former: _ByAccount, running: _ByAccount) -> None:
    for key in former.keys() - running.keys():
        former[key].end()
    for each in running.values():
        each.begin()
