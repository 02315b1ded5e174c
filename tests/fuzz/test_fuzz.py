"""No input breaks a promise: a share of the campaign, and the laws of labels, slices and durations."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.model import MetricType
from tests.fuzz.campaign import (
    BrokenPromiseError,
    Outcome,
    Target,
    divided,
    feed,
    markdown,
    rounds,
    source,
)
from tests.fuzz.damage import document, shuffled_bytes
from tests.fuzz.exposition import shown_as_put
from tests.fuzz.targets import REMEMBERING, TARGETS
from tests.streams.cases import CASES
from tests.streams.harness import Case, Pipeline

SEED = 8
_MOST, _LEAST = 80, 2
"""Inputs of a target here; the slow ones get few."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Damaged answers are logged, thousands of times over."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.process
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
async def test_nothing_breaks_a_promise(target: Target, tmp_path: Path) -> None:
    """The first inputs of the full run: taken, or refused in the way that is meant."""
    inputs = min(_MOST, max(_LEAST, round(target.share * 4)))
    outcome = Outcome(target.name)
    async with target.opened(tmp_path) as attempt:
        await feed(target, attempt, SEED, range(inputs), outcome)
    assert [str(find) for find in outcome.finds.values()] == []
    assert outcome.inputs == inputs


def test_every_stream_is_read() -> None:
    """A stream that gets an entry among the cases is fuzzed without one here."""
    names = {target.name for target in TARGETS}
    assert {f"read {case.vendor}/{case.stream}" for case in CASES} <= names


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_every_memory_is_damaged(case: Case, tmp_path: Path) -> None:
    """A stream that keeps a memory is named among those whose memory is damaged."""
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        remembers = bool((await run.state()).memory)
    assert not remembers or f"{case.vendor}/{case.stream}" in REMEMBERING


def _numbers() -> st.SearchStrategy[float]:
    return st.floats(min_value=0, allow_infinity=False, allow_nan=False)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([MetricType.COUNTER, MetricType.GAUGE]),
    st.text(st.characters()),
    st.lists(st.tuples(st.text(st.characters()), st.text(st.characters()), _numbers()), min_size=1),
)
def test_any_label_reads_back(
    kind: MetricType, help_text: str, rows: list[tuple[str, str, float]]
) -> None:
    """Any text, surrogates among them, and any number, in both formats."""
    asyncio.run(shown_as_put(kind, help_text, rows))


async def test_a_broken_promise_is_found_once_and_made_again(tmp_path: Path) -> None:
    """Two inputs that fail in one place are one find, whose number makes the same input."""
    target = next(target for target in TARGETS if target.name == "durations")
    outcome = Outcome(target.name)
    drawn: list[float] = []

    async def attempt(random: object) -> str:
        drawn.append(source(SEED, target.name, len(drawn)).random())
        if len(drawn) > 2:
            raise BrokenPromiseError("it is odd")
        return "even"

    await feed(target, attempt, SEED, range(4), outcome)
    [find] = outcome.finds.values()
    assert (outcome.inputs, outcome.kinds["find"], find.number) == (4, 2, 2)
    assert drawn[find.number] == source(SEED, target.name, find.number).random()
    assert "| durations | 4 | even 2 | 1 |" in markdown([outcome])
    assert "it is odd" in markdown([outcome])


async def test_a_stopped_run_has_fed_every_target(tmp_path: Path) -> None:
    """The targets go by turns; in the end each had its share, no input twice."""
    fed: list[str] = []

    def counted(name: str, share: float) -> Target:
        target = next(target for target in TARGETS if target.name == "durations")
        return Target(name, share, target.opened)

    targets = [counted("one", 3), counted("two", 1)]
    async for outcomes in rounds(targets, 40, SEED, tmp_path, 5):
        fed = [f"{outcome.target} {outcome.inputs}" for outcome in outcomes]
    assert fed == ["one 30", "two 10"]
    assert divided(targets, 40) == {"one": 30, "two": 10}


def test_damage_follows_from_its_seed() -> None:
    """The same number makes the same input again, on any machine."""
    made = [
        (
            document(source(SEED, "x", 5), {"a": [1, {"b": None}], "c": "d"}),
            shuffled_bytes(source(SEED, "x", 6), b"abcdef", [b"ghi"]),
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]
