"""What tests share: goldens that can be written again, laws without a time limit, a running exporter.

A test that starts a process or waits has the mark `process`, or it fails: `make quick` relies on it.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from exporter import log
from tests.guard import Guard
from tests.one_thread import OneThreadLoop
from tests.running import Running, Vendors

# How long an example takes says more of the machine than of the law.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


WAITING_FIXTURES = {"running"}
"""Whoever uses them waits for what runs beside the test."""

UNMEASURED = (
    "tests/chaos/",
    "tests/e2e/",
    "tests/faults/",
    "tests/fuzz/",
    "tests/poll/test_budget.py",
    "tests/poll/test_clock_steps.py",
    "tests/poll/test_ledger.py",
    "tests/poll/test_odd_answers.py",
    "tests/poll/test_searches.py",
    "tests/poll/test_series_budget.py",
    "tests/poll/test_walks.py",
    "tests/simulator/test_github_legacy.py",
    "tests/simulator/test_story.py",
    "tests/streams/anthropic/test_reports.py",
    "tests/streams/anthropic/test_truth.py",
    "tests/streams/cursor/daily_usage/test_truth.py",
    "tests/streams/cursor/test_organization.py",
    "tests/streams/cursor/usage_events/test_truth.py",
    "tests/streams/github/billing_usage/test_bill_checked.py",
    "tests/streams/github/copilot_reports/test_truth.py",
    "tests/streams/tabnine/team_usage/test_memory.py",
    "tests/streams/test_contract.py",
    "tests/streams/test_example.py",
    "tests/streams/test_privacy_change.py",
    "tests/streams/test_series_choice.py",
    "tests/test_adding_a_vendor.py",
    "tests/test_chart.py",
    "tests/test_documented_commands.py",
    "tests/test_masking.py",
    "tests/test_package.py",
    "tests/test_privacy_search.py",
    "tests/test_prometheus_rules.py",
    "tests/test_reload.py",
    "tests/test_soak.py",
    "tests/test_systemd.py",
    "tests/vendors/github_openapi/",
    "tests/web/test_listing.py",
    "tests/web/test_status_browser.py",
)
"""Campaigns, walk-throughs, long laws, other programs: where they go in the exporter's code, others have been."""

FIRST = (
    (
        "tests/chaos/test_state_file.py",
        "tests/e2e/test_bills.py",
        "tests/e2e/test_dashboards.py",
        "tests/e2e/test_ending.py",
        "tests/e2e/test_privacy.py",
        "tests/poll/test_walks.py",
        "tests/streams/test_contract.py",
        "tests/test_documented_commands.py",
        "tests/test_privacy_search.py",
        "tests/test_reload.py",
    ),
    (
        "tests/chaos/",
        "tests/e2e/",
        "tests/faults/",
        "tests/poll/test_series_budget.py",
        "tests/test_adding_a_vendor.py",
        "tests/test_chart.py",
        "tests/test_package.py",
        "tests/test_prometheus_rules.py",
        "tests/test_soak.py",
        "tests/vendors/github_openapi/",
        "tests/web/test_status_browser.py",
    ),
)
"""What takes longest begins first, in an order drawn among its like: begun last, it would be waited for alone."""

ONE_THREAD = (
    "tests/faults/",
    "tests/poll/test_odd_answers.py",
    "tests/poll/test_searches.py",
    "tests/poll/test_series_budget.py",
    "tests/poll/test_walks.py",
    "tests/streams/",
    "tests/test_privacy_search.py",
    "tests/vendors/github_openapi/",
)
"""They poll streams one by one, thousands of times; their loops do the work of threads themselves."""

_guard = Guard()
_guard.install()

# What is imported and collected stays to the end, and is most of what a collection would look through.
gc.disable()
_SELDOM = 1_000
"""How many times younger garbage is collected before old garbage is."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    for item in items:
        if WAITING_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.process)
        if item.nodeid.startswith(UNMEASURED):
            item.add_marker(pytest.mark.unmeasured)
    yield
    items.sort(key=_turn)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _SELDOM)
    gc.enable()


def _turn(item: pytest.Item) -> int:
    turns = (turn for turn, files in enumerate(FIRST) if item.nodeid.startswith(files))
    return next(turns, len(FIRST))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where one half of the tests is asked for, the files of the other are not even imported."""
    half = config.getoption("markexpr")
    if collection_path.suffix != ".py" or half not in ("unmeasured", "not unmeasured"):
        return None
    path = collection_path.relative_to(config.rootpath).as_posix()
    return path.startswith(UNMEASURED) != (half == "unmeasured") or None


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    alone = item.nodeid.startswith(ONE_THREAD)
    return {"loop": OneThreadLoop if alone else asyncio.new_event_loop}


def _watched(item: pytest.Item) -> Generator[None, object, object]:
    """A phase of a test, which fails if it does what the test has no mark for."""
    if item.get_closest_marker("process"):
        return (yield)
    _guard.watch()
    try:
        result = yield
    finally:
        seen = _guard.relent()
    assert not seen, f"a test that is not marked `process` did: {', '.join(seen[:3])}"
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _watched(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _watched(item))


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
def caplog(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, as the exporter writes it, but for the credentials that it takes out."""
    caplog.handler.setFormatter(log.formatter("logfmt", hide=str))
    return caplog


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    """The simulated vendors on loopback."""
    async with Vendors().serving() as vendors:
        yield vendors


@pytest.fixture
def running(tmp_path: Path, vendors: Vendors) -> Running:
    """An exporter of theirs in this process, to be configured and started."""
    return Running(tmp_path, vendors)
