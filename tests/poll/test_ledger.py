"""The laws of counting: what a ledger may do with any history of reads."""

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.model import (
    Coverage,
    Metric,
    MetricType,
    Number,
    Sample,
    Series,
    Slot,
    StreamKey,
    Window,
)
from exporter.poll.baseline import Fresh
from exporter.poll.exposure import Exposure
from exporter.poll.ledger import Counted, Ledger, Values, count, forget
from exporter.poll.transform.budget import fold, gather
from exporter.store.store import Changes, StreamState
from tests import one_thread
from tests.state_file import new_directory, open_store

ANONYMOUS = Metric("commits_total", MetricType.COUNTER, "Commits.", ("repository",))
IDENTIFIED = Metric("requests_total", MetricType.COUNTER, "Requests.", ("subject",))
METRICS = (ANONYMOUS, IDENTIFIED)
SPAN = 6
ALL = (Coverage(METRICS, Window(0, SPAN)),)

quick = settings(deadline=None, max_examples=60)

Place: TypeAlias = tuple[str, int, str]
"""What a value belongs to, whatever it is called: metric, bucket, and key or label."""


def _placed(key: str) -> tuple[str, str]:
    """The partition and the key of an identified thing: two of three share a partition."""
    return ("a" if key in "12" else "b"), key


amounts = st.one_of(
    st.integers(0, 50),
    st.integers(2**60, 2**70),
    st.decimals(0, 1_000, allow_nan=False, allow_infinity=False, places=4),
)
buckets = st.integers(0, SPAN - 1)


@dataclass
class Read:
    """One answer: anonymous values by label, identified ones by key, each with its name."""

    anonymous: dict[tuple[int, str], Number] = field(default_factory=dict)
    identified: dict[tuple[int, str], Number] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> list[Sample]:
        return [
            *(Sample(ANONYMOUS, (name,), v, b) for (b, name), v in self.anonymous.items()),
            *(
                Sample(IDENTIFIED, (self.names.get(key, key),), v, b, *_placed(key))
                for (b, key), v in self.identified.items()
            ),
        ]

    @property
    def values(self) -> Values:
        return gather(self.samples).counters

    @property
    def newest(self) -> dict[Place, Number]:
        return {
            **{(ANONYMOUS.name, *place): v for place, v in self.anonymous.items()},
            **{(IDENTIFIED.name, *place): v for place, v in self.identified.items()},
        }


reads = st.builds(
    Read,
    st.dictionaries(st.tuples(buckets, st.sampled_from("ab")), amounts, max_size=6),
    st.dictionaries(st.tuples(buckets, st.sampled_from("123")), amounts, max_size=6),
    st.dictionaries(st.sampled_from("123"), st.sampled_from(["x", "y"])),
)
histories = st.lists(reads, min_size=1, max_size=6)


def take(
    ledger: Ledger,
    values: Values,
    coverage: Iterable[Coverage] = (),
    *,
    oldest_kept: int = 0,
    baseline: Iterable[str] = (),
    now: float = 0,
) -> Counted:
    fresh = Fresh(frozenset(baseline))
    return count(ledger, values, coverage, oldest_kept=oldest_kept, baseline=fresh, now=now)


def net(ledger: Ledger) -> dict[str, Number]:
    """Counters less debts, by metric."""
    totals: defaultdict[str, Number] = defaultdict(int)
    for (name, _), series in ledger.items():
        totals[name] += series.counter - series.debt
    return {name: total for name, total in totals.items() if total}


def sums(newest: dict[Place, Number]) -> dict[str, Number]:
    """What a vendor's newest values add up to, by metric."""
    totals: defaultdict[str, Number] = defaultdict(int)
    for (name, *_), value in newest.items():
        totals[name] += value
    return {name: total for name, total in totals.items() if total}


def counters(ledger: Ledger) -> dict[tuple[str, tuple[str, ...]], tuple[Number, Number]]:
    return {key: (series.counter, series.debt) for key, series in ledger.items()}


@quick
@given(histories)
def test_counters_never_fall_and_debts_are_never_negative(history: list[Read]) -> None:
    """Whatever a vendor answers, a counter only grows."""
    ledger: Ledger = {}
    for read in history:
        before = deepcopy(ledger)
        take(ledger, read.values, ALL)
        for key, series in ledger.items():
            assert series.counter >= before.get(key, Series(0)).counter
            assert series.debt >= 0
        assert before.keys() <= ledger.keys()


