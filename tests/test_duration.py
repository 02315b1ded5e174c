"""Durations are read and written as Prometheus does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config.durations import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5_400),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1w1d1h1m1s", 694_861),
        ("90m", 5_400),
        ("0s", 0),
        ("0", 0),
        (0, 0),
    ],
)
def test_durations_are_whole_seconds(text: object, seconds: int) -> None:
    """Units from large to small, each at most once."""
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "5", 5, 0.0001, "5 m", "m", "-5m", "1.5h", "5M", "30m1h", "1m1m", "5m ",
     None, True, False, ["5m"], {"m": 5}, "٣s"],
)  # fmt: skip
def test_anything_else_is_refused_with_examples(text: object) -> None:
    """A bare number most of all: nobody knows its unit."""
    with pytest.raises(ValueError, match="is not a duration; write it as 30s, 5m, 1h30m or 7d"):
        parse_duration(text)


@pytest.mark.parametrize("text", [f"{LONGEST + 1}s", "99999w", "9" * 5_000 + "s"])
def test_longer_than_a_hundred_years_is_refused(text: str) -> None:
    """Calendars end somewhere, and the clock's arithmetic with them."""
    with pytest.raises(ValueError, match="is longer than a hundred years"):
        parse_duration(text)


@given(st.integers(0, LONGEST))
def test_what_is_written_reads_back(seconds: int) -> None:
    """The shortest spelling is one that is read."""
    assert parse_duration(format_duration(seconds)) == seconds


def test_fractions_are_dropped_when_written() -> None:
    """Durations are for people there."""
    assert [format_duration(seconds) for seconds in (0.9, 61.7, 86_400)] == ["0s", "1m1s", "1d"]
