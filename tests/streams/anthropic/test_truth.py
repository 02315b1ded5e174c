"""What is counted of the simulated organization equals the truth: through kills, late days and corrections."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from exporter.model import DAY, HOUR
from exporter.simulator.world.truth import (
    Count,
    View,
    claude_code_counts,
    enterprise_counts,
    enterprise_usage_counts,
)
from tests.streams.anthropic.claude_code.case import CASE as CLAUDE_CODE
from tests.streams.anthropic.enterprise.case import CASE as ENTERPRISE
from tests.streams.anthropic.enterprise_usage.case import CASE as USAGE
from tests.streams.anthropic.simulated_organization import SimulatedOrganization
from tests.streams.harness import Case

True_ = Callable[[View], Iterator[Count]]


@pytest.mark.parametrize(
    ("case", "true", "options", "simulated", "days", "every"),
    [
        pytest.param(
            CLAUDE_CODE, claude_code_counts, {"recent": "3d"}, {}, 5, 9 * HOUR, id="claude_code"
        ),
        pytest.param(
            ENTERPRISE,
            enterprise_counts,
            {"recent": "7d", "lookback": "7d"},
            {},
            6,
            13 * HOUR,
            id="enterprise",
        ),
        pytest.param(
            USAGE,
            enterprise_usage_counts,
            {"lookback": "30d"},
            {},
            23,
            50 * HOUR,
            id="newer reports",
        ),
        pytest.param(
            USAGE,
            enterprise_usage_counts,
            {"beta": "auto", "lookback": "30d"},
            {"newer_reports": False, "groups_shown": 4},
            23,
            50 * HOUR,
            id="older reports, cut off",
        ),
    ],
)
async def test_what_is_counted_is_the_truth(
    case: Case,
    true: True_,
    options: Any,
    simulated: Any,
    days: int,
    every: int,
    tmp_path: Path,
) -> None:
    """After every poll, by family and to the last digit; what fell is a correction."""
    run = SimulatedOrganization(case, tmp_path, true, simulated, **options)
    corrections = 0
    async with run:
        async for _ in run.work(days * DAY, every):
            counted, known = await run.counted(), run.truth()
            assert {name: counted[name] for name in known} == known
            corrections += run.status.corrections
        counters = {m.name for m in run.stream.metrics if m.name.endswith("_total")}
        common = {name for name in counters if name.startswith("assistant_")}
        people = {m.name for m in run.stream.metrics if m.people}
        assert known.keys() == counters - common - people
        assert all(known.values())
        assert corrections
