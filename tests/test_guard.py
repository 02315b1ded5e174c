"""What must be marked is seen, and nothing else."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.guard import SHORT, Guard

pytestmark = pytest.mark.process


def _forked() -> None:
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> Guard:
    """A guard of its own; how to sleep is put back after the test."""
    monkeypatch.setattr(asyncio, "sleep", asyncio.sleep)
    monkeypatch.setattr(time, "sleep", time.sleep)
    guard = Guard()
    guard.install()
    return guard


@pytest.mark.parametrize(
    "act",
    [
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: os.system("true"),
        _forked,
        lambda: time.sleep(2 * SHORT),
        lambda: asyncio.run(asyncio.sleep(2 * SHORT)),
    ],
    ids=["subprocess", "shell", "fork", "sleep", "asyncio"],
)
def test_processes_and_waits_are_seen(act: Callable[[], object], guard: Guard) -> None:
    """Only while it watches."""
    act()
    guard.watch()
    act()
    seen = guard.relent()
    assert len(seen) >= 1
    act()
    assert guard.relent() == seen


def test_what_takes_no_time_is_no_wait(guard: Guard) -> None:
    """Giving others a turn, and a sleep that was ended early."""

    async def turns() -> None:
        await asyncio.sleep(0)
        long = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        long.cancel()

    guard.watch()
    asyncio.run(turns())
    time.sleep(0)
    assert guard.relent() == []
