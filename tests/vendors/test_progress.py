"""What a stream remembers is used where it fits, and forgotten as a whole where it does not."""

from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from exporter.model import Window
from exporter.streams.progress import recalled
from exporter.streams.walk import walk
from exporter.vendors.base import Poll, Reading


class Place(msgspec.Struct):
    number: int = 0


class Memory(msgspec.Struct):
    newest: int | None = None
    places: dict[str, Place] = {}


def test_what_was_remembered_is_recalled() -> None:
    """Whatever mapping it comes in; what is not known, another stream's or version's, is passed over."""
    stored = MappingProxyType({"newest": 5, "places": {"a": {"number": 1}}, "other": [1]})
    assert recalled(stored, Memory) == Memory(5, {"a": Place(1)})
    assert recalled({}, Memory) == Memory()


@pytest.mark.parametrize(
    "stored",
    [
        {"newest": "5"},
        {"newest": 5, "places": []},
        {"newest": 5, "places": {"a": {"number": None}}},
        {"newest": 5, "\ud800": 1},
    ],
)
def test_what_does_not_fit_is_forgotten(
    stored: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Every poll broke on it, for good: another version, or damage, left it in the state file."""
    assert recalled(stored, Memory) == Memory()
    assert "cannot be used" in caplog.text


@pytest.mark.parametrize(
    "remembered",
    [
        5,
        {"began": "yesterday", "start": 60, "after": "b"},
        {"began": 60.0, "start": 1e30, "after": "b"},
        {"began": float("nan"), "start": 60, "after": "b"},
        {"began": 60.0, "start": 60, "after": None},
    ],
)
async def test_a_walk_that_cannot_be_recalled_begins_afresh(remembered: Any) -> None:
    """All parts are read, with the window of the poll."""
    anything: Any = None
    poll = Poll(
        client=anything,
        target=anything,
        options=anything,
        window=Window(3_600, 7_200),
        now=7_200.0,
        progress={"walk": remembered},
        people=False,
        tell=lambda _, __: None,
    )
    reading, read = Reading(), list[tuple[str, Window]]()

    async def read_part(part: str, window: Window) -> None:
        read.append((part, window))

    await walk(poll, reading, ["c", "a"], read_part)
    assert read == [("a", poll.window), ("c", poll.window)]
    assert (reading.began, reading.read_until, reading.progress) == (None, 7_200, {})
