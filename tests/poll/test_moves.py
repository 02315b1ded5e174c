"""What moves from one series to another, or to another bucket, is counted once."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.model import Coverage, Metric, MetricType, Number, Sample, Window
from exporter.poll.baseline import Fresh
from exporter.poll.ledger import Ledger, Losses, count, forget
from exporter.poll.moves import Labels, cancel
from exporter.poll.transform.budget import fold, gather
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.poll.rig import THINGS, TODAY, Rig, gives

COMMITS = Metric("commits_total", MetricType.COUNTER, "Commits.", ("repository", "primary_branch"))
SPAN = 4
laws = settings(deadline=None, max_examples=60)


async def _total(rig: Rig, *answers: dict[tuple[str, int], int]) -> float:
    """What is counted in all after polls that find these things by kind and day."""
    job = rig.job()
    for answer in answers:
        rig.reads["things"] = gives(answer)
        await rig.poller.poll(job)
        assert job.status.reason == ""
    return sum((await rig.page()).values())


async def test_a_renamed_repository_is_counted_once(rig: Rig) -> None:
    """It has no id: its commits vanish under one name and come under another, in each day."""
    before = {("old", -1): 60, ("old", 0): 40, ("other", 0): 100}
    after = {("new", -1): 60, ("new", 0): 40, ("other", 0): 100}
    assert await _total(rig, before, after) == 200
    assert (await rig.page())[THINGS.name, "new"] == 0


async def test_a_merged_branch_is_counted_once(rig: Rig) -> None:
    """Some commits of a repository come to count for its primary branch."""
    before = {("main", 0): 170, ("branch", 0): 30}
    assert await _total(rig, before, {("main", 0): 200}) == 200
    assert await _total(rig, {("main", 0): 205, ("branch", 0): 3}) == 208


async def test_a_name_that_flaps_between_two_counts_nothing(rig: Rig) -> None:
    """However often, and with growth on the way."""
    flapping = [{(name, 0): 100 + step} for step, name in enumerate("abababab")]
    assert await _total(rig, *flapping) == 107


async def test_series_that_both_live_come_to_their_newest_values(rig: Rig) -> None:
    """What looked like a move was none, or a part moved: the one stands still until the other has it."""
    assert await _total(rig, {("a", 0): 50, ("b", 0): 5}, {("a", 0): 40, ("b", 0): 15}) == 55
    assert await _total(rig, {("a", 0): 44, ("b", 0): 15}) == 59
    assert await _total(rig, {("a", 0): 60, ("b", 0): 15}) == 75
    assert await rig.page() == {(THINGS.name, "a"): 60, (THINGS.name, "b"): 15}


async def test_a_debt_of_what_is_gone_is_paid_by_its_family(rig: Rig) -> None:
    """Nobody else could pay it, and the sum would be too high for good."""
    assert await _total(rig, {("a", 0): 100, ("b", 0): 10}, {("b", 0): 10}) == 110
    assert await _total(rig, {("b", 0): 60}) == 110
    assert await _total(rig, {("b", 0): 115}) == 115


async def test_a_debt_of_what_lives_stays_its_own(rig: Rig) -> None:
    """Growth of others is not hidden by it."""
    grown = [{("a", 0): 10, ("b", 0): 5}, {("a", 0): 8, ("b", 0): 5}, {("a", 0): 8, ("b", 0): 7}]
    assert await _total(rig, *grown) == 17
    assert await _total(rig, {("a", 0): 11, ("b", 0): 7}) == 18


async def test_a_corrected_time_is_counted_once(rig: Rig) -> None:
    """Between days of one series, and between days and series at once."""
    assert await _total(rig, {("a", -1): 30}, {("a", 0): 30}) == 30
    assert await _total(rig, {("b", -1): 30}) == 30


async def test_a_rename_in_a_walk_that_is_committed_in_parts_is_counted_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One part of the account is read, and committed, before the other."""
    monkeypatch.setattr("exporter.poll.reader.MOST_BATCHES", 1)
    found = {"1": {"a": 100, "b": 7}, "2": {"c": 5}}

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for part in source.partitions(found):
            source.records += 1
            samples = [Sample(THINGS, (k,), v, TODAY, part) for k, v in found[part].items()]
            yield Batch(samples, [Coverage((THINGS,), source.window, part)], partition=part)

    rig.reads["things"] = read
    job = rig.job()
    await rig.poller.poll(job)
    found |= {"1": {"a": 60, "b": 7}, "2": {"c": 5, "d": 40}}
    await rig.poller.poll(job)
    assert sum((await rig.page()).values()) == 112
    found["1"]["a"] = 70
    await rig.poller.poll(job)
    assert sum((await rig.page()).values()) == 122


@pytest.mark.parametrize("kinds", [("a", "b", "c", "d", "x", "y", "z")])
async def test_a_rename_in_other_is_counted_once(rig: Rig, kinds: tuple[str, ...]) -> None:
    """Of series that are folded, and of one that leaves `other` as it is renamed."""
    await rig.restart(series=3)
    before = {(kind, 0): 10 + place for place, kind in enumerate(kinds)}
    after = {(kind * 2, day): value for (kind, day), value in before.items()}
    assert await _total(rig, before, after) == sum(before.values())


Thing: TypeAlias = tuple[int, Labels, int]
"""The bucket, the labels and the value of something without an id."""

places = st.tuples(
    st.integers(0, SPAN - 1), st.tuples(st.sampled_from("abc"), st.sampled_from("tf"))
)
worlds = st.lists(st.tuples(places, st.integers(1, 50)), min_size=1, max_size=6)
moves = st.lists(
    st.lists(st.tuples(st.integers(0, 5), places, st.integers(0, 5)), max_size=4),
    min_size=1,
    max_size=6,
)


