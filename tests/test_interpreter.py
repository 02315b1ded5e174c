"""How the interpreter is shared among threads, and when old garbage is collected."""

import gc
import sys

import pytest

from exporter.runtime import interpreter
from exporter.runtime.interpreter import LATEST, MANY, SOON, Garbage


def test_threads_give_way_often_and_nothing_collects_old_garbage_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The collection of everything holds the interpreter for as long as much is in memory."""
    calls: dict[str, tuple[float, ...]] = {}
    for name in ("collect", "freeze", "set_threshold", "enable"):
        monkeypatch.setattr(gc, name, lambda *given, name=name: calls.setdefault(name, given))
    monkeypatch.setattr(
        sys, "setswitchinterval", lambda given: calls.setdefault("switch", (given,))
    )
    interpreter.share()
    assert list(calls) == ["switch", "collect", "freeze", "set_threshold", "enable"]
    assert calls["switch"][0] <= 0.001
    young, middle, old = calls["set_threshold"]
    assert (young, middle) == gc.get_threshold()[:2], "what dies young is collected as ever"
    assert old > 1_000_000


@pytest.mark.parametrize(("series", "ticks"), [(0, SOON), (MANY - 1, SOON), (MANY, LATEST)])
def test_old_garbage_waits_while_much_is_in_memory(
    series: int, ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But not for ever."""
    collected: list[int] = []
    garbage = Garbage()
    for tick in range(1, 2 * ticks + 1):
        monkeypatch.setattr(gc, "collect", lambda tick=tick: collected.append(tick))
        garbage.tick(series)
    assert collected == [ticks, 2 * ticks]
