"""Events are counted once each, in the day of their time, and summed without being kept."""

import pytest

from exporter.model import DAY, Metric, MetricType, Sample
from exporter.streams import kit

DAY_ONE = 20_454 * DAY  # 2026-01-01
TOTAL = Metric("a_lines_total", MetricType.COUNTER, "Lines.")
BY_KIND = kit.Group.counters(
    {"a_kind_lines_total": "Lines", "a_kind_files_total": "Files"},
    api="the A API, polled",
    labels=("kind",),
    totals=(TOTAL,),
)
BY_USER = kit.Group.counters(
    {"a_user_events_total": "Events"}, api="the A API, polled", labels=("user",), people=True
)


def count(row: kit.Row, day: int, tally: kit.Tally) -> None:
    _, _, kind, user, lines = row
    tally.add(BY_KIND, (kind,), day, (int(lines), 1))
    tally.add(BY_USER, (kit.Person(user),), day, (1,))


def odd(row: kit.Row) -> str:
    return f"row {row[0]}"


def reject(_: str) -> None:
    raise AssertionError("no row is odd here")


def summed(distinct: kit.Distinct) -> dict[tuple[str, tuple[str, ...], int | None], object]:
    """What the samples of a series add up to."""
    found: dict[tuple[str, tuple[str, ...], int | None], int] = {}
    for sample in distinct.samples():
        assert isinstance(sample.value, int)
        key = (sample.metric.name, sample.labels, sample.bucket)
        found[key] = found.get(key, 0) + sample.value
    return dict(found)


def test_each_id_counts_once_in_the_day_of_its_time() -> None:
    """Also where it comes again in another batch, as a number or as a text."""
    distinct = kit.Distinct(count, odd, reject, BY_USER, DAY_ONE)
    first = (1, "2026-01-01T23:59:59Z", "x", "one@example.com", "5")
    second = ("2", "2026-01-02T00:00:00", "x", "two@example.com", 3)
    distinct.add([first, ("1", *first[1:])])
    distinct.add(iter([second, first]))
    assert summed(distinct) == {
        ("a_kind_lines_total", ("x",), DAY_ONE): 5,
        ("a_kind_files_total", ("x",), DAY_ONE): 1,
        ("a_kind_lines_total", ("x",), DAY_ONE + DAY): 3,
        ("a_kind_files_total", ("x",), DAY_ONE + DAY): 1,
        ("a_lines_total", (), DAY_ONE): 5,
        ("a_lines_total", (), DAY_ONE + DAY): 3,
        ("a_user_events_total", ("one@example.com",), DAY_ONE): 1,
        ("a_user_events_total", ("two@example.com",), DAY_ONE + DAY): 1,
    }
    assert distinct.people() == 1


@pytest.mark.parametrize("wrong", [None, "soon", 5])
def test_a_row_without_a_time_is_left_out(wrong: object) -> None:
    """What is odd in it is for the stream to say; the others count."""
    rejected: list[str] = []
    distinct = kit.Distinct(count, odd, rejected.append)
    good = (2, "2026-01-01T00:00:00Z", "x", "one@example.com", 5)
    distinct.add([(1, wrong, "x", "one@example.com", 5), good])
    assert rejected == ["row 1"]
    assert summed(distinct)["a_lines_total", (), DAY_ONE] == 5


def test_without_a_group_of_people_there_are_none() -> None:
    """A stream of events that name nobody."""

    def by_kind(row: kit.Row, day: int, tally: kit.Tally) -> None:
        tally.add(BY_KIND, (row[2],), day, (1, 1))

    distinct = kit.Distinct(by_kind, odd, reject)
    distinct.add([("1", "2026-01-01T00:00:00Z", "x")])
    assert distinct.people() == 0
    assert Sample(TOTAL, (), 1, DAY_ONE) in list(distinct.samples())


def test_counters_of_a_group_share_all_but_name_and_help() -> None:
    """So their order is that of the values that an event adds."""
    lines, files = BY_KIND.metrics
    assert (lines.name, files.name) == ("a_kind_lines_total", "a_kind_files_total")
    assert lines.help == "Lines (the A API, polled)."
    assert lines.labels == files.labels == BY_KIND.labels == ("kind",)
    assert all(metric.people for metric in BY_USER.metrics)
