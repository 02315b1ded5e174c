"""What several tests with real processes start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Simulator


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A small simulated world whose API Insights settle within a minute."""
    simulator = Simulator(
        tmp_path, "--developers=12", "--no-rate-limit", "--lag-start=0s", "--lag-end=1m"
    )
    yield simulator
    simulator.stop()
