"""Feeding a target so many inputs, each from a seed of its own, and what came of them."""

import asyncio
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TypeAlias

Attempt: TypeAlias = Callable[[Random], Awaitable[str]]
"""Makes an input, feeds it and names what came of it; whatever it raises is a find."""

PATIENCE = 300.0
"""Seconds after which an attempt counts as hanging, on however busy a machine."""


class BrokenPromiseError(Exception):
    """An input was taken, and what came of it must not be."""


@dataclass(frozen=True)
class Target:
    """Something that is fed; `share` is its part of the inputs, beside that of the others."""

    name: str
    share: float
    opened: Callable[[Path], AbstractAsyncContextManager[Attempt]]


@dataclass(frozen=True)
class Find:
    """An input that broke a promise: `number` makes it again, `place` is where it went wrong."""

    target: str
    number: int
    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.target} input {self.number}: {self.what} ({self.place})"


@dataclass
class Outcome:
    """What came of the inputs of one target; finds of one kind are kept once."""

    target: str
    kinds: Counter[str] = field(default_factory=Counter)
    finds: dict[str, Find] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return self.kinds.total()


async def feed(
    target: Target, attempt: Attempt, seed: int, numbers: Iterable[int], outcome: Outcome
) -> None:
    """Feed the inputs of these numbers."""
    for number in numbers:
        try:
            async with asyncio.timeout(PATIENCE):
                kind = await attempt(source(seed, target.name, number))
        except Exception as error:  # noqa: BLE001  # which exceptions there are is what is asked
            find = Find(
                target.name, number, _place(error), f"{type(error).__name__}: {error}"[:300]
            )
            outcome.finds.setdefault(f"{find.place} {type(error).__name__}", find)
            kind = "find"
        outcome.kinds[kind] += 1


def source(seed: int, name: str, number: int) -> Random:
    """The randomness of one input."""
    return Random(f"{seed} {name} {number}")


def divided(targets: Sequence[Target], inputs: int) -> dict[str, int]:
    """How many inputs each target gets: at least one."""
    whole = sum(target.share for target in targets)
    return {target.name: max(1, round(inputs * target.share / whole)) for target in targets}


async def rounds(
    targets: Sequence[Target], inputs: int, seed: int, directory: Path, count: int
) -> AsyncIterator[list[Outcome]]:
    """All targets by turns, `count` times, so that a run that is stopped has fed each its share."""
    outcomes = {target.name: Outcome(target.name) for target in targets}
    shares = divided(targets, inputs)
    for turn in range(count):
        for target in targets:
            share = shares[target.name]
            numbers = range(share * turn // count, share * (turn + 1) // count)
            if not numbers:
                continue
            place = directory / f"{target.name.replace('/', '-').replace(' ', '-')}-{turn}"
            place.mkdir()
            async with target.opened(place) as attempt:
                await feed(target, attempt, seed, numbers, outcomes[target.name])
            yield list(outcomes.values())


def markdown(outcomes: Sequence[Outcome]) -> str:
    """One row a target, a line for all of them, and the finds below."""
    lines = ["| target | inputs | outcomes | finds |", "| --- | ---: | --- | ---: |"]
    for outcome in outcomes:
        kinds = ", ".join(
            f"{kind} {count:,}" for kind, count in outcome.kinds.most_common() if kind != "find"
        )
        lines.append(f"| {outcome.target} | {outcome.inputs:,} | {kinds} | {len(outcome.finds)} |")
    inputs = sum(outcome.inputs for outcome in outcomes)
    finds = [find for outcome in outcomes for find in outcome.finds.values()]
    lines += ["", f"{inputs:,} inputs, {len(finds)} finds."]
    lines += [f"- {find}" for find in finds]
    return "\n".join(lines) + "\n"


def _place(error: BaseException) -> str:
    """The innermost line of the exporter that the error came through, or else of the test."""
    frames = [
        f"{frame.filename.rpartition('/exporter/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/exporter/" in frame.filename and "site-packages" not in frame.filename
    ]
    return frames[-1] if frames else "after it"
