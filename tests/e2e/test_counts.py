"""Simulator, daemon and Prometheus as processes: what arrives equals the truth, to the unit."""

import asyncio
import contextlib
import random
import re
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import counted as known
from tests.chaos.comparison import ledgers
from tests.e2e.processes import Exporter, Prometheus, Simulator, wait_for

pytestmark = pytest.mark.process

DAY = 86_400
LOOKBACK_DAYS = 3
STREAMS = {name for name, each in known.STREAMS.items() if "enterprise" not in each.account.scope}
"""What is told within a minute; bills and reports come days later, and the crash campaign has them."""
Totals = dict[tuple[str, tuple[tuple[str, str], ...]], int]


def configuration(simulator: Simulator, directory: Path) -> dict[str, Any]:
    return {
        "targets": known.targets(
            simulator.url, directory, dict.fromkeys(STREAMS, f"{LOOKBACK_DAYS}d")
        ),
        "state": {"path": str(directory / "state.db")},
        # The teams are small, and the truth knows them by name.
        "privacy": {"users": "plain", "min_group_size": 1},
        "counting": {"history": "count", "birth_hold": "2s"},
    }


def counted(page: str) -> Totals:
    """The vendors' counters on a page, without the account."""
    return {
        (
            sample.name,
            tuple(sorted((k, v) for k, v in sample.labels.items() if k != "account")),
        ): int(sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if re.match(r"(anthropic|cursor|github|tabnine)_.*_total$", sample.name)
        and not sample.name.startswith("cursor_user")
        and sample.value
    }


def first_day() -> float:
    """The first day that a stream reads whose first poll is at this moment."""
    return (time.time() - LOOKBACK_DAYS * DAY) // DAY * DAY


def shown_of(truths: Sequence[Totals], page: Totals) -> Totals:
    """Of each family the truth that the page shows, the first one where it shows none.

    There are two where midnight came while streams were polled for the first time: it is not known
    which of them began on which day.
    """
    found: Totals = {}
    for family in {name for truth in truths for name, _ in truth}:
        told = [shared(truth, {family}) for truth in truths]
        found |= next((truth for truth in told if truth == shared(page, {family})), told[0])
    return found


def floor_of(truths: Sequence[Totals]) -> Totals:
    """What is shown at least, on whichever of the days counting began."""
    return {key: min(truth.get(key, 0) for truth in truths) for key in truths[0]}


def less_owed(page: Totals, debts: Mapping[Any, Decimal]) -> Totals:
    """The sums without what the vendor corrected when nothing was left that could pay for it."""
    net = {key: value - int(debts.get(key, 0)) for key, value in page.items()}
    return {key: value for key, value in net.items() if value}


def shared(truth: Totals, families: set[str]) -> Totals:
    return {key: value for key, value in truth.items() if key[0] in families}


FAMILIES = {
    "cursor_commits_total",
    "cursor_commit_lines_added_total",
    "cursor_commit_lines_deleted_total",
    "cursor_changes_total",
    "cursor_change_lines_added_total",
    "cursor_change_lines_deleted_total",
    "cursor_change_file_lines_added_total",
    "cursor_change_file_lines_deleted_total",
    "github_api_requests_total",
    "github_api_rate_limited_requests_total",
    "github_api_subject_requests_total",
    "github_api_subject_rate_limited_requests_total",
    "github_api_route_requests_total",
    "github_api_route_rate_limited_requests_total",
    "tabnine_completions_total",
    "tabnine_chat_interactions_total",
    "tabnine_team_completions_total",
    "tabnine_team_chat_interactions_total",
    "tabnine_audit_events_total",
}

BOT = {
    "actor_type": "installation",
    "actor_name": "burst-bot",
    "actor_id": 990_001,
    "subject_type": "installation",
    "subject_name": "burst-bot",
    "subject_id": 990_001,
    "http_method": "GET",
    "api_route": "/repositories/:repository_id/pulls",
}
"""An app that nobody has seen before."""


def growth(prometheus: Prometheus, selector: str) -> int:
    """What a counter grew by, from every scraped value; a fall is a failure."""
    result = prometheus.query(f"{selector}[30m]")
    assert len(result) == 1, result
    values = [float(value) for _, value in result[0]["values"]]
    assert values == sorted(values), f"{selector} fell: {values}"
    return int(values[-1] - values[0])


def test_prometheus_equals_the_truth_through_revisions_kills_and_restarts(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Traffic, late data, a correction, three SIGKILLs and a restart: not one unit is off."""
    chance = random.Random(20_261_121)
    begun = first_day()
    config = configuration(simulator, tmp_path)
    # Nothing is born before Prometheus has seen it at 0.
    held = {**config, "counting": {**config["counting"], "birth_hold": "1h"}}
    exporter = Exporter(tmp_path, held)
    prometheus = Prometheus(tmp_path, exporter.port)
    try:
        exporter.wait_until_polled()
        slot = (time.time() - 1_800) // 300 * 300
        unit = {**BOT, "timestamp": slot, "total": 900, "rate_limited": 400}
        simulator.control("traffic", unit)
        simulator.control(
            "commits",
            {
                "items": [
                    {"repoName": "acme/new", "totalLinesAdded": 10 + n, "tabLinesAdded": n}
                    for n in range(25)
                ]
            },
        )
        day = {"timestamp": time.time() - DAY}
        simulator.control("assistance", {**day, "completions": 900, "chat_interactions": 60})
        for _ in range(3):
            time.sleep(chance.uniform(0.2, 1.6))
            exporter.process.kill()
            exporter.start()
            exporter.wait_until_ready()

        limited = 'github_api_subject_rate_limited_requests_total{subject_name="burst-bot"}'
        asked = limited.replace("rate_limited_", "")
        for bot in (limited, asked):
            wait_for("Prometheus saw the bot", partial(prometheus.query, f"{bot} == 0"))
        exporter.wait_for_polls(STREAMS)
        days = {begun, first_day()}
        exporter.reconfigure(config)
        # Late data, then less than was there, then growth beyond it: the debt is paid.
        exporter.wait_for_polls(STREAMS)
        simulator.control("traffic/revise", {**unit, "total": 1_000, "rate_limited": 450})
        simulator.control("assistance/revise", {**day, "completions": 850})
        exporter.wait_for_polls(STREAMS)
        simulator.control("traffic/revise", {**unit, "total": 700, "rate_limited": 300})
        exporter.wait_for_polls(STREAMS)
        assert exporter.process.stop() == 0
        simulator.control(
            "traffic", {**unit, "timestamp": slot + 300, "total": 800, "rate_limited": 350}
        )
        simulator.control("changes", {"items": [{"source": "TAB", "totalLinesAdded": 7}] * 11})
        simulator.control("assistance", {**day, "completions": 400, "chat_interactions": 90})
        simulator.control("audit-events", {"items": [{"eventType": "token.revoked"}] * 13})
        exporter.start()
        exporter.wait_until_ready()
        exporter.wait_for_polls(STREAMS)

        simulator.control("freeze")
        # Nothing grows any more that could pay for it.
        simulator.control("assistance/revise", {**day, "completions": 100})
        exporter.wait_for_polls(STREAMS)
        truths = [shared(simulator.truth(since=day), FAMILIES) for day in sorted(days)]

        def page() -> Totals:
            return shared(counted(exporter.page()), FAMILIES)

        def complete() -> bool:
            found = page()
            return all(found.get(key, 0) >= least for key, least in floor_of(truths).items())

        # The last births are held at 0 for a while.
        with contextlib.suppress(AssertionError):
            wait_for("the page has it all", complete)
        told = page()
        assert (
            sum(value for (name, _), value in told.items() if name == "cursor_commits_total") > 25
        )
        assert told["tabnine_audit_events_total", (("event_type", "token.revoked"),)] == 13
        assert told["tabnine_completions_total", ()] > 1_250
        assert "usage_exporter_corrections_total" in exporter.page()

        prometheus.wait_for_scrape()
        assert scraped(prometheus) == told
        assert growth(prometheus, limited) == 650, "the first burst is there, seen from zero"
        assert float(prometheus.query(f"increase({limited}[30m])")[0]["value"][1]) > 0
        assert growth(prometheus, asked) == 1_500

        assert exporter.process.stop() == 0
        debts = asyncio.run(ledgers(tmp_path / "state.db")).debts
        assert debts["tabnine_completions_total", ()] > 0
        net = less_owed(told, debts)
        assert net == shown_of(truths, net)
    finally:
        prometheus.stop()
        exporter.process.stop()


def scraped(prometheus: Prometheus) -> Totals:
    own = {"__name__", "account", "instance", "job"}
    return {
        (
            row["metric"]["__name__"],
            tuple(sorted((k, v) for k, v in row["metric"].items() if k not in own)),
        ): int(row["value"][1])
        for family in FAMILIES
        for row in prometheus.query(family)
        if int(row["value"][1])
    }
