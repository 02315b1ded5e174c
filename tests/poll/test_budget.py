"""Folding bounds the series of a stream and loses nothing of what they hold."""

from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.model import (
    OTHER,
    Coverage,
    Merge,
    Metric,
    MetricType,
    Number,
    Sample,
    SeriesKey,
    Slot,
    Window,
)
from exporter.poll.baseline import Fresh
from exporter.poll.ledger import Ledger, count
from exporter.poll.transform.budget import Gathered, fold, gather

ADDED = Metric("lines_added_total", MetricType.COUNTER, "Added.", ("repository", "source"))
DELETED = Metric("lines_deleted_total", MetricType.COUNTER, "Deleted.", ("repository", "source"))
PARTLY = Metric(
    "tokens_total", MetricType.COUNTER, "Tokens.", ("model", "kind"), foldable_labels=("model",)
)
WHOLE = Metric("polls_total", MetricType.COUNTER, "Without labels.")
SUMMED = Metric("seats", MetricType.GAUGE, "Seats.", ("team",))
LATEST = Metric("last_seconds", MetricType.GAUGE, "Last.", ("team",), merge=Merge.MAX)
RATIO = Metric("use_ratio", MetricType.GAUGE, "Ratio.", ("team",), merge=Merge.DROP)

quick = settings(deadline=None, max_examples=60)

names = st.sampled_from(["a", "b", "c", "d", OTHER])
values = st.integers(0, 20)
samples = st.lists(
    st.one_of(
        st.builds(
            Sample,
            st.sampled_from([ADDED, DELETED]),
            st.tuples(names, st.sampled_from(["tab", "ai"])),
            values,
            st.integers(0, 3),
        ),
        st.builds(
            Sample,
            st.just(PARTLY),
            st.tuples(names, st.sampled_from(["in", "out"])),
            values,
            st.integers(0, 3),
            st.sampled_from(["", "1", "2"]),
        ),
        st.builds(Sample, st.just(WHOLE), st.just(()), values, st.integers(0, 3)),
        st.builds(Sample, st.sampled_from([SUMMED, LATEST, RATIO]), st.tuples(names), values),
    ),
    max_size=20,
)
limits = st.integers(0, 12)


def totals(gathered: Gathered) -> dict[tuple[str, int | None], Number | float]:
    """Sums by metric and bucket, of counters and of gauges that add up."""
    found: defaultdict[tuple[str, int | None], Number | float] = defaultdict(int)
    for key, slots in gathered.counters.items():
        for slot, value in slots.items():
            found[key[0], slot.bucket] += value  # type: ignore[operator]
    for key, gauges in gathered.gauges.items():
        if gathered.metrics[key[0]].merge is Merge.SUM:
            found[key[0], None] += sum(gauges.values())  # type: ignore[operator]
    return dict(found)


def keys_of(gathered: Gathered) -> set[SeriesKey]:
    return {*gathered.counters, *gathered.gauges}


@quick
@given(samples, samples, limits)
def test_folding_keeps_sums(known: list[Sample], given_: list[Sample], limit: int) -> None:
    """Every bucket of every metric adds up to what it did before."""
    gathered = gather(given_)
    folded, _ = fold(gathered, gather(known).counters.keys(), limit)
    assert totals(folded) == totals(gathered)
    assert gathered == gather(given_)


@quick
@given(samples, samples, limits)
def test_known_series_and_those_without_labels_are_never_folded(
    known: list[Sample], given_: list[Sample], limit: int
) -> None:
    """They keep their own values, whatever the limit; only `other` itself may grow."""
    gathered = gather(given_)
    shown = set(gather(known).counters)
    folded, _ = fold(gathered, shown, limit)
    for key, slots in gathered.counters.items():
        is_other = key[1] and gathered.metrics[key[0]].folded(key[1]) == key[1]
        if (key in shown or not key[1]) and not is_other:
            assert slots.items() <= folded.counters[key].items()


@quick
@given(samples, samples, limits)
def test_series_with_the_same_labels_stay_together(
    known: list[Sample], given_: list[Sample], limit: int
) -> None:
    """A repository whose added lines are on the page has its deleted lines there too."""
    gathered = gather(given_)
    folded, _ = fold(gathered, gather(known).counters.keys(), limit)
    for metric, twin in ((ADDED, DELETED), (DELETED, ADDED)):
        for name, labels in gathered.counters:
            if name == metric.name and OTHER not in labels and (name, labels) in folded.counters:
                assert ((twin.name, labels) in folded.counters) == (
                    (twin.name, labels) in gathered.counters
                )


@quick
@given(samples, samples, limits)
def test_series_never_shown_before_respect_the_limit(
    known: list[Sample], given_: list[Sample], limit: int
) -> None:
    """Beside `other`, label-less series and those that belong to known ones, nothing exceeds it."""
    gathered = gather(given_)
    shown = set(gather(known).counters)
    folded, _ = fold(gathered, shown, limit)
    companies = {(gathered.metrics[name].labels, labels) for name, labels in keys_of(gathered)
                 if (name, labels) in shown}  # fmt: skip
    fresh = {
        (name, labels)
        for name, labels in keys_of(folded) - shown
        if labels and OTHER not in labels and (folded.metrics[name].labels, labels) not in companies
    }
    assert len(fresh) <= max(0, limit - len(shown))


