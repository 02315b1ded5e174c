"""Pull requests by repository, end to end: what is in Prometheus equals the simulator's truth."""

from pathlib import Path
from typing import Any

import pytest

from exporter.model import DAY, floor
from exporter.simulator.world.repository_days import Requests
from tests.chaos.comparison import truth
from tests.chaos.world import MonthOfWork
from tests.e2e.struck_month import StruckMonth, assert_near, by_family

pytestmark = pytest.mark.process

STREAM = "github/copilot_reports"
BEGIN = 1_791_460_800
"""2026-10-08T12:00:00Z, a Thursday: GitHub tells review times since September."""
DEVELOPERS = 40
REPOSITORY = "github_copilot_repository_pull_requests_{}_total"
ACCOUNT = "github_copilot_pull_requests_{}_total"
BY_REPOSITORY = tuple(REPOSITORY.format(name) for name in Requests._fields)
FAMILIES = (
    *BY_REPOSITORY,
    *(ACCOUNT.format(name) for name in Requests._fields if "suggestions" not in name),
)
CREATED = REPOSITORY.format("created")
RENAMED, CALLED = "acme/api", "acme-labs/core"


def post(month: MonthOfWork, repository: str, figure: int, **more: Any) -> None:
    """Add pull requests to the oldest day that GitHub still revises: it has its report for sure."""
    day = {"timestamp": floor(month.now, DAY) - 5 * DAY, "repository": repository, **more}
    month.simulator.control("pull-requests", day | dict.fromkeys(Requests._fields, figure))


def pay_what_is_owed(month: MonthOfWork) -> None:
    """Let every repository grow by more than any correction took from it."""
    for labels in {labels for name, labels in truth(month) if name == CREATED}:
        name = dict(labels)["repository"]
        post(month, RENAMED if name == CALLED else name, 1_000)


def test_pull_requests_equal_the_truth_through_kills_revisions_and_another_name(
    tmp_path: Path,
) -> None:
    """Killed in a read and twice in a commit, while days are revised and one repository is moved."""
    with StruckMonth(tmp_path, STREAM, FAMILIES, begin=BEGIN, developers=DEVELOPERS) as struck:
        month, daemon = struck.month, struck.daemon
        post(month, RENAMED, 20)
        struck.begin(lambda scraped: scraped.get(CREATED, 0) > 20)
        struck.kill_in_a_read()
        struck.kill_in_commits(passing=DAY)
        struck.resume()
        month.simulator.control("repositories/rename", {"repository": RENAMED, "name": CALLED})
        post(month, "acme/secret-plan", 7, visibility="PRIVATE")
        for _ in range(4):
            # What is posted is settled by the next day.
            post(month, RENAMED, 3)
            month.advance(DAY)
            daemon.wait_for_polls(2)
        page = daemon.page()
        assert 'usage_exporter_corrections_total{vendor="github"' in page
        assert (
            f'github_copilot_repository_review_minutes{{account="github enterprise",repository="{CALLED}"'
            in page
        )
        pay_what_is_owed(month)
        true, shown = struck.settle(polls=3)
        assert_near(by_family(shown), by_family(true))
        assert {dict(labels)["repository"] for name, labels in shown if name == CREATED} >= {
            *(RENAMED, CALLED, "acme/secret-plan"),
        }
        # A repository that kept its name is right by itself.
        secret = (CREATED, (("repository", "acme/secret-plan"),))
        assert shown[secret] == true[secret] == 1_007
        struck.assert_prometheus_has(true)
