"""How much memory a walk takes: as much for many events as for few."""

import gc
import json
import tracemalloc
from pathlib import Path
from typing import Any

import httpx

from tests.streams.cursor.usage_events.case import CASE
from tests.streams.cursor.usage_events.test_usage_events import event
from tests.streams.harness import FakeVendor, Pipeline, answer

ON_A_PAGE = 20


class BusyTeam(FakeVendor):
    """Makes up the pages of the fixture's day as they are asked for, and keeps none."""

    def __init__(self, pages: int) -> None:
        super().__init__(CASE)
        self._pages = pages

    def __call__(self, request: httpx.Request) -> httpx.Response:
        gc.collect()  # what nobody holds is no part of what a walk takes
        asked = json.loads(request.content)
        here = asked["startDate"] <= 1_767_600_000_123 <= asked["endDate"]
        pages, page = self._pages if here else 0, asked["page"]
        rows: list[dict[str, Any]] = [event(chargedCents=0.125)] * (ON_A_PAGE if here else 0)
        return answer(
            {
                "totalUsageEventsCount": pages * ON_A_PAGE,
                "pagination": {"currentPage": page, "hasNextPage": page < pages},
                "usageEvents": rows,
            }
        )


async def _peak(directory: Path, pages: int) -> int:
    """The most bytes that a poll of so many pages took."""
    run = Pipeline(CASE, _made(directory), target={"requests_per_minute": 1_000_000})
    run.vendor = BusyTeam(pages)
    async with run:
        gc.collect()
        gc.freeze()
        tracemalloc.start()
        try:
            await run.poll()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            gc.unfreeze()
        assert run.status.last_records == pages * ON_A_PAGE
        return peak


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


async def test_memory_is_flat_in_the_number_of_events(tmp_path: Path) -> None:
    """Sums are kept, not events: four times as many take about as much."""
    await _peak(tmp_path / "warm", 1)
    few, many = await _peak(tmp_path / "few", 30), await _peak(tmp_path / "many", 120)
    assert many < few * 1.5
