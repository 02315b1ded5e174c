"""However a search for odd answers fails: it is not begun again at each poll, and costs few requests."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from exporter.model import DAY, HOUR, Sample, Window
from exporter.poll.pieces import FAILURES, SEARCH_AGAIN
from exporter.streams import kit
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.poll.rig import NOON, TODAY, Rig
from tests.poll.test_odd_answers import WAYS, World

PAUSE = HOUR
MOST = 12
"""Requests of a search in a window of five days, with those for its halves."""
ANSWERS: dict[str, Exception | None] = {
    "422": kit.PollError("/things: a range needs a day that is over"),
    "500": kit.UnavailableError("/things: 500"),
    "a time-out": kit.UnavailableError("/things: no answer in 30 s"),
    "401": kit.UnauthorizedError("/things: 401"),
    "403": kit.ForbiddenError("/things: 403"),
    "404": kit.NotFoundError("/things: 404"),
    "429": kit.RateLimitedError("/things: used up", NOON + 30 * DAY),
    "another shape": kit.SchemaError("/things: cannot be read"),
    "an error of the stream's": TypeError("unsupported operand"),
    "nothing": None,
}


class SearchedWorld(World):
    """A vendor that gives another answer to whoever asks for a piece of a window, in each search one piece later."""

    def __init__(self, rig: Rig, way: str, answer: Exception | None) -> None:
        super().__init__(rig)
        self._read, self._answer = self.reads[way], answer
        self._in_piece = False
        self.is_well = False
        self.searches: dict[float, int] = {}
        """How many requests there were in each, by its time."""
        rig.reads["things"] = self._watched

    async def _watched(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        self._in_piece = source.window != source.poll_window
        async with aclosing(self._read(source)) as batches:
            async for batch in batches:
                yield batch

    def ask(self, window: Window, part: str = "") -> list[Sample]:
        if self.is_well or not self._in_piece:
            return super().ask(window, part)
        asked = self.searches[self.now] = self.searches.get(self.now, 0) + 1
        if asked < len(self.searches):
            return super().ask(window, part)
        if self._answer is not None:
            raise self._answer
        return []


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_search_is_not_begun_again_at_each_poll(rig: Rig, way: str, answer: str) -> None:
    """Once in six hours, whatever is answered in it; when all is well again, all is counted."""
    world = SearchedWorld(rig, way, ANSWERS[answer])
    job = rig.job(lookback=4 * DAY)
    await world.polls(job, 2)
    world.odd = {TODAY + DAY}
    hours = (FAILURES * PAUSE + 2 * SEARCH_AGAIN) / HOUR
    await world.polls(job, hours / 24, pause=PAUSE)
    assert 1 <= len(world.searches) <= 2
    parts = 2 if way == "a walk over parts" else 1
    assert max(world.searches.values()) <= MOST * parts
    world.odd, world.is_well = set(), True
    await world.polls(job, 2)
    assert (job.status.state, job.status.reason) == (kit.State.OK, "")
    assert await world.counted() == world.truth(parts)
