"""Reading a window: piece by piece, and committed often enough."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeAlias

from exporter.clock import Clock
from exporter.model import MINUTE
from exporter.poll.reading import Reading
from exporter.streams.contract import Batch

MOST_BATCHES = 500
LONGEST_UNCOMMITTED = float(MINUTE)
"""A long walk is committed this often at least: it holds little, and a crash loses little of it."""

Commit: TypeAlias = Callable[[list[Batch]], Awaitable[None]]


async def read(reading: Reading, commit: Commit, clock: Clock) -> list[Batch]:
    """Read all pieces, or up to the first error; returns what of the last one is not committed yet."""
    pending: list[Batch] = []
    for piece in reading.pieces:
        with reading.reading(piece):
            pending = []
            pending = await _read_piece(reading, commit, clock)
            if reading.pieces.more:
                await commit(pending)
                pending = []
    return pending


async def _read_piece(reading: Reading, commit: Commit, clock: Clock) -> list[Batch]:
    """Read the piece that is next; what was found before an error is committed."""
    source = reading.source
    pending: list[Batch] = []
    since = clock.time()
    try:
        async with aclosing(reading.job.stream.read(source)) as batches:
            async for batch in batches:
                source.rejects.check(done=False)
                pending.append(reading.of_piece(batch))
                is_due = len(pending) >= MOST_BATCHES or clock.time() - since >= LONGEST_UNCOMMITTED
                if is_due and not source.rejects.undecided:
                    await commit(pending)
                    pending, since = [], clock.time()
        source.rejects.check(done=True)
    except Exception:
        if pending and not source.rejects.undecided:
            await commit(pending)
        raise
    return pending
