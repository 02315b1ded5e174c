"""A real daemon that is told to stop while something on its machine hangs for ever."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import Exporter, Simulator, wait_for
from tests.e2e.test_reload import CURSOR, TABNINE, light

pytestmark = pytest.mark.process


class Hanging(Exporter):
    """The daemon on a machine where something hangs."""

    module = "tests.e2e.hanging"

    @property
    def log(self) -> str:
        return self.process.output.read_text("utf-8")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path, "--developers=12", "--no-rate-limit")
    yield simulator
    simulator.stop()


@pytest.fixture
def hanging(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Hanging]:
    def start(what: str, *more: dict[str, Any]) -> Hanging:
        monkeypatch.setenv("HANGS", what)
        content = light(simulator, tmp_path)
        return Hanging(tmp_path, {**content, "targets": [*content["targets"], *more]})

    return start


def test_dead_names_starve_nobody_and_hold_up_no_stop(
    hanging: Callable[..., Hanging], simulator: Simulator, tmp_path: Path
) -> None:
    """Eight targets whose names nobody answers: the others are polled again and again."""
    dead = [
        {
            **light(simulator, tmp_path)["targets"][1],
            "account": f"dead{number}",
            "base_url": f"http://{number}.dead",
        }
        for number in range(8)
    ]
    exporter = hanging("names", *dead)
    try:
        wait_for("the exporter serves", lambda: exporter.page())
        for _ in range(3):
            exporter.wait_for_polls(CURSOR | TABNINE)
        wait_for("it is told", lambda: "told the address of 0.dead in time" in exporter.log)
    finally:
        assert exporter.process.stop() == 0


@pytest.mark.parametrize(
    ("what", "sign", "status", "told"),
    [
        # What it held is read again.
        ("commits", "a commit hangs", 0, "left a commit unfinished"),
        # The last resort: it ends as a failure, and says where it hung.
        ("loop", "msg=started", 1, "MainThread in tick at"),
    ],
    ids=["a commit", "the event loop"],
)
def test_what_hangs_holds_up_no_stop(
    hanging: Callable[..., Hanging], what: str, sign: str, status: int, told: str
) -> None:
    """And is told."""
    exporter = hanging(what)
    try:
        wait_for("it hangs, or soon will", lambda: sign in exporter.log)
    finally:
        assert exporter.process.stop() == status
    assert told in exporter.log