@quick
@given(histories)
def test_counter_less_debt_is_the_sum_of_the_newest_values(history: list[Read]) -> None:
    """Without coverage, an absent value stays what it was; renames and equal names included."""
    ledger: Ledger = {}
    newest: dict[Place, Number] = {}
    for read in history:
        take(ledger, read.values)
        newest |= read.newest
        assert net(ledger) == sums(newest)


@quick
@given(histories)
def test_a_covered_absence_is_a_zero(history: list[Read]) -> None:
    """Where every answer covers everything, only the last one counts."""
    ledger: Ledger = {}
    for read in history:
        take(ledger, read.values, ALL)
        assert net(ledger) == sums(read.newest)


@quick
@given(histories, st.integers(0, SPAN), st.integers(0, SPAN), st.sampled_from([None, "", "a", "b"]))
def test_coverage_reaches_no_further_than_it_says(
    history: list[Read], start: int, end: int, partition: str | None
) -> None:
    """Only slots of its window and its partition are zeroed."""
    ledger: Ledger = {}
    newest: dict[Place, Number] = {}
    for read in history:
        newest |= read.newest
        take(ledger, read.values)
    part = Coverage((IDENTIFIED,), Window(start, end), partition)
    take(ledger, {}, [part])
    left = {
        (name, bucket, key): value
        for (name, bucket, key), value in newest.items()
        if name != IDENTIFIED.name
        or not (start <= bucket < end and partition in (None, _placed(key)[0]))
    }
    assert net(ledger) == sums(left)