@quick
@given(samples)
def test_within_the_limit_nothing_is_folded(given_: list[Sample]) -> None:
    """A limit that all series fit into leaves them as they are."""
    gathered = gather(given_)
    folded, number = fold(gathered, (), len(keys_of(gathered)))
    assert (folded, number) == (gathered, 0)


@quick
@given(st.lists(st.tuples(samples, limits), min_size=1, max_size=5), samples)
def test_a_raised_limit_moves_series_out_of_other_without_counting_twice(
    history: list[tuple[list[Sample], int]], last: list[Sample]
) -> None:
    """After any limits, and with all the room at last, the counters hold the newest values."""
    ledger: Ledger = {}
    coverage = [Coverage((ADDED, DELETED, PARTLY, WHOLE), Window(0, 4))]
    for given_, limit in [*history, (last, 10_000)]:
        gathered = gather(given_)
        folded, _ = fold(gathered, ledger.keys(), limit)
        count(ledger, folded.counters, coverage, oldest_kept=0, baseline=Fresh(), now=0)
        net: Counter[str] = Counter()
        for key, series in ledger.items():
            net[key[0]] += int(series.counter - series.debt)
        newest: Counter[str] = Counter()
        for key, slots in gathered.counters.items():
            newest[key[0]] += int(sum(slots.values()))
        assert +net == +newest


def test_a_series_that_leaves_other_takes_what_was_counted_along() -> None:
    """The sum over the family grows by nothing at the moment of the move, nor does a debt remain."""
    gathered = gather(
        Sample(ADDED, (name, "tab"), value, 0) for name, value in [("a", 9), ("b", 5)]
    )
    ledger: Ledger = {}
    for limit in (1, 1, 5, 5):
        folded, _ = fold(gathered, ledger.keys(), limit)
        counted = count(
            ledger,
            folded.counters,
            [Coverage((ADDED,), Window(0, 1))],
            oldest_kept=0,
            baseline=Fresh(),
            now=0,
        )
        assert sum(series.counter for series in ledger.values()) == 14
        assert sum(series.debt for series in ledger.values()) == 0
        assert counted.corrections == 0
    assert (ADDED.name, ("b", "tab")) in ledger


def test_the_largest_get_the_room() -> None:
    """Of three series and room for one, the busiest is named; only open labels turn to `other`."""
    gathered = gather(
        Sample(PARTLY, (name, "in"), value, 0) for name, value in [("a", 1), ("b", 7), ("c", 3)]
    )
    folded, number = fold(gathered, (), 1)
    assert number == 2
    assert {labels: sum(slots.values()) for (_, labels), slots in folded.counters.items()} == {
        ("b", "in"): 7,
        (OTHER, "in"): 4,
    }


def test_gauges_fold_as_their_metric_says() -> None:
    """Sums add up, times take the latest, a ratio that cannot be combined is left out."""
    gathered = gather(
        Sample(metric, (team,), value)
        for metric in (SUMMED, LATEST, RATIO)
        for team, value in [("a", 2), ("b", 3), ("c", 5)]
    )
    folded, number = fold(gathered, (), 0)
    assert number == 9
    assert folded.gauges == {
        (SUMMED.name, (OTHER,)): {"": 10},
        (LATEST.name, (OTHER,)): {"": 5},
    }


def test_what_cannot_be_added_up_gets_the_room_that_is_left() -> None:
    """Whatever its values are: a median in minutes is no reason to name a repository less."""
    minutes = Metric("minutes", MetricType.GAUGE, "Median.", ("repository",), merge=Merge.DROP)
    gathered = gather(
        [
            *(Sample(ADDED, (name, "ai"), 2, 0) for name in "abc"),
            *(Sample(minutes, (name,), 400 + number) for number, name in enumerate("abc")),
        ]
    )
    folded, number = fold(gathered, (), 4)
    assert number == 2
    assert {labels for _, labels in folded.counters} == {(name, "ai") for name in "abc"}
    assert folded.gauges == {(minutes.name, ("c",)): {"": 402}}


def test_equal_labels_are_made_one() -> None:
    """Counters add up per bucket, partition and key, gauges as their metric says."""
    gathered = gather(
        [
            Sample(ADDED, ("a", "tab"), 1, 0),
            Sample(ADDED, ("a", "tab"), Decimal("0.5"), 0),
            Sample(ADDED, ("a", "tab"), 4, 1),
            Sample(ADDED, ("a", "tab"), 8, 1, key="id"),
            Sample(SUMMED, ("x",), 1),
            Sample(SUMMED, ("x",), 2),
            Sample(LATEST, ("x",), 9),
            Sample(LATEST, ("x",), 2),
            Sample(RATIO, ("x",), 0.5),
            Sample(RATIO, ("x",), 0.25),
        ]
    )
    assert gathered.counters == {
        (ADDED.name, ("a", "tab")): {
            Slot(0): Decimal("1.5"),
            Slot(1): 4,
            Slot(1, key="id"): 8,
        }
    }
    assert gathered.gauges == {
        (SUMMED.name, ("x",)): {"": 3},
        (LATEST.name, ("x",)): {"": 9},
        (RATIO.name, ("x",)): {"": 0.25},
    }


@pytest.mark.parametrize("sample", [Sample(WHOLE, (), 1), Sample(WHOLE, (), 1.5, 0)])
def test_a_counter_takes_exact_values_of_a_bucket_only(sample: Sample) -> None:
    """A float, or a value of no time, is a mistake in a stream's code."""
    with pytest.raises(TypeError, match="polls_total: a counter sample needs a bucket"):
        gather([sample])
