"""The closed Copilot usage API of the simulator against the world's truth and the documented behaviour."""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from tests.simulator.support import DAY, START, Reader, Totals, named, simulator, stamp

OPEN = GitHubOptions(legacy_copilot=True)
TODAY = START // DAY * DAY
SINCE = TODAY - 9 * DAY
USAGE = "/github/orgs/acme/copilot/usage"
ENTERPRISE_USAGE = "/github/enterprises/acme/copilot/usage"
SMALL = "infrastructure"

scopes = pytest.mark.parametrize("path", [USAGE, ENTERPRISE_USAGE], ids=["org", "enterprise"])


def app(developers: int = 44) -> Simulator:
    """With these people all teams but the last four have six members, those have five."""
    return simulator(developers=developers, github=OPEN)


async def days(reader: Reader, path: str, **more: Any) -> list[dict[str, Any]]:
    """All days from SINCE on, four a page."""
    response = await reader.github(path, since=stamp(SINCE), per_page=4, **more)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()
    while "next" in response.links:
        response = await reader.github(response.links["next"]["url"])
        rows += response.json()
    return rows


def usage(rows: list[dict[str, Any]], prefix: str, *lead: str) -> Totals:
    """What an exporter should count."""
    totals: Totals = Counter()
    for day in rows:
        for name, field, total in (
            ("suggestions", "suggestions_count", "total_suggestions_count"),
            ("acceptances", "acceptances_count", "total_acceptances_count"),
            ("lines_suggested", "lines_suggested", "total_lines_suggested"),
            ("lines_accepted", "lines_accepted", "total_lines_accepted"),
        ):
            family, rest = f"github_copilot_usage_{prefix}{name}_total", day[total]
            for row in day["breakdown"] or []:
                totals[family, *lead, row["language"], row["editor"]] += row[field]
                rest -= row[field]
            totals[family, *lead, "other", "other"] += rest
        for name in ("chat_turns", "chat_acceptances"):
            totals[f"github_copilot_usage_{prefix}{name}_total", *lead] += day[f"total_{name}"]
    return totals


@scopes
async def test_days_add_up_to_the_truth(path: str) -> None:
    """Of everybody and of each team, through all pages, with the rest in `other`."""
    simulated = app()
    reader = Reader(simulated)
    totals = usage(await days(reader, path), "")
    scope = path.removesuffix("/copilot/usage")
    for team in simulated.world.legacy_copilot.teams:
        rows = await days(reader, f"{scope}/team/{team}/copilot/usage")
        totals += usage(rows, "team_", team)
    truth = await reader.truth(since=SINCE, until=TODAY)
    assert +totals == named(truth, "github_copilot_usage_")


async def test_a_day_is_told_after_its_end_and_once_revised() -> None:
    """It appears three hours after midnight, and grows a day later."""
    reader = Reader(app())
    rows = await days(reader, USAGE)
    assert [row["day"] for row in rows] == [stamp(SINCE + n * DAY)[:10] for n in range(9)]
    await reader.control("advance", seconds=TODAY + DAY + 2 * 3600 - START)
    assert await days(reader, USAGE) == rows
    await reader.control("advance", seconds=3600)
    early = await days(reader, USAGE)
    assert [row["day"] for row in early[9:]] == [stamp(TODAY)[:10]]
    await reader.control("advance", seconds=DAY)
    late = await days(reader, USAGE)
    assert late[:9] == early[:9]
    assert late[9]["total_suggestions_count"] > early[9]["total_suggestions_count"]


async def test_breakdowns_fall_short_and_are_missing() -> None:
    """Some days have none, others leave rows out; days are one a week."""
    rows = await days(Reader(app()), USAGE)
    assert any(row["breakdown"] is None for row in rows)
    told = [row for row in rows if row["breakdown"]]
    parts = [sum(part["suggestions_count"] for part in row["breakdown"]) for row in told]
    totals = [row["total_suggestions_count"] for row in told]
    assert all(part <= total for part, total in zip(parts, totals, strict=True))
    assert parts != totals


async def test_a_small_team_has_no_days() -> None:
    """With fewer than five members nothing is told, which is not an error."""
    reader = Reader(app(developers=20))
    path = "/github/orgs/acme/team/{}/copilot/usage"
    assert await days(reader, path.format(SMALL)) == []
    assert (await reader.github(path.format("nobody"))).status_code == 404


@scopes
async def test_the_range_is_limited(path: str) -> None:
    """Up to the documented number of days back; the end is a day of its own."""
    reader = Reader(app(developers=5))
    response = await reader.github(path, since=stamp(TODAY - 29 * DAY))
    assert response.status_code == 422
    assert (await reader.github(path, since="yesterday")).status_code == 422
    [day] = (await reader.github(path, since=stamp(SINCE), until=stamp(SINCE + DAY - 1))).json()
    assert datetime.fromisoformat(day["day"]).day == int(stamp(SINCE)[8:10])


@scopes
async def test_the_api_is_closed_by_default(path: str) -> None:
    """As at GitHub: 404."""
    assert (await Reader(simulator()).github(path)).status_code == 404