@quick
@given(histories, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(history: list[Read], random: Random) -> None:
    """Older answers in any order and number, each in any order of rows, then the newest."""
    *older, last = history
    straight: Ledger = {}
    for read in history:
        take(straight, read.values, ALL)
    shuffled: Ledger = {}
    for read in random.choices(older, k=len(older) * 2) if older else []:
        samples = read.samples
        random.shuffle(samples)
        take(shuffled, gather(samples).counters, ALL)
    take(shuffled, last.values, ALL)
    assert net(shuffled) == net(straight)


@quick
@given(histories)
def test_reading_the_same_again_changes_nothing(history: list[Read]) -> None:
    """Not a counter, not a debt, not what is remembered, and nothing is written."""
    ledger: Ledger = {}
    for read in history:
        take(ledger, read.values, ALL)
        before = deepcopy(ledger)
        again = take(ledger, read.values, ALL, now=99)
        assert ledger == before
        assert again == Counted()


@quick
@given(reads, histories)
def test_a_baseline_is_where_counting_starts(first: Read, history: list[Read]) -> None:
    """The first read counts nothing; afterwards the sum is short of exactly what it held."""
    ledger: Ledger = {}
    names = [metric.name for metric in METRICS]
    take(ledger, first.values, ALL, baseline=names)
    assert all(series.counter == series.debt == 0 for series in ledger.values())
    base = sums(first.newest)
    for read in history:
        take(ledger, read.values, ALL)
        newest = sums(read.newest)
        wanted = {name: newest.get(name, 0) - base.get(name, 0) for name in newest | base}
        assert net(ledger) == {name: value for name, value in wanted.items() if value}


@quick
@given(histories, histories, st.integers(0, SPAN))
def test_what_is_forgotten_is_never_counted_again(
    history: list[Read], later: list[Read], oldest_kept: int
) -> None:
    """Buckets before the oldest that is kept stay as they were counted last, whatever comes of them."""
    ledger: Ledger = {}
    newest: dict[Place, Number] = {}
    for read in history:
        take(ledger, read.values)
        newest |= read.newest
    before = counters(ledger)
    forget(ledger, oldest_kept)
    assert counters(ledger) == before
    assert all(slot.bucket >= oldest_kept for series in ledger.values() for slot in series.slots)
    for read in later:
        take(ledger, read.values, oldest_kept=oldest_kept)
        newest |= {place: value for place, value in read.newest.items() if place[1] >= oldest_kept}
        assert net(ledger) == sums(newest)
        assert all(
            slot.bucket >= oldest_kept for series in ledger.values() for slot in series.slots
        )


def test_growth_pays_a_debt_before_it_counts() -> None:
    """A correction is remembered, not shown: 10, 4, 7, 15 is a counter of 10, 10, 10, 15."""
    key = ("commits_total", ("a",))
    ledger: Ledger = {}
    seen = []
    for value in (10, 4, 7, 15):
        counted = take(ledger, {key: {Slot(0): value}})
        series = ledger[key]
        seen.append((series.counter, series.debt, counted.corrections))
    assert seen == [(10, 0, 0), (10, 6, 1), (10, 3, 0), (15, 0, 0)]


def test_a_rename_is_not_counted_again() -> None:
    """The old name keeps its counter, and only growth appears under the new one."""
    old, new = ("requests_total", ("old",)), ("requests_total", ("new",))
    ledger: Ledger = {}
    take(ledger, {old: {Slot(0, key="7"): 10}}, ALL, now=1)
    renamed = take(ledger, {new: {Slot(0, key="7"): 12}}, ALL, now=2)
    assert (ledger[old].counter, ledger[new].counter) == (10, 2)
    assert (ledger[old].created, ledger[new].created) == (1, 2)
    assert ledger[old].slots == {}
    assert (renamed.born, renamed.changed, renamed.corrections) == ({new}, {old, new}, 0)


def test_two_things_of_one_name_add_up_and_part_again() -> None:
    """One of them taking another name moves only its own share."""
    both, other = ("requests_total", ("bot",)), ("requests_total", ("robot",))
    ledger: Ledger = {}
    take(ledger, {both: {Slot(0, key="1"): 10, Slot(0, key="2"): 5}}, ALL)
    assert ledger[both].counter == 15
    take(ledger, {both: {Slot(0, key="1"): 11}, other: {Slot(0, key="2"): 8}}, ALL)
    assert (ledger[both].counter, ledger[other].counter) == (16, 3)


def test_one_thing_under_two_names_in_one_answer_settles() -> None:
    """A rename between two pages of a list: reading it again counts nothing, and one name wins."""
    old, new = ("requests_total", ("old",)), ("requests_total", ("new",))
    answer: Values = {old: {Slot(0, key="7"): 10}, new: {Slot(0, key="7"): 10}}
    ledger: Ledger = {}
    take(ledger, answer, ALL)
    before = deepcopy(ledger)
    assert take(ledger, answer, ALL) == Counted()
    assert ledger == before
    take(ledger, {new: {Slot(0, key="7"): 10}}, ALL)
    assert net(ledger) == {"requests_total": 10}


def test_cents_add_up_exactly() -> None:
    """A thousand days of 0.1 are 100, as no float would have it."""
    key = ("cost_total", ())
    ledger: Ledger = {}
    take(ledger, {key: {Slot(day): Decimal("0.1") for day in range(1_000)}})
    assert ledger[key].counter == Decimal(100)


def test_a_series_is_born_at_zero_before_it_has_a_value() -> None:
    """A zero in an answer makes the series exist, and is no correction."""
    key = ("commits_total", ("a",))
    ledger: Ledger = {}
    counted = take(ledger, {key: {Slot(0): 0}}, now=5)
    assert counted == Counted(changed={key}, born={key})
    assert ledger == {key: Series(created=5)}


STREAM = StreamKey("vendor", "account", "stream")


def poll(state: StreamState, read: Read, limit: int, now: int) -> Changes:
    """What a poll does to a state: fold, count, forget, release."""
    gathered, _ = fold(gather(read.samples), state.ledger.keys(), limit)
    oldest_kept = state.oldest_kept or 0
    first = {metric.name for metric in METRICS} if not state.started else set()
    counted = take(
        state.ledger,
        gathered.counters,
        ALL,
        oldest_kept=oldest_kept,
        baseline=first,
        now=float(now),
    )
    fresh = {(name, ""): 0.0 for name in first}
    state.started |= fresh
    state.oldest_kept = max(oldest_kept, now // 2)
    state.memory = {"polls": now}
    forget(state.ledger, state.oldest_kept)
    released = Exposure(birth_hold=2, expire_after=1, started=0).release(state, now)
    changed = frozenset(counted.changed | released)
    return Changes(changed, gauges=False, started=frozenset(fresh))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(reads, st.integers(0, 5), st.booleans()), min_size=1, max_size=6))
def test_a_restart_changes_nothing(history: list[tuple[Read, int, bool]]) -> None:
    """A state that goes through the file, in any place, is the state that stayed in memory."""

    async def run(path: Path) -> None:
        kept = StreamState()
        store = open_store(path, now=0)
        for now, (read, limit, restarted) in enumerate(history):
            poll(kept, read, limit, now)
            state = await store.load(STREAM)
            changes = poll(state, read, limit, now)
            await store.commit(STREAM, state, changes)
            if restarted:
                await store.close()
                store = open_store(path, now=0)
            assert await store.load(STREAM) == kept
        await store.close()

    with new_directory() as directory:
        one_thread.run(run(directory / "state.db"))
