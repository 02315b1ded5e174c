"""A window begins at the newest day that was told; what is out of reach before it was told is told itself."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import DAY, HOUR, Coverage, Sample, Window, floor
from exporter.poll.job import Job
from exporter.poll.told import cut, told_until
from exporter.poll.windows import Reach, window
from exporter.store.store import StreamState
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from exporter.telemetry.self_metrics import LEFT_OUT, LOST, stream_families
from tests.poll.rig import THINGS, TODAY, Rig

A_DAY = 10
RETENTION = 30
"""Days that the vendor of these tests still has."""


class Reports:
    """A vendor that publishes a report for each day, when it does.

    `zeros` says that an answer without a report means that nothing was used.
    """

    def __init__(self, rig: Rig, *, zeros: bool = False) -> None:
        self.rig = rig
        self.published: set[int] = set()
        self.zeros = zeros
        self.asked: list[Window] = []
        rig.reads["things"] = self.one_answer

    def publish(self, first: int, last: int) -> None:
        """The reports of days, counted from today."""
        self.published |= {TODAY + day * DAY for day in range(first, last + 1)}

    async def one_answer(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        self.asked.append(source.window)
        samples = [
            Sample(THINGS, ("all",), A_DAY, day.start)
            for day in source.window.buckets(DAY)
            if day.start in self.published
        ]
        source.records += len(samples)
        source.has_data(max((s.bucket or 0) + DAY for s in samples) if samples else None)
        covers = [
            Coverage((THINGS,), Window(s.bucket or 0, (s.bucket or 0) + DAY)) for s in samples
        ]
        yield Batch(samples, [Coverage((THINGS,), source.window)] if self.zeros else covers)

    async def day_by_day(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for day in source.days():
            self.asked.append(day)
            told = self.zeros or day.start in self.published
            samples = [Sample(THINGS, ("all",), A_DAY, day.start)] if told else []
            source.records += len(samples)
            source.has_data(day.end if samples else None)
            yield Batch(
                samples, [Coverage((THINGS,), day)] if told else (), partition=iso_day(day.start)
            )

    async def polls(self, job: Job, days: int) -> None:
        for _ in range(days):
            self.rig.clock.now += DAY
            await self.rig.poller.poll(job)

    async def late(self, job: Job) -> float:
        """Publish nothing for ten days, and then all of them: how much is counted of them."""
        self.publish(-2, 0)
        await self.rig.poller.poll(job)
        before = await self.counted()
        await self.polls(job, 10)
        self.publish(1, 10)
        await self.polls(job, 1)
        return await self.counted() - before

    async def counted(self) -> float:
        return sum((await self.rig.page()).values())


@pytest.mark.parametrize("way", ["one_answer", "day_by_day"])
async def test_days_that_are_published_late_are_counted(way: str, rig: Rig) -> None:
    """None for ten days, with a lookback of two, and then all of them."""
    vendor, job = Reports(rig), rig.job()
    rig.reads["things"] = getattr(vendor, way)
    assert await vendor.late(job) == 100
    assert (job.status.reason, job.status.lost) == ("", 0)
    await vendor.polls(job, 1)
    assert vendor.asked[-1].end - vendor.asked[-1].start <= 4 * DAY


async def test_days_without_usage_that_are_told_late_are_counted(rig: Rig) -> None:
    """Though the answers said in the meantime that nothing was used."""
    vendor, job = Reports(rig, zeros=True), rig.job()
    assert await vendor.late(job) == 100


async def test_days_that_are_out_of_reach_before_they_are_told_are_told_as_lost(rig: Rig) -> None:
    """Day by day, once each, for a day."""
    vendor, job = Reports(rig), rig.job()
    vendor.publish(-2, 0)
    await rig.poller.poll(job)
    await vendor.polls(job, RETENTION - 1)
    assert (job.status.reason, job.status.lost) == ("", 0)
    await vendor.polls(job, 3)
    assert job.status.lost == 2 * DAY
    assert job.status.reason == (
        "2026-01-07 was not told in time and is out of reach: it is not counted"
    )
    [lost] = stream_families(job.status)[LOST]
    assert lost.value == 2 * DAY


async def test_a_downtime_beyond_what_the_vendor_has_is_told(rig: Rig) -> None:
    """Also across a restart, by the first poll that has read the rest."""
    vendor, job = Reports(rig, zeros=True), rig.job()
    await rig.poller.poll(job)
    await rig.restart()
    job = rig.job()
    rig.clock.now += (RETENTION + 5) * DAY
    await rig.poller.poll(job)
    assert job.status.lost == 5 * DAY + 12 * HOUR
    assert job.status.reason.startswith("2026-01-05T12:00:00Z to 2026-01-11T00:00:00Z was not told")
    await vendor.polls(job, 1)
    assert (job.status.reason, job.status.lost) == ("", 5 * DAY + 12 * HOUR)
    [left_out] = stream_families(job.status)[LEFT_OUT]
    assert left_out.value == 0


async def test_an_account_without_usage_is_not_told_as_lost(rig: Rig) -> None:
    """Where answers say that nothing was used, and its window ends to grow."""
    vendor, job = Reports(rig, zeros=True), rig.job()
    job = replace(job, stream=replace(job.stream, silence=5 * DAY))
    vendor.publish(-2, 0)
    await rig.poller.poll(job)
    await vendor.polls(job, RETENTION + 10)
    assert (job.status.reason, job.status.lost) == ("", 0)
    assert vendor.asked[-1].end - vendor.asked[-1].start <= 7 * DAY


moments = st.floats(TODAY - 400 * DAY, TODAY + 10 * DAY)


@given(moments, st.none() | moments, st.none() | moments, moments, st.integers(0, 7 * DAY))
def test_no_time_is_lost_in_silence(
    now: float, told: float | None, data: float | None, read_until: float, lookback: int
) -> None:
    """What was not told is in the window, or is told as lost."""
    reach = Reach(DAY, lookback, RETENTION * DAY, 10 * DAY)
    state = StreamState(told_until=told, data_until=data, read_until=read_until)
    found = window(reach, now, read_until, None, told_until(reach, now, state))
    lost = cut(found.start, state)
    since = read_until if told is None else told
    assert found.start <= floor(since, DAY) or (lost == Window(int(since), found.start))
    assert lost is None or lost.end <= reach.oldest(now)
