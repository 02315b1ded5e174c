"""One poll, from its window to the committed ledger and the page, with streams made of functions."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import pytest

from exporter.client.errors import ForbiddenError, RateLimitedError, State, UnavailableError
from exporter.model import DAY, HOUR, Coverage, Sample, StreamKey
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import Changes, StoreError, StreamState
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from exporter.telemetry.status import TargetStatus
from tests.poll.rig import NOON, SEATS, THINGS, TODAY, Read, Rig, gives, raises


@pytest.mark.parametrize(("count_history", "first"), [(False, 0), (True, 11)])
async def test_the_first_poll_counts_the_lookback_or_takes_it_as_the_baseline(
    count_history: bool, first: int, rig: Rig
) -> None:
    """Either way what grows afterwards is counted to the unit, on old days and new."""
    await rig.restart(count_history=count_history)
    job = rig.job()
    rig.reads["things"] = gives({("a", -1): 4, ("a", 0): 7})
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): first}
    rig.reads["things"] = gives({("a", -1): 5, ("a", 0): 9, ("b", 0): 2})
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): first + 3, (THINGS.name, "b"): 2}


async def test_what_a_sound_answer_may_hide_is_the_reason_of_a_good_poll(rig: Rig) -> None:
    """Said once, with what to do about it, and no longer when there is nothing to say."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.records += 1
        for _ in range(said):
            source.remark("nobody is there", "look elsewhere")
        yield Batch([])

    rig.reads["things"], job = read, rig.job()
    for times, reason in ((2, "nobody is there; look elsewhere"), (0, "")):
        said = times
        await rig.poller.poll(job)
        assert (job.status.state, job.status.reason) == (State.OK, reason)


async def test_a_first_poll_that_fails_leaves_the_baseline_to_the_next(rig: Rig) -> None:
    """Otherwise the whole history would be counted as growth."""
    await rig.restart(count_history=False)
    job = rig.job()
    for read, expected in (
        (raises(UnavailableError("GET /things: down")), {}),
        (gives({("a", 0): 100}), {(THINGS.name, "a"): 0}),
        (gives({("a", 0): 101}), {(THINGS.name, "a"): 1}),
    ):
        rig.reads["things"] = read
        await rig.poller.poll(job)
        assert await rig.page() == expected


@pytest.mark.parametrize("count_history", [False, True])
async def test_a_restart_continues_to_the_unit(count_history: bool, rig: Rig) -> None:
    """The page is there at once as it was, and the next poll adds only what grew."""
    await rig.restart(count_history=count_history)
    rig.reads["things"] = gives({("a", 0): 7}, {"pro": 3})
    await rig.poller.poll(rig.job())
    rig.reads["things"] = gives({("a", 0): 9}, {"pro": 3})
    await rig.poller.poll(rig.job())
    before = await rig.page()

    await rig.restart(count_history=count_history)
    job = rig.job()
    await rig.poller.restore(job)
    assert await rig.page() == before
    assert (job.status.state, job.status.last_success) == (State.OK, NOON)
    rig.reads["things"] = gives({("a", 0): 12}, {"pro": 3})
    await rig.poller.poll(job)
    grown = before[THINGS.name, "a"] + 3
    assert await rig.page() == before | {(THINGS.name, "a"): grown}


async def test_memory_is_handed_to_the_next_poll(rig: Rig) -> None:
    """What a committed read left is there for the next, also after a failure and a restart."""
    rig.reads["things"] = gives({})
    await rig.poller.poll(rig.job())
    rig.reads["things"] = raises(UnavailableError("GET /things: down"))
    await rig.poller.poll(rig.job())
    await rig.restart()
    rig.reads["things"] = gives({})
    job = rig.job()
    await rig.poller.poll(job)
    assert (await rig.store.load(job.key)).memory == {"polls": 2}


async def test_a_series_is_born_at_zero_and_shows_its_value_after_the_hold(rig: Rig) -> None:
    """So `increase()` sees the first burst; a refresh is planned for the moment it ends."""
    await rig.restart(birth_hold=120)
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 40})
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): 0}
    assert job.status.refresh_at == NOON + 120
    rig.clock.now += 119
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(THINGS.name, "a"): 0}
    rig.clock.now += 1
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(THINGS.name, "a"): 40}
    assert job.status.refresh_at is None


