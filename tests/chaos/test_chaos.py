"""The crash campaign in small: some days, a few kills, and not one unit off."""

from pathlib import Path

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.failpoints import Point, Strike

pytestmark = pytest.mark.process


def test_kills_in_commits_and_elsewhere_neither_add_nor_lose(tmp_path: Path) -> None:
    """Every counter equals the truth, on the page and in the state; none ever fell."""
    campaign = Campaign(tmp_path, kills=7, seed=20_261_122, days=2, developers=3, longest=0.4)
    report = campaign.run()
    assert report.wrong == {}, report.text()
    assert report.falls == []
    assert all(report.kills[point] == 1 for point in Point)
    assert report.kills["elsewhere"] == 2
    assert report.scrapes > 0
    assert report.units > 100_000


def test_a_strike_is_told_to_a_daemon_as_text() -> None:
    """What is written is what is read."""
    strike = Strike(Point.DURING_COMMIT, 7, 250)
    assert Strike.of(str(strike)) == strike
