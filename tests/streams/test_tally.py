"""Sums of events, for several metrics at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import OTHER, Metric, MetricType, Number
from exporter.streams.tally import Group, Tally


def counter(name: str, *labels: str) -> Metric:
    return Metric(name, MetricType.COUNTER, "Help.", labels)


EVENTS, LINES = counter("events_total", "model"), counter("lines_total", "model")
BY_MODEL = Group(EVENTS, LINES)
BY_FILE = Group(counter("files_total", "extension", "kind"))

Sums = dict[tuple[str, tuple[str, ...], int | None], Number | float]


def sums(tally: Tally) -> Sums:
    samples = list(tally.samples())
    found = {(s.metric.name, s.labels, s.bucket): s.value for s in samples}
    assert len(found) == len(samples)
    return found


def test_the_metrics_of_a_group_have_the_same_labels() -> None:
    """Or an event could not be added to all of them."""
    assert BY_MODEL.labels == ("model",)
    with pytest.raises(ValueError, match="unpack"):
        Group(EVENTS, counter("other_total", "kind"))


def test_events_are_added_up_by_labels_and_bucket() -> None:
    """A value for each metric of the group."""
    tally = Tally()
    for model, bucket, lines in (("a", 0, 5), ("a", 0, 0), ("b", 0, 2), ("a", 60, 1)):
        tally.add(BY_MODEL, (model,), bucket, (1, lines))
    assert sums(tally) == {
        ("events_total", ("a",), 0): 2,
        ("lines_total", ("a",), 0): 5,
        ("events_total", ("b",), 0): 1,
        ("lines_total", ("b",), 0): 2,
        ("events_total", ("a",), 60): 1,
        ("lines_total", ("a",), 60): 1,
    }
    assert sorted(tally.labels(BY_MODEL, 0)) == [("a",), ("b",)]
    assert tally.labels(BY_FILE, 0) == []


def test_a_tally_without_events_has_no_samples() -> None:
    assert sums(Tally()) == {}


def test_what_is_added_is_not_changed() -> None:
    """The values of an event may be used again."""
    tally, values = Tally(), [1, 2]
    tally.add(BY_MODEL, ("a",), 0, values)
    tally.add(BY_MODEL, ("a",), 0, values)
    assert values == [1, 2]


@pytest.mark.parametrize(
    ("parts", "total", "rest"),
    [([("py", 3), ("go", 1)], 6, 2), ([("py", 3)], 3, None), ([("py", 3)], 2, None), ([], 4, 4)],
)
def test_what_parts_leave_out_of_a_total_is_other(
    parts: list[tuple[str, int]], total: int, rest: int | None
) -> None:
    """Parts that exceed it leave nothing."""
    tally = Tally()
    tally.parts(BY_FILE, [((name, "code"), (lines,)) for name, lines in parts], (total,), 0)
    expected: Sums = {("files_total", (name, "code"), 0): lines for name, lines in parts}
    if rest is not None:
        expected["files_total", (OTHER, OTHER), 0] = rest
    assert sums(tally) == expected


events = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([0, 60]), st.integers(0, 9)), max_size=20
)


@given(events)
def test_nothing_is_lost_in_a_tally(given_events: list[tuple[str, int, int]]) -> None:
    """The sums of each bucket are those of its events."""
    tally = Tally()
    for model, bucket, lines in given_events:
        tally.add(BY_MODEL, (model,), bucket, (1, lines))
    for at in (0, 60):
        counted = [
            value for (name, _, b), value in sums(tally).items() if (name, b) == ("lines_total", at)
        ]
        assert sum(counted) == sum(lines for _, bucket, lines in given_events if bucket == at)