async def test_a_read_that_takes_longer_than_the_hold_does_not_shorten_it(rig: Rig) -> None:
    """Paced requests take minutes; the first growth must be visible to `increase()` all the same."""
    await rig.restart(birth_hold=120)
    things = {("a", 0): 1}

    async def slow(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        await rig.clock.sleep(180)
        async for batch in gives(things)(source):
            yield batch

    rig.reads["things"] = slow
    job = rig.job()
    await rig.poller.poll(job)
    things["b", 0] = 5_000
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): 1, (THINGS.name, "b"): 0}
    rig.clock.now += 120
    await rig.poller.publisher.refresh(job)
    assert (await rig.page())[THINGS.name, "b"] == 5_000


async def test_a_hold_that_a_restart_cut_begins_again(rig: Rig) -> None:
    """Nobody scraped while the process was down, so that time is no hold."""
    await rig.restart(birth_hold=120)
    rig.reads["things"] = gives({("a", 0): 40})
    await rig.poller.poll(rig.job())
    rig.clock.now += 600
    await rig.restart(birth_hold=120)
    job = rig.job()
    await rig.poller.restore(job)
    assert await rig.page() == {(THINGS.name, "a"): 0}
    rig.clock.now += 120
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(THINGS.name, "a"): 40}


async def test_gauges_expire(rig: Rig) -> None:
    """A value that nobody read for a day is not shown for ever; a failed poll keeps it so long."""
    job = rig.job()
    rig.reads["things"] = gives({}, {"pro": 3})
    await rig.poller.poll(job)
    assert job.status.refresh_at == NOON + DAY
    rig.reads["things"] = raises(UnavailableError("GET /things: down"))
    rig.clock.now += DAY - 1
    await rig.poller.poll(job)
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {(SEATS.name, "pro"): 3}
    rig.clock.now += 1
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == {}


async def test_gauges_are_replaced_as_a_set(rig: Rig) -> None:
    """What the vendor no longer names is gone with the next poll."""
    job = rig.job()
    rig.reads["things"] = gives({}, {"pro": 3, "free": 2})
    await rig.poller.poll(job)
    rig.reads["things"] = gives({}, {"pro": 4})
    await rig.poller.poll(job)
    assert await rig.page() == {(SEATS.name, "pro"): 4}


async def test_an_answer_without_records_is_empty(rig: Rig) -> None:
    """Empty is a state of its own; what was counted stays."""
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 1})
    await rig.poller.poll(job)
    rig.reads["things"] = gives({}, records=0)
    await rig.poller.poll(job)
    assert job.status.state is State.EMPTY
    assert await rig.page() == {(THINGS.name, "a"): 1}
    await rig.restart()
    again = rig.job()
    await rig.poller.restore(again)
    assert again.status.state is State.EMPTY


async def test_more_series_than_fit_are_folded(rig: Rig) -> None:
    """The largest stay, the rest is summed as `other`, and the sum is right."""
    await rig.restart(series=2)
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 1, ("b", 0): 20, ("c", 0): 2, ("d", 0): 30})
    await rig.poller.poll(job)
    page = await rig.page()
    assert page[THINGS.name, "d"] == 30
    assert sum(page.values()) == 53
    assert job.status.folded == len({"a", "b", "c", "d"}) - (len(page) - 1)


class Failing(SQLiteStore):
    """A store that fails where it is told to."""

    failing = ""

    async def load(self, key: StreamKey) -> StreamState:
        if self.failing == "load":
            raise StoreError("state file state.db: cannot be read; restore a backup")
        return await super().load(key)

    async def commit(self, key: StreamKey, state: StreamState, changes: Changes) -> None:
        if self.failing == "commit":
            raise StoreError("state file state.db: the disk is full; make room")
        await super().commit(key, state, changes)


def walks(parts: int, plan: Callable[[str], str]) -> Read:
    """A read that walks over parts with one seat each, in the plan that a part has."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for part in source.partitions(f"{number:04}" for number in range(parts)):
            source.records += 1
            yield Batch(
                [Sample(SEATS, (plan(part),), 1, None, part)],
                covers=[Coverage((SEATS,), partition=part)],
                partition=part,
            )

    return read


@pytest.mark.parametrize("parts", [400, 900, 1_200, 2_100])
async def test_a_gauge_is_the_sum_of_all_commits_of_a_walk(parts: int, rig: Rig) -> None:
    """However often the walk is committed; the next walk begins from nothing."""
    rig.reads["things"] = walks(parts, lambda _: "all")
    job = rig.job()
    for _ in range(2):
        await rig.poller.poll(job)
        assert await rig.page() == {(SEATS.name, "all"): parts}
        rig.clock.now += HOUR


async def test_the_limit_of_series_holds_for_a_whole_walk(rig: Rig) -> None:
    """Its later commits do not get the room of the earlier ones again, and no part is left out."""
    await rig.restart(series=100)
    rig.reads["things"] = walks(2_100, lambda name: name)
    job = rig.job()
    for _ in range(2):
        await rig.poller.poll(job)
        page = await rig.page()
        assert len(page) <= 101
        assert sum(page.values()) == 2_100
        rig.clock.now += HOUR


def counts_by_day(day_asked: list[str], fails_on: set[str], error: Exception) -> Read:
    """A read that walks over days with one thing each, and fails on some of them."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for day in source.days():
            name = iso_day(day.start)
            day_asked.append(name)
            if name in fails_on:
                raise error
            source.records += 1
            samples = [Sample(THINGS, ("a",), 1, day.start)]
            yield Batch(samples, covers=[Coverage((THINGS,), day)], partition=name)

    return read


