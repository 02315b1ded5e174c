"""Whole polls, with store and board: a damaged answer is told, and the next good one repairs it all."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeAlias

from exporter.client.errors import State
from exporter.model import MetricType
from tests.fuzz.campaign import Attempt, BrokenPromiseError
from tests.fuzz.streams import SpoiltVendor
from tests.streams.cases import CASES
from tests.streams.harness import Case, Pipeline

Counters: TypeAlias = dict[str, dict[tuple[str, ...], float]]
"""The values of a page's counters, by name and labels."""


@asynccontextmanager
async def damaged_and_healed(directory: Path) -> AsyncIterator[Attempt]:
    """A poll of damaged answers, then a good one: no counter fell, and no family lacks a unit.

    What was damaged in its labels stands in another series of its family, so sums are compared.
    """
    undamaged: dict[str, Counters] = {}

    async def attempt(random: Random) -> str:
        case = random.choice(CASES)
        if case.name not in undamaged:
            (directory / case.name).mkdir()
            async with Pipeline(case, directory / case.name) as run:
                await run.poll()
                await run.poll(after=run.job.options.interval)
                undamaged[case.name] = _counters(run)
        with TemporaryDirectory(dir=directory) as place:
            return await _poll(case, Path(place), random, undamaged[case.name])

    yield attempt


async def _poll(case: Case, directory: Path, random: Random, undamaged: Counters) -> str:
    run = Pipeline(case, directory)
    vendor = SpoiltVendor(case)
    run.vendor = vendor
    async with run:
        vendor.spoil(random)
        await run.poll()
        told = run.status.state
        if "(a bug" in run.status.reason:
            raise BrokenPromiseError(f"{case.name}: {run.status.reason}")
        before = _counters(run)
        vendor.spoil(None)
        await run.poll(after=run.job.options.interval)
        if run.status.state is State.RATE_LIMITED:
            await run.poll(after=86_400)
        if run.status.state is not State.OK:
            raise BrokenPromiseError(f"{case.name}: then {run.status.state}: {run.status.reason}")
        after = _counters(run)
    for name, series in before.items():
        for labels, value in series.items():
            if not after[name].get(labels, -1) >= value:
                raise BrokenPromiseError(
                    f"{case.name}: {name}{labels} is {after[name].get(labels)}, not {value}"
                )
    for name, series in undamaged.items():
        counted, true = sum(after[name].values()), sum(series.values())
        if counted < true and not math.isclose(counted, true):
            raise BrokenPromiseError(f"{case.name}: {name} is {counted} in all, not {true}")
    return str(told)


def _counters(run: Pipeline) -> Counters:
    return {
        metric.name: run.values(metric.name)
        for metric in run.stream.metrics
        if metric.type is MetricType.COUNTER
    }
