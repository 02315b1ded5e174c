"""What tests share: goldens that can be written again, laws without a time limit, a running exporter."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.running import Running, Vendors

# How long an example takes says more of the machine than of the law.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write golden files instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or writes it with `--update-goldens`."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update-goldens"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path} is missing; write it with --update-goldens"
        assert text == path.read_text(encoding="utf-8")

    return check


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    """The simulated vendors on loopback."""
    async with Vendors().serving() as vendors:
        yield vendors


@pytest.fixture
def running(tmp_path: Path, vendors: Vendors) -> Running:
    """An exporter of theirs in this process, to be configured and started."""
    return Running(tmp_path, vendors)