def _samples(things: Iterable[tuple[tuple[int, Labels], int]]) -> list[Sample]:
    sums: Counter[tuple[int, Labels]] = Counter()
    for place, value in things:
        sums[place] += value
    return [Sample(COMMITS, labels, value, bucket) for (bucket, labels), value in sums.items()]


def _take(
    ledger: Ledger, samples: list[Sample], unpaid: Losses | None = None, limit: int = 99
) -> None:
    gathered, _ = fold(gather(samples), ledger.keys(), limit)
    coverage = [Coverage((COMMITS,), Window(0, SPAN))]
    values = gathered.counters
    count(ledger, values, coverage, oldest_kept=0, baseline=Fresh(), now=0, unpaid=unpaid)


def _sums(ledger: Ledger) -> tuple[Number, Number]:
    """The counters of the family, and what it owes."""
    return (
        sum(series.counter for series in ledger.values()),
        sum(series.debt for series in ledger.values()),
    )


@laws
@given(worlds, moves, st.integers(1, 9))
def test_what_moves_and_grows_is_counted_once(
    world: list[tuple[tuple[int, Labels], int]],
    history: list[list[tuple[int, tuple[int, Labels], int]]],
    limit: int,
) -> None:
    """Renames and merges within their bucket, with growth, in any budget of series: no debt, no more."""
    ledger: Ledger = {}
    _take(ledger, _samples(world), limit=limit)
    for step in history:
        for index, (_, labels), growth in step:
            (bucket, _), value = world[index % len(world)]
            world[index % len(world)] = (bucket, labels), value + growth
        _take(ledger, _samples(world), limit=limit)
        assert _sums(ledger) == (sum(value for _, value in world), 0)


@laws
@given(worlds, moves, st.data())
def test_the_sum_of_a_family_less_its_debts_is_the_sum_of_the_newest_values(
    world: list[tuple[tuple[int, Labels], int]],
    history: list[list[tuple[int, tuple[int, Labels], int]]],
    data: st.DataObject,
) -> None:
    """Whatever moves between series and buckets, grows, shrinks or goes, and in whatever parts it is read."""
    ledger: Ledger = {}
    _take(ledger, _samples(world))
    highest = true = sum(value for _, value in world)
    for step in history:
        for index, place, growth in step:
            _, value = world[index % len(world)]
            world[index % len(world)] = place, max(0, value + 3 * growth - 7)
        unpaid: Losses = {}
        cut = data.draw(st.integers(0, SPAN))
        for window in (Window(0, cut), Window(cut, SPAN)):
            samples = [s for s in _samples(world) if s.bucket is not None and s.bucket in window]
            values = gather(samples).counters
            coverage = [Coverage((COMMITS,), window)]
            count(ledger, values, coverage, oldest_kept=0, baseline=Fresh(), now=0, unpaid=unpaid)
        true = sum(value for _, value in world)
        highest = max(highest, true)
        counted, owed = _sums(ledger)
        assert counted - owed == true
        assert counted >= highest
        assert sum(series.moved for series in ledger.values()) == 0
        for series in ledger.values():
            newest = sum(series.slots.values())
            assert series.counter - series.debt - series.moved == newest


@laws
@given(worlds, st.integers(1, 200))
def test_a_family_pays_what_is_left_of_a_series_that_is_gone(
    world: list[tuple[tuple[int, Labels], int]], growth: int
) -> None:
    """All of it is gone, also from memory; whatever comes then pays first."""
    ledger: Ledger = {}
    _take(ledger, _samples(world))
    _take(ledger, [])
    forget(ledger, SPAN)
    lost = sum(value for _, value in world)
    _take(ledger, [Sample(COMMITS, ("other", "t"), growth, 0)])
    assert _sums(ledger) == (max(lost, growth), max(0, lost - growth))


amounts = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("tf")), st.integers(1, 30), max_size=6
)


@given(amounts, amounts)
def test_as_much_as_can_have_moved_is_taken_off_both(
    losses: dict[Labels, Number], gains: dict[Labels, Number]
) -> None:
    """The smaller of both sums, and never more than a series lost or gained."""
    lost, gained = dict(losses), dict(gains)
    cancel(lost, gained)
    moved = min(sum(losses.values()), sum(gains.values()))
    assert sum(losses.values()) - sum(lost.values()) == moved
    assert sum(gains.values()) - sum(gained.values()) == moved
    assert all(0 < left <= losses[labels] for labels, left in lost.items())
    assert all(0 < left <= gains[labels] for labels, left in gained.items())


def test_what_is_alike_moves_before_what_is_not() -> None:
    """A rename keeps its other label and mostly its value, whatever else grew in that day."""
    losses: dict[Labels, Number] = {("old", "t"): 10, ("old", "f"): 5}
    gains: dict[Labels, Number] = {("new", "t"): 10, ("new", "f"): 6, ("big", "t"): 300}
    cancel(losses, gains)
    assert gains == {("new", "f"): 1, ("big", "t"): 300}


@pytest.mark.parametrize("size", [3_000])
def test_a_rename_of_all_is_settled_at_once(size: int) -> None:
    """An organization that is renamed renames every repository: each meets its own."""
    losses: dict[Labels, Number] = {(f"old/{n}", "t"): n + 1 for n in range(size)}
    gains: dict[Labels, Number] = {(f"new/{n}", "t"): n + 1 for n in range(size)}
    gains["grown", "t"] = 10 * size
    cancel(losses, gains)
    assert gains == {("grown", "t"): 10 * size}
