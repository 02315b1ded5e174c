"""Bodies in memory: many small ones at once, large ones one after the other."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from exporter.client.body_limit import LargeBodyLimit

SMALL = 10


class Body:
    """A body whose pieces come when the test says so."""

    def __init__(self, *pieces: bytes) -> None:
        self.given = 0
        self._pieces = pieces
        self._go = asyncio.Semaphore(0)

    def give(self, pieces: int) -> None:
        for _ in range(pieces):
            self._go.release()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            await self._go.acquire()
            self.given += 1
            yield piece


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def _read(room: LargeBodyLimit, body: Body, seconds: float | None = None) -> bytes:
    async with asyncio.timeout(seconds) as deadline:
        return await room.gather(aiter(body), deadline)


async def test_large_bodies_wait_for_each_other_and_small_ones_do_not() -> None:
    """Of the second large one no more than what makes it large is read until the first is whole."""
    room = LargeBodyLimit(SMALL)
    first, second, small = Body(b"a" * 11, b"b"), Body(b"c" * 11, b"d" * 9), Body(b"e" * 9)
    reading = [asyncio.create_task(_read(room, body)) for body in (first, second, small)]
    first.give(1)
    await _settled()
    second.give(2)
    small.give(1)
    await _settled()
    assert (first.given, second.given) == (1, 1)
    assert await reading[2] == b"e" * 9
    first.give(1)
    assert await reading[0] == b"a" * 11 + b"b"
    assert await reading[1] == b"c" * 11 + b"d" * 9


async def test_a_body_that_breaks_off_lets_the_next_one_in() -> None:
    """Whatever ends it."""
    room = LargeBodyLimit(SMALL)
    first, second = Body(b"a" * 11, b"b"), Body(b"c" * 11)
    reading = [asyncio.create_task(_read(room, body)) for body in (first, second)]
    first.give(1)
    await _settled()
    second.give(1)
    await _settled()
    reading[0].cancel()
    assert await reading[1] == b"c" * 11
    with pytest.raises(asyncio.CancelledError):
        await reading[0]


async def test_waiting_for_another_body_does_not_use_up_the_time() -> None:
    """A deadline that would have passed meanwhile is put off by as long."""
    room, loop = LargeBodyLimit(SMALL), asyncio.get_running_loop()
    first, second = Body(b"a" * 11, b"b"), Body(b"c" * 11)
    holding = asyncio.create_task(_read(room, first))
    first.give(1)
    await _settled()

    async def late() -> float:
        """By how much the deadline was put off, of the time that passed."""
        async with asyncio.timeout(3600) as deadline:
            before, began = deadline.when() or 0, loop.time()
            assert await room.gather(aiter(second), deadline) == b"c" * 11
            return ((deadline.when() or 0) - before) / (loop.time() - began)

    waiting = asyncio.create_task(late())
    second.give(1)
    await _settled()
    assert not waiting.done()
    first.give(1)
    await holding
    assert 0 < await waiting <= 1


async def test_a_deadline_ends_a_large_body_and_its_turn() -> None:
    """A vendor that says nothing more does not keep the turn for ever."""
    room, stuck, following = LargeBodyLimit(SMALL), Body(b"a" * 11, b"b"), Body(b"c" * 11)
    stuck.give(1)
    with pytest.raises(TimeoutError):
        await _read(room, stuck, 0.01)
    following.give(1)
    assert await _read(room, following) == b"c" * 11