@pytest.mark.parametrize(
    "error",
    [RateLimitedError("GET /things: used up", NOON + 9), UnavailableError("down"), ValueError("x")],
    ids=lambda error: type(error).__name__,
)
async def test_what_was_yielded_stays_and_the_next_poll_goes_on_after_it(
    error: Exception, rig: Rig
) -> None:
    """Whatever ends a walk; after a restart too. Nothing is asked twice but the partition that failed."""
    asked: list[str] = []
    job = rig.job(lookback=4 * DAY)
    rig.reads["things"] = counts_by_day(asked, {"2026-01-04"}, error)
    outcome = await rig.poller.poll(job)
    assert not outcome.state.answered
    assert asked == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    assert await rig.page() == {(THINGS.name, "a"): 3}
    await rig.restart()
    asked.clear()
    job = rig.job(lookback=4 * DAY)
    rig.reads["things"] = counts_by_day(asked, set(), error)
    assert (await rig.poller.poll(job)).state is State.OK
    assert asked == ["2026-01-04", "2026-01-05"]
    assert await rig.page() == {(THINGS.name, "a"): 5}
    assert (await rig.store.load(job.key)).walk is None


async def test_the_window_after_a_walk_goes_back_to_when_it_began(rig: Rig) -> None:
    """Its first partitions were read then: what came of them since is read by the next walk."""
    asked: list[str] = []
    job = rig.job(lookback=DAY)
    rig.reads["things"] = counts_by_day(asked, {"2026-01-05"}, UnavailableError("down"))
    await rig.poller.poll(job)
    rig.clock.now += 3 * DAY
    rig.reads["things"] = counts_by_day(asked, set(), UnavailableError("down"))
    await rig.poller.poll(job)
    asked.clear()
    await rig.poller.poll(job)
    assert asked == ["2026-01-04", "2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]
    assert await rig.page() == {(THINGS.name, "a"): 5}


async def test_a_walk_of_the_future_begins_again(rig: Rig) -> None:
    """A clock that was set back says nothing of how far the walk was."""
    asked: list[str] = []
    job = rig.job(lookback=2 * DAY)
    rig.reads["things"] = counts_by_day(asked, {"2026-01-05"}, UnavailableError("down"))
    await rig.poller.poll(job)
    rig.clock.now -= HOUR
    asked.clear()
    rig.reads["things"] = counts_by_day(asked, set(), UnavailableError("down"))
    await rig.poller.poll(job)
    assert asked == ["2026-01-03", "2026-01-04", "2026-01-05"]
    assert await rig.page() == {(THINGS.name, "a"): 3}


async def test_a_long_walk_is_committed_on_its_way(rig: Rig) -> None:
    """At most a minute of paced requests is lost to a crash."""
    job = rig.job(lookback=4 * DAY)
    seen: list[dict[tuple[str, ...], float]] = []

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        async for batch in counts_by_day([], set(), ValueError())(source):
            seen.append(await rig.page())
            await rig.clock.sleep(40)
            yield batch

    rig.reads["things"] = read
    await rig.poller.poll(job)
    assert [sum(page.values()) for page in seen] == [0, 0, 2, 2, 4]


async def test_partitions_that_a_walk_does_not_find_lose_their_gauges(rig: Rig) -> None:
    """Those of an unfinished walk stay until it has ended."""
    job = rig.job()
    rig.reads["things"] = walks(3, lambda name: name)
    await rig.poller.poll(job)
    rig.clock.now += HOUR
    rig.reads["things"] = walks(2, lambda name: name)
    await rig.poller.poll(job)
    assert await rig.page() == {(SEATS.name, "0000"): 1, (SEATS.name, "0001"): 1}
    rig.clock.now += HOUR
    rig.reads["things"] = walks(0, lambda name: name)
    await rig.poller.poll(job)
    assert await rig.page() == {}


@pytest.mark.parametrize("where", ["load", "commit"])
async def test_what_cannot_be_stored_is_not_shown(
    where: str, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page never shows more than what a restart would find; the reason is the store's own."""
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 1}, {"pro": 3})
    await rig.poller.poll(job)
    before = await rig.page()

    monkeypatch.setattr(rig.store, "__class__", Failing)
    monkeypatch.setattr(Failing, "failing", where)
    rig.reads["things"] = gives({("a", 0): 5}, {"pro": 4})
    await rig.poller.poll(job)
    assert job.status.state is State.ERROR
    assert job.status.reason.startswith("state file state.db")
    assert job.status.failures == {"error": 1}
    assert await rig.page() == before

    monkeypatch.setattr(Failing, "failing", "")
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): 5, (SEATS.name, "pro"): 4}


