"""What the exporter holds does not grow with the time that it runs."""

import asyncio
import gc
import os
import shutil
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from random import Random

import pytest

from bench.soak import sample
from bench.soak.accounts import configuration
from bench.soak.sample import Sample
from bench.soak.soak import BEGIN, Plan, Soak
from exporter.config.blocks import Config
from exporter.model import DAY
from exporter.poll.job import Job
from exporter.runtime.app import App
from tests.clock import ManualClock
from tests.e2e.processes import Simulator

pytestmark = pytest.mark.process

STEP = DAY // 2
A_WEEK = 7 * DAY // STEP
WARM_UP = 3 * DAY // STEP
MOST_OBJECTS_LEFT = 2.0
"""Of a poll: a remembered answer alone has more."""


async def test_a_week_holds_no_more_than_the_week_before(tmp_path: Path) -> None:
    """Days are forgotten as days are counted; objects, descriptors and tasks do not pile up."""
    simulator = Simulator(tmp_path, "--no-rate-limit", f"--start={BEGIN}", "--developers=3")
    try:
        simulator.control("freeze")
        settings = configuration(simulator.url, tmp_path, targets=3)
        for target in settings["targets"]:
            target["requests_per_minute"] = 1_000_000
            if "ai_code_commits" in target["streams"]:
                # Three people get to all of their repositories in months only.
                target["streams"]["ai_code_commits"] |= {"drop_labels": ["repository"]}
        clock = ManualClock(BEGIN)
        # What stands before the exporter is most of what a collection would look through.
        gc.collect()
        gc.freeze()
        async with App(Config.model_validate(settings), clock, Random(1)) as app:
            held = []
            for _ in range(WARM_UP + 2 * A_WEEK):
                clock.now = simulator.control("advance", {"seconds": STEP})["now"]
                await app.once()
                assert {job.status.failures_in_row for job in app.jobs} == {0}
                held.append(_held(tmp_path / "state.db", app.jobs))
            polls_a_week = A_WEEK * len(app.jobs)
    finally:
        gc.unfreeze()
        simulator.stop()
    before, after = held[-2 * A_WEEK : -A_WEEK], held[-A_WEEK:]
    left = _middle(after, "objects") - _middle(before, "objects")
    assert left / polls_a_week < MOST_OBJECTS_LEFT
    for name in ("descriptors", "tasks", "slot", "gauge", "series"):
        assert _middle(after, name) <= 1.1 * _middle(before, name), name


async def test_a_daemon_that_is_scraped_and_reloaded_stays_as_it_is(tmp_path: Path) -> None:
    """Hours in seconds: the plan, reloads and scrapes leave neither tasks nor sockets behind."""
    said: list[str] = []
    samples = await Soak(Plan(hours=8, speed=1800, targets=6), tmp_path, said.append).run()
    assert len(said) == len(samples) == 8
    assert samples[-1].polls > samples[0].polls
    assert samples[-1].failed_polls < samples[-1].polls / 2
    assert samples[-1].scrapes > samples[-1].failed_scrapes == 0
    assert sample.grown(samples) == [], said


async def test_a_daemon_that_leaves_something_behind_is_found_out(tmp_path: Path) -> None:
    """One more of each at each reload or scrape is seen in each figure within four hours."""
    said: list[str] = []
    plan = Plan(hours=4, speed=1800, targets=3)
    samples = await Soak(plan, tmp_path, said.append, daemon="tests.leaking_daemon").run()
    assert set(sample.grown(samples)) == set(sample.MOST), said


def _middle(held: Sequence[Mapping[str, int]], name: str) -> float:
    return float(statistics.median(map(itemgetter(name), held)))


def _held(state: Path, jobs: Sequence[Job]) -> dict[str, int]:
    """What this process and its state file hold between two polls."""
    gc.collect()
    descriptors = sample.process_figures(os.getpid())["descriptors"]
    return {
        "objects": len(gc.get_objects()),
        "descriptors": descriptors - sample.kept_connections(jobs),
        "tasks": len(asyncio.all_tasks()),
        **_rows(state, "slot", "gauge", "series"),
    }


def _rows(state: Path, *tables: str) -> dict[str, int]:
    """How many rows tables have, in a copy: the exporter keeps the file to itself."""
    copy = state.with_name("copy.db")
    for suffix in ("", "-wal"):
        shutil.copy(f"{state}{suffix}", f"{copy}{suffix}")
    with closing(sqlite3.connect(copy)) as connection:
        return {
            table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in tables
        }


ONE = Sample(
    hours=1.0,
    resident_kib=100_000,
    descriptors=40,
    threads=8,
    tasks=7,
    objects=90_000,
    state_kib=500,
    wal_kib=4_000,
    page_series=3_000,
    polls=10,
    failed_polls=0,
    scrapes=60,
    failed_scrapes=0,
    reloads=2,
)


def test_growth_is_told_in_per_cent_a_simulated_day() -> None:
    """A line through all samples, so that one that stands out does not decide."""
    flat = [replace(ONE, hours=hour) for hour in range(1, 9)]
    assert sample.growth(flat, "tasks") == 0
    rising = [replace(each, objects=1_000 + 10 * round(each.hours)) for each in flat]
    assert sample.growth(rising, "objects") == pytest.approx(10 * 24 / 1_045 * 100)
    assert sample.growth(flat[:1], "objects") == 0


def test_the_table_leaves_the_warm_up_out_of_the_growth() -> None:
    """It shows the first sample, though growth begins after a quarter of them."""
    samples = [replace(ONE, hours=hour, tasks=99 if hour < 3 else 7) for hour in range(1, 9)]
    lines = sample.table(samples).splitlines()
    assert "start (1 h) | warmed up (3 h) | middle (6 h) | end (8 h)" in lines[0]
    assert "| asyncio tasks | 99 | 7 | 7 | 7 | +0.0% |" in lines


def test_the_page_tells_polls_and_series() -> None:
    """Comments are no series; sums are over all streams."""
    page = "\n".join(
        [
            "# TYPE usage_exporter_polls_total counter",
            'usage_exporter_polls_total{stream="a"} 3',
            'usage_exporter_polls_total{stream="b"} 4',
            'usage_exporter_poll_failures_total{stream="a",reason="error"} 1',
            "usage_exporter_config_last_reload_successful 1",
        ]
    )
    assert sample.page_figures(page) == {"page_series": 4, "polls": 7, "failed_polls": 1}
    assert sample.reloaded_well(page)
    assert not sample.reloaded_well(page.replace("successful 1", "successful 0"))
