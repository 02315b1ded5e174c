"""All targets that run, and how they are brought to another configuration."""

import asyncio
import logging
from collections.abc import Collection, Mapping
from random import Random
from typing import NamedTuple, TypeAlias

from exporter import account, catalogue
from exporter.account import Account
from exporter.board.board import Board
from exporter.client.room import Room
from exporter.clock import Clock
from exporter.config import Config
from exporter.model import StreamKey
from exporter.poll.erasure import without_people
from exporter.poll.poller import Job, Poller
from exporter.poll.scheduler import Scheduler
from exporter.rules import Rules
from exporter.status import TargetStatus
from exporter.store.store import Store, StoreError

_log = logging.getLogger(__name__)

GRACE = 3.0
"""Seconds that running polls are given to end."""

_Accounts: TypeAlias = dict[tuple[str, str], Account]


class Difference(NamedTuple):
    """How many streams a change of the configuration added, changed and removed."""

    added: int
    changed: int
    removed: int


class Fleet:
    """The targets that run, none before the first `change`.

    A stream that a change leaves as it is keeps its client, its plan and its running poll. One that
    it changes begins anew as after a restart, from what the store has of it. `birth_hold` replaces
    the configured one.
    """

    def __init__(
        self,
        store: Store,
        board: Board,
        scheduler: Scheduler,
        rules: Rules,
        clock: Clock,
        random: Random,
        birth_hold: int | None = None,
    ) -> None:
        self._store = store
        self._board = board
        self._scheduler = scheduler
        self._clock = clock
        self._random = random
        self._birth_hold = birth_hold
        self._rules = rules
        self._room = Room()
        self._poller = self._poller_of(rules)
        self._accounts: _Accounts = {}
        self._ready = False
        self._turn = asyncio.Lock()

    @property
    def targets(self) -> list[TargetStatus]:
        """In the order of the configuration."""
        return [account.status for account in self._accounts.values()]

    @property
    def jobs(self) -> list[Job]:
        return list(_jobs(self._accounts).values())

    @property
    def ready(self) -> bool:
        """Whether every target was polled or has failed once; what a change adds does not undo it."""
        self._ready = self._ready or all(target.polled for target in self.targets)
        return self._ready

    async def change(self, config: Config, rules: Rules) -> Difference:
        """Run what the configuration says; after an error all runs on as before.

        What was refused before is tried again at once. Raises ConfigError for a target that cannot be
        connected, and StoreError.
        """
        async with self._turn:
            former, accounts = self._accounts, _Accounts()
            keep_jobs = rules.same(self._rules)
            try:
                for target in config.targets:
                    key = (target.vendor, target.account)
                    accounts[key] = account.create(
                        target,
                        former.get(key),
                        self._clock,
                        self._random,
                        self._room,
                        keep_jobs=keep_jobs,
                    )
                difference = await self._switch(accounts, rules)
                self._scheduler.hurry([job for each in accounts.values() for job in each.refused])
                return difference
            finally:
                await self._close_unused(former, accounts)

    async def show_running(self) -> None:
        """Bring what the page says of running polls up to date."""
        async with self._turn:
            for job in self.jobs:
                if job.status.polling_since is not None:
                    await self._poller.show_status(job)

    async def retry_renewed(self) -> None:
        """Try at once what was refused where a secret file has changed."""
        async with self._turn:
            for each in self._accounts.values():
                refused = each.refused
                if refused and each.secrets.changed():
                    self._scheduler.hurry(refused)

    async def poll_once(self) -> None:
        """Poll every stream once, without a plan."""
        await asyncio.gather(*(self._poller.poll(job) for job in self.jobs))

    async def close(self) -> None:
        """Close the connections."""
        former, self._accounts = self._accounts, {}
        await self._close_unused(former)

    async def _switch(self, accounts: _Accounts, rules: Rules) -> Difference:
        before, after = _jobs(self._accounts), _jobs(accounts)
        ended = [job for key, job in before.items() if after.get(key) is not job]
        begun = [job for key, job in after.items() if before.get(key) is not job]
        poller = self._poller_of(rules)
        await self._scheduler.remove(ended, GRACE)
        _hand_over(self._accounts, accounts)
        try:
            for job in begun:
                await poller.restore(job)
        except Exception:
            _hand_over(accounts, self._accounts)
            for key in after.keys() - before.keys():
                await self._poller.remove(after[key])
            for job in ended:
                await self._poller.show_status(job)
            self._scheduler.add(ended, self._poller)
            raise
        self._accounts, self._rules, self._poller = accounts, rules, poller
        removed = before.keys() - after.keys()
        for key in removed:
            await poller.remove(before[key])
        self._scheduler.add(begun, poller)
        await self._erase_idle(after.keys())
        return Difference(
            added=len(after.keys() - before.keys()),
            changed=len(ended) - len(removed),
            removed=len(removed),
        )

    async def _erase_idle(self, running: Collection[StreamKey]) -> None:
        """Take people out of the state of streams that do not run, where the setting has changed."""
        fingerprint = self._rules.privacy.fingerprint
        try:
            for key, made_under in (await self._store.fingerprints()).items():
                if key not in running and made_under not in ("", fingerprint):
                    metrics = catalogue.metrics_of(key)
                    await without_people(self._store, key, metrics, fingerprint)
        except StoreError as error:
            _log.warning("people may stay in the state of streams that do not run: %s", error)

    def _poller_of(self, rules: Rules) -> Poller:
        counting = rules.counting_since(self._clock.time(), self._birth_hold)
        return Poller(self._store, self._board, rules.privacy, counting, self._clock)

    async def _close_unused(self, *former: _Accounts) -> None:
        used = {id(account.connection) for account in self._accounts.values()}
        unused = {
            id(account.connection): account.connection
            for accounts in former
            for account in accounts.values()
            if id(account.connection) not in used
        }
        for connection in unused.values():
            await connection.close()


def _jobs(accounts: Mapping[tuple[str, str], Account]) -> dict[StreamKey, Job]:
    return {key: job for account in accounts.values() for key, job in account.jobs.items()}


def _hand_over(former: _Accounts, accounts: _Accounts) -> None:
    for key in former.keys() - accounts.keys():
        former[key].end()
    for each in accounts.values():
        each.begin()