async def test_a_refresh_that_cannot_read_is_tried_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The page stays, the log tells, and the next refresh is a minute away."""
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 1})
    await rig.poller.poll(job)
    before = await rig.page()
    monkeypatch.setattr(rig.store, "__class__", Failing)
    monkeypatch.setattr(Failing, "failing", "load")
    await rig.poller.publisher.refresh(job)
    assert await rig.page() == before
    assert job.status.refresh_at == NOON + 60
    assert "cannot be read" in caplog.text


async def test_a_bug_in_one_stream_does_not_stop_the_others(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """State and log go without the exception's words, which may name a person; the log has the place."""
    broken, well = rig.job("broken"), rig.job("well")
    rig.reads["broken"] = raises(RuntimeError("of dev@example.com"))
    rig.reads["well"] = gives({("a", 0): 1})
    await asyncio.gather(rig.poller.poll(broken), rig.poller.poll(well))
    assert broken.status.state is State.ERROR
    assert broken.status.reason == "RuntimeError (a bug; see the log)"
    assert well.status.state is State.OK
    assert await rig.page() == {(THINGS.name, "a"): 1}
    [told] = [line for line in caplog.text.splitlines() if "level=error" in line]
    assert "this is a bug" in told
    assert "vendor=fake account=acme stream=broken doing=poll error=RuntimeError" in told
    assert "tests/poll/rig.py" in told
    assert "dev@example.com" not in caplog.text


async def test_a_batch_that_cannot_be_counted_changes_nothing(rig: Rig) -> None:
    """A counter sample without a bucket is a bug, found before anything is committed."""
    job = rig.job()

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        yield Batch([Sample(THINGS, ("a",), 1, TODAY), Sample(THINGS, ("b",), 1)])

    rig.reads["things"] = read
    await rig.poller.poll(job)
    assert job.status.state is State.ERROR
    assert await rig.page() == {}
    assert await rig.store.load(job.key) == StreamState()


