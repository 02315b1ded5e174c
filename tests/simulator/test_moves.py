"""What is told otherwise than before: names of repositories, branches that were merged, teams, reports."""

from collections import Counter

from tests.simulator.support import COMMITS, DAY, START, Reader, Totals, simulator

SINCE = "2026-01-01"
WEEK = START - 7 * DAY
"""Enough of the world: its truth since its beginning takes seconds."""


def summed(totals: Totals, family: str) -> int:
    return sum(value for (name, *_), value in totals.items() if name == family)


async def test_a_renamed_repository_is_told_under_its_other_name() -> None:
    """Also what was told before; and back again. The truth has as many commits as ever."""
    reader = Reader(simulator())
    before = Counter(row["repoName"] for row in await reader.pages(COMMITS, startDate=SINCE))
    true = await reader.truth(since=WEEK)
    assert before["acme/api"]
    await reader.control("repositories/rename", repository="acme/api", name="acme/core")
    renamed = Counter(row["repoName"] for row in await reader.pages(COMMITS, startDate=SINCE))
    assert (renamed["acme/api"], renamed["acme/core"]) == (0, before["acme/api"])
    told = await reader.truth(since=WEEK)
    assert told != true
    assert summed(told, "cursor_commits_total") == summed(true, "cursor_commits_total")
    await reader.control("repositories/rename", repository="acme/core", name="acme/api")
    assert await reader.truth(since=WEEK) == true


async def test_commits_of_a_merged_branch_are_on_the_primary_one() -> None:
    """They were not, when they were told first."""
    reader = Reader(simulator())
    commit = {"repoName": "acme/api", "branchName": "feature/x", "isPrimaryBranch": False}
    await reader.control("commits", items=[commit, {**commit, "branchName": "feature/y"}])

    async def primary() -> dict[str, bool]:
        rows = await reader.pages(COMMITS, startDate=SINCE)
        return {
            row["branchName"]: row["isPrimaryBranch"]
            for row in rows
            if row["branchName"] in ("feature/x", "feature/y")
        }

    assert await primary() == {"feature/x": False, "feature/y": False}
    await reader.control("branches/merge", repository="acme/api", branch="feature/x")
    assert await primary() == {"feature/x": True, "feature/y": False}


async def test_a_team_that_is_formed_takes_along_what_its_people_did() -> None:
    """The sum over all teams is what it was."""
    app = simulator()
    reader, membership = Reader(app), app.world.membership
    before, teams = await reader.truth(since=WEEK), len(membership.teams)
    await reader.control("teams", name="newcomers", members=1)
    assert [team.first_name for team in membership.teams[teams:]] == ["newcomers"]
    assert len(membership.of_team(teams)) == 1
    after = await reader.truth(since=WEEK)
    family = "tabnine_team_keystrokes_total"
    assert after[family, "newcomers"] > 0
    assert summed(after, family) == summed(before, family)


async def test_withheld_reports_are_published_all_at_once() -> None:
    """No day from then on has one, as long as it lasts."""
    app = simulator()
    reader, copilot = Reader(app), app.world.copilot
    today = START // DAY * DAY
    await reader.control("copilot-reports/withhold", **{"from": today})
    await reader.control("advance", seconds=9 * DAY)
    now = app.world.clock.time()
    days = [int(today + number * DAY) for number in range(-1, 4)]
    assert [copilot.report(day, now) is not None for day in days] == [True, *[False] * 4]
    await reader.control("copilot-reports/withhold", **{"from": None})
    assert all(copilot.report(day, now) for day in days)
