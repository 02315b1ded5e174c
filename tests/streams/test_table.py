"""A table binds metrics to the fields of a record, and refuses fields that are not there."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import pytest

from exporter.model import Merge, Metric, MetricType, Sample
from exporter.streams.payload import Count
from exporter.streams.table import Table

API = "An API, late"


class Part(msgspec.Struct):
    lines: Count | None = None
    words: Count | None = None

    @property
    def both(self) -> int | None:
        return None if self.lines is None else self.lines + (self.words or 0)


class Record(msgspec.Struct, kw_only=True):
    active: Count | None = None
    users: Annotated[int | None, msgspec.Meta(ge=0)] = None
    part: Part | None = None


def table(**common: Any) -> Table[Record]:
    return Table(Record, api=API, **common)


def values(read: Table[Record], record: Record) -> dict[str, Any]:
    return {sample.metric.name: sample.value for sample in read.samples(record)}


def test_a_metric_is_declared_with_its_field() -> None:
    """HELP says where the data are from; what the table is given holds for all, or is replaced."""
    read = table(labels=("team",), group="team")
    lines = read.counter("x_lines_total", "Lines", "part.lines")
    active = read.gauge("x_active", "Active", "active", merge=Merge.MAX)
    ratio = read.ratio("x_ratio", "Ratio", "users", labels=())
    assert (lines.type, lines.help, lines.group) == (
        MetricType.COUNTER,
        "Lines (An API, late).",
        "team",
    )
    assert (active.type, active.labels, active.merge) == (MetricType.GAUGE, ("team",), Merge.MAX)
    assert (ratio.type, ratio.labels, ratio.merge) == (MetricType.GAUGE, (), Merge.DROP)
    assert read.metrics == (lines, active, ratio)
    assert (read.counters, read.gauges) == ((lines,), (active, ratio))


@pytest.mark.parametrize(
    "field",
    [
        "actve",
        "part.line",
        "part.lines.more",
        "active.lines",
        "parts.lines",
        ("active", "actve"),
    ],
)
def test_a_field_that_is_not_there_is_refused_at_once(field: str | tuple[str, ...]) -> None:
    """The module that declares it cannot be imported."""
    with pytest.raises(TypeError, match="Record has no field"):
        table().counter("x_total", "X", field)


def test_fields_are_read_through_records_and_properties() -> None:
    """A value that is absent, or whose record is, is unknown and no 0."""
    read = table()
    read.gauge("a", "A", "active")
    read.gauge("b", "B", "part.lines")
    read.gauge("c", "C", "part.both")
    assert values(read, Record(active=0, part=Part(lines=2, words=3))) == {"a": 0, "b": 2, "c": 5}
    assert values(read, Record(part=Part())) == {}
    assert values(read, Record(active=1)) == {"a": 1}


def test_of_several_fields_the_first_with_a_value_is_taken() -> None:
    """0 is a value."""
    read = table()
    read.gauge("a", "A", ("part.lines", "active", "users"))
    assert values(read, Record(part=Part(lines=0), active=4)) == {"a": 0}
    assert values(read, Record(active=4, users=5)) == {"a": 4}
    assert values(read, Record(users=5)) == {"a": 5}
    assert values(read, Record()) == {}


def test_a_value_may_be_computed() -> None:
    """By a function of the record."""
    read = table()
    read.gauge("a", "A", lambda record: record.active and record.active * 2)
    assert values(read, Record(active=4)) == {"a": 8}
    assert values(read, Record()) == {}


def test_a_metric_of_another_table_is_shown_as_well() -> None:
    """Such as one that vendors have in common."""
    common = Metric("common", MetricType.GAUGE, "Common.")
    read = table()
    read.shows(common, "active")
    assert list(read.samples(Record(active=3))) == [Sample(common, (), 3)]
    with pytest.raises(TypeError, match="has no field 'actve'"):
        read.shows(common, "actve")


def test_samples_have_the_place_that_they_are_given() -> None:
    """Labels, bucket, partition and key; of some metrics only where these are named."""
    read = table(labels=("team",))
    lines = read.counter("x_lines_total", "Lines", "part.lines")
    active = read.counter("x_active_total", "Active", "active")
    record = Record(active=1, part=Part(lines=2))
    place = (60, "5", "k")
    assert list(read.samples(record, ("core",), *place)) == [
        Sample(lines, ("core",), 2, *place),
        Sample(active, ("core",), 1, *place),
    ]
    assert list(read.samples(record, ("core",), only=(active,))) == [Sample(active, ("core",), 1)]


def test_a_time_is_shown_in_unix_seconds() -> None:
    """Also one without a zone, which is UTC; one that is absent stays unknown."""

    class Seen(msgspec.Struct):
        at: datetime | None = None

    read = Table(Seen, api=API)
    read.gauge("x_seen_timestamp_seconds", "When it was seen", "at")
    for text, shown in (
        ("2026-01-06T12:00:00.9Z", {"x_seen_timestamp_seconds": 1_767_700_800}),
        ("2026-01-06T12:00:00", {"x_seen_timestamp_seconds": 1_767_700_800}),
        (None, {}),
    ):
        record = msgspec.convert({"at": text}, Seen)
        assert {sample.metric.name: sample.value for sample in read.samples(record)} == shown


def test_a_name_may_tell_the_field() -> None:
    """What is at the star of the one is at the star of the other."""
    read = table().counters_named("x_*_total", "part.*", {"x_lines_total": "Lines"})
    read.gauges_named("x_*", "*", {"x_active": "Active"})
    assert [(m.name, m.type, m.help) for m in read.metrics] == [
        ("x_lines_total", MetricType.COUNTER, "Lines (An API, late)."),
        ("x_active", MetricType.GAUGE, "Active (An API, late)."),
    ]
    assert values(read, Record(active=1, part=Part(lines=2))) == {"x_lines_total": 2, "x_active": 1}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("x_words", "not named like"),
        ("y_words_total", "not named like"),
        ("x_word_total", "'word'"),
    ],
)
def test_a_name_that_tells_no_field_is_refused_at_once(name: str, problem: str) -> None:
    """The module that declares it cannot be imported."""
    with pytest.raises(TypeError, match=problem):
        table().counters_named("x_*_total", "part.*", {name: "X"})


def test_a_record_gives_what_it_has_in_full() -> None:
    """And says nothing of what it lacks."""
    read = table().counters_named("*_total", "*", {"active_total": "A", "users_total": "U"})
    active, _ = read.metrics
    assert read.count(Record(active=3), 60) == ([Sample(active, (), 3, 60)], (active,))
