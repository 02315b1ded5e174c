"""A clock that is set forward and back: what is counted is what happened, and nothing is forgotten."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.model import DAY, HOUR, Coverage, Sample, floor
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests import one_thread
from tests.poll.rig import NOON, THINGS, TODAY, Rig, gives
from tests.state_file import new_directory

LOOKBACK = 2 * DAY

steps = st.lists(
    st.tuples(
        st.integers(HOUR, LOOKBACK),
        st.sampled_from([0, 0, 0, 2 * HOUR, DAY, 5 * DAY, 40 * DAY, -HOUR, -5 * DAY]),
    ),
    max_size=8,
)
"""How long after the poll before, and by how much the clock is wrong."""


class Vendor:
    """Something happens every hour; the vendor's own clock is right."""

    def __init__(self) -> None:
        self.now = NOON

    def things(self, start: float, end: float) -> dict[int, int]:
        """By day, what happened from `start` to `end` and before now."""
        found: dict[int, int] = {}
        for hour in range(floor(start, HOUR), int(min(end, self.now)), HOUR):
            if hour >= start:
                found[floor(hour, DAY)] = found.get(floor(hour, DAY), 0) + 1
        return found

    async def read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        found = self.things(source.window.start, source.window.end)
        source.records += len(found)
        yield Batch(
            [Sample(THINGS, ("a",), value, day) for day, value in found.items()],
            covers=[Coverage((THINGS,), source.window)],
        )


async def counted(directory: Path, polls: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """What is counted after polls by clocks right and wrong and one by a right one; and the truth."""
    rig, vendor = Rig(directory), Vendor()
    rig.start()
    rig.reads["things"] = vendor.read
    job = rig.job(lookback=LOOKBACK)
    first = floor(NOON - LOOKBACK, DAY)
    for passed, wrong in [(0, 0), *polls, (HOUR, 0)]:
        vendor.now += passed
        rig.clock.now = vendor.now + wrong
        await rig.poller.poll(job)
    assert job.status.state is State.OK, job.status.reason
    state = await rig.store.load(job.key)
    [series] = state.ledger.values()
    await rig.store.close()
    return float(series.counter - series.debt), sum(vendor.things(first, vendor.now).values())


@settings(max_examples=60, deadline=None)
@example([(HOUR, 5 * DAY), (HOUR, 0)])
@example([(HOUR, 0), (HOUR, 5 * DAY), (10 * HOUR + 1, -5 * DAY), (2 * DAY, 5 * DAY)])
@example([(HOUR, 40 * DAY), (LOOKBACK, -5 * DAY), (HOUR, 2 * HOUR)])
@given(steps)
def test_wrong_clocks_neither_add_nor_lose(polls: list[tuple[int, int]]) -> None:
    """Whatever the clock said between, a poll by a right one has counted everything, once."""
    with new_directory() as directory:
        found, true = one_thread.run(counted(directory, polls))
    assert found == true


async def test_a_first_poll_by_a_clock_far_ahead_does_not_stop_the_stream(tmp_path: Path) -> None:
    """Nothing was counted, so nothing can be counted twice."""
    rig, vendor = Rig(tmp_path), Vendor()
    rig.start()
    rig.reads["things"] = vendor.read
    job = rig.job(lookback=LOOKBACK)
    rig.clock.now = NOON + 20 * DAY
    await rig.poller.poll(job)
    rig.clock.now = NOON
    await rig.poller.poll(job)
    assert job.status.state is State.OK
    assert await rig.page() == {(THINGS.name, "a"): 60}
    await rig.store.close()


async def test_a_series_born_by_a_clock_far_ahead_is_not_held_until_then(tmp_path: Path) -> None:
    """Its hold begins again when the clock is right, also in a process that started ahead."""
    rig = Rig(tmp_path)
    rig.clock.now = NOON + 5 * DAY
    rig.start(birth_hold=120)
    rig.reads["things"] = gives({("a", 0): 7})
    job = rig.job(lookback=6 * DAY)
    await rig.poller.poll(job)
    rig.clock.now = NOON
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(THINGS.name, "a"): 0}
    rig.clock.now = NOON + 120
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(THINGS.name, "a"): 7}
    await rig.store.close()


async def test_after_a_quiet_time_one_read_goes_back_to_the_end_of_it(tmp_path: Path) -> None:
    """A clock far ahead leaves out days just like a quiet time: they are read once, then forgotten."""
    rig, days, starts = Rig(tmp_path), {0, 9, 10, 11}, []

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        starts.append((source.window.start - TODAY) // DAY)
        found = [TODAY + day * DAY for day in days if TODAY + day * DAY in source.window]
        source.records += len(found)
        yield Batch(
            [Sample(THINGS, ("a",), 1, day) for day in found],
            covers=[Coverage((THINGS,), source.window)],
        )

    rig.start()
    rig.reads["things"] = read
    job = rig.job(lookback=LOOKBACK)
    for _ in range(12):
        await rig.poller.poll(job)
        rig.clock.now += DAY
    assert starts == [-2, -2, -1, 0, 1, 2, 3, 4, 5, 6, 0, 8]
    state = await rig.store.load(job.key)
    assert sorted(slot.bucket for s in state.ledger.values() for slot in s.slots) == [
        TODAY + day * DAY for day in (9, 10, 11)
    ]
    await rig.store.close()
