"""Walks over the partitions of an account, through the poller with a stream made of a function."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings

from exporter.client.errors import RateLimitedError
from exporter.model import DAY, HOUR, Coverage, Sample, floor
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.poll.test_poller import NOON, THINGS, Rig
from tests.vendors.interrupted import LOOKBACK, Vendor, steps

PARTS = ("a", "b", "c", "d")


class WalkedVendor(Vendor):
    """One with four parts that do the same; its quota ends between them."""

    async def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.records += 1
        for name in source.partitions(PARTS):
            self.answer(RateLimitedError("the quota is used up", retry_at=0))
            samples = [
                Sample(THINGS, (name,), self.told(day.start, day.start + DAY), day.start, name)
                for day in source.window.buckets(DAY)
            ]
            yield Batch(samples, [Coverage((THINGS,), source.window, name)], partition=name)


async def counted(directory: Path, polls: Sequence[tuple[int, int | None, int]]) -> None:
    rig = Rig(directory)
    rig.start()
    vendor = WalkedVendor(rig)
    first = floor(NOON - LOOKBACK, DAY)
    # The first of the last two may end a walk that began long ago.
    for passed, answers, wrong in [(0, None, 0), *polls, (HOUR, None, 0), (HOUR, None, 0)]:
        await vendor.poll(passed, answers, wrong)
        await rig.restart()
    assert await vendor.counted() == dict.fromkeys(PARTS, vendor.told(first, vendor.now))
    await rig.store.close()


@settings(max_examples=60, deadline=None)
@example([(DAY, 1, 0), (4 * DAY, None, 0)])
@example([(DAY, 2, 3 * DAY), (HOUR, None, 0), (4 * DAY, None, 0)])
@example([(HOUR, None, 0), (HOUR, None, 0), (16 * HOUR, None, 3 * DAY)])
@example([(DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0), (DAY, 1, 0)])
@given(steps)
def test_an_interrupted_walk_neither_adds_nor_loses(
    polls: list[tuple[int, int | None, int]],
) -> None:
    """However often the quota ends and however long nothing runs, every part is counted whole, once."""
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(counted(Path(directory), polls))