async def test_a_problem_with_one_part_commits_the_others_and_shows(rig: Rig) -> None:
    """The state is the problem's, what was read counts, and it is no success, also after a restart."""
    job = rig.job()
    good = gives({("a", 0): 5}, {"pro": 3})

    async def in_part(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        async with source.optional("seats"):
            raise ForbiddenError("GET /seats answered 403")
        async for batch in good(source):
            yield batch

    rig.reads["things"] = in_part
    await rig.poller.poll(job)
    told = (State.FORBIDDEN, "seats: GET /seats answered 403")
    assert (job.status.state, job.status.reason) == told
    assert await rig.page() == {(THINGS.name, "a"): 5, (SEATS.name, "pro"): 3}
    stored = await rig.store.load(job.key)
    assert (stored.memory, stored.last_success) == ({"polls": 1}, None)
    rig.reads["things"] = good
    await rig.poller.poll(job)
    assert (job.status.state, job.status.last_success) == (State.OK, NOON)


async def test_a_field_that_looks_like_a_counter_is_told_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log when it is seen first; an address is no name to tell."""
    job = rig.job()
    good = gives({("a", 0): 5})

    async def with_more(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.uncounted |= {"cache_tokens", "jane@example.org"}
        async for batch in good(source):
            yield batch

    rig.reads["things"] = with_more
    for _ in range(2):
        await rig.poller.poll(job)
    [told] = [line for line in caplog.text.splitlines() if "hold numbers" in line]
    assert told.endswith("vendor=fake account=acme stream=things fields=cache_tokens")
    assert job.status.uncounted == {"cache_tokens"}


async def test_odd_records_are_told_once_though_a_poll_between_fails(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """A poll that failed did not look at every row: what it has not seen may be odd still."""
    job = rig.job()
    good = gives({("a", 0): 5})

    async def with_an_odd_row(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.rejects.leave_out("kind")
        async for batch in good(source):
            yield batch

    for read in (
        with_an_odd_row,
        raises(UnavailableError("GET /things answered 503")),
        with_an_odd_row,
    ):
        rig.reads["things"] = read
        await rig.poller.poll(job)
    assert caplog.text.count("odd records are left out") == 1
    rig.reads["things"] = good
    await rig.poller.poll(job)
    rig.reads["things"] = with_an_odd_row
    await rig.poller.poll(job)
    assert caplog.text.count("odd records are left out") == 2, "they were gone meanwhile"


async def test_when_the_vendor_may_be_asked_again_is_kept(rig: Rig) -> None:
    """The scheduler plans by it; a good poll forgets it."""
    job = rig.job()
    rig.reads["things"] = raises(RateLimitedError("GET /things: used up", NOON + 999))
    outcome = await rig.poller.poll(job)
    assert (outcome.state, outcome.retry_at) == (State.RATE_LIMITED, NOON + 999)
    assert (job.status.state, job.status.retry_at) == (State.RATE_LIMITED, NOON + 999)
    rig.reads["things"] = gives({})
    outcome = await rig.poller.poll(job)
    assert (outcome.state, outcome.retry_at, outcome.succeeded_at) == (State.OK, None, NOON)
    assert (job.status.retry_at, job.status.failures_in_row) == (None, 0)


async def test_a_clock_that_was_set_back_far_is_told(rig: Rig) -> None:
    """Counting on would count what the ledger has forgotten once more."""
    job = rig.job(lookback=DAY)
    rig.reads["things"] = gives({("a", 0): 5})
    await rig.poller.poll(job)
    before = await rig.page()
    rig.clock.now -= 10 * DAY
    await rig.poller.poll(job)
    assert job.status.state is State.ERROR
    assert "set the clock right" in job.status.reason
    assert await rig.page() == before
    rig.clock.now += 10 * DAY
    await rig.poller.poll(job)
    assert job.status.reason == ""
    assert await rig.page() == before


async def test_a_clock_that_was_set_back_a_little_counts_on(rig: Rig) -> None:
    """Within the lookback every day is still remembered."""
    job = rig.job()
    rig.reads["things"] = gives({("a", 0): 5})
    await rig.poller.poll(job)
    rig.clock.now -= 6 * HOUR
    rig.reads["things"] = gives({("a", 0): 8})
    await rig.poller.poll(job)
    assert await rig.page() == {(THINGS.name, "a"): 8}


async def test_a_poll_that_is_abandoned_changes_nothing(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled half-way at a stop: no commit, no failure."""
    caplog.set_level(logging.INFO)
    job = rig.job()
    reading = asyncio.Event()

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        reading.set()
        await asyncio.Event().wait()
        yield Batch([])

    rig.reads["things"] = read
    task = asyncio.create_task(rig.poller.poll(job))
    await reading.wait()
    since = job.status.polling_since
    assert since == NOON
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert job.status.failures == {}
    assert job.status.polling_since is None
    assert await rig.page() == {}
    assert await rig.store.load(job.key) == StreamState()


async def test_a_day_without_an_answer_is_no_zero(rig: Rig) -> None:
    """Only what the answer covers and does not name is zero, and then it is a correction."""
    job = rig.job()
    rig.reads["things"] = gives({("a", -1): 4, ("a", 0): 7})
    await rig.poller.poll(job)

    async def only_today(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.records += 1
        yield Batch([Sample(THINGS, ("a",), 7, TODAY)])

    rig.reads["things"] = only_today
    await rig.poller.poll(job)
    assert job.status.corrections == 0
    rig.reads["things"] = gives({("a", 0): 7})
    await rig.poller.poll(job)
    assert job.status.corrections == 1
    assert await rig.page() == {(THINGS.name, "a"): 11}


async def test_an_account_may_have_the_name_of_another_account_and_its_stream(rig: Rig) -> None:
    """What is shown of the account neither replaces the stream's series nor takes them away."""
    stream = rig.job()
    rig.reads["things"] = gives({("a", 0): 5})
    await rig.poller.poll(stream)
    page = await rig.page()
    other = TargetStatus("fake", "acme/things")
    away = replace(stream, key=StreamKey("fake", "acme/things", "x"), target_status=other)
    await rig.poller.publisher.show_status(away)
    assert await rig.page() == page
    await rig.poller.publisher.remove(away)
    assert await rig.page() == page != {}
