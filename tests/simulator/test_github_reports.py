"""Copilot usage reports: links and files, lag and revisions, and what they add up to."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from exporter.simulator.application import Simulator
from exporter.simulator.github.report_records import entity_record, repository_records
from exporter.simulator.world.copilot_activity import (
    REPORT_LAG,
    CommandLine,
    DayReport,
    PersonDay,
)
from exporter.simulator.world.repository_days import REVIEW_TIMES_SINCE
from tests.simulator.support import DAY, START, Reader, Wall, named, simulator

TODAY = int(START // DAY) * DAY
SETTLED = TODAY - 9 * DAY
"""A day whose report is final."""
ORG = "/github/orgs/acme/copilot/metrics/reports"
ENTERPRISE = "/github/enterprises/acme/copilot/metrics/reports"
ENTITY = f"{ORG}/organization-1-day"


def date(day: int) -> str:
    return datetime.fromtimestamp(day, UTC).strftime("%Y-%m-%d")


async def rows(reader: Reader, path: str, day: int) -> list[dict[str, Any]]:
    """The records of all shards of a day's report."""
    response = await reader.github(path, day=date(day))
    assert response.status_code == 200, response.text
    assert response.json()["report_day"] == date(day)
    found = []
    for link in response.json()["download_links"]:
        file = await reader.http.get(link)
        assert file.status_code == 200, file.text
        found += [json.loads(line) for line in file.text.splitlines()]
    return found


def punctual(app: Simulator) -> int:
    """The first day to come whose report is not late."""
    for day in range(TODAY, TODAY + 9 * DAY, DAY):
        if app.world.copilot.report(day, day + DAY + REPORT_LAG) is not None:
            return day
    raise LookupError("every report is late")


async def test_a_day_has_no_report_until_its_time() -> None:
    """204 for an organization, 404 for an enterprise, and a report two days after the day's end."""
    app = simulator()
    reader = Reader(app)
    day = punctual(app)
    app.world.clock.advance(day + DAY + REPORT_LAG - START - 1)
    assert (await reader.github(ENTITY, day=date(day))).status_code == 204
    other = await reader.github(f"{ENTERPRISE}/enterprise-1-day", day=date(day))
    assert other.status_code == 404
    app.world.clock.advance(1)
    assert len(await rows(reader, ENTITY, day)) == 1
    assert len(await rows(reader, f"{ENTERPRISE}/enterprise-1-day", day)) == 1


async def test_reports_are_revised_until_they_are_final() -> None:
    """Each day after the first, and nothing more later than five days after the day's end."""
    app = simulator()
    reader = Reader(app)
    day = punctual(app)
    app.world.clock.advance(day + DAY + REPORT_LAG - START)
    told = []
    for _ in range(6):
        told.append((await rows(reader, ENTITY, day))[0]["code_generation_activity_count"])
        app.world.clock.advance(DAY)
    assert len(set(told[:3])) == 3
    assert len(set(told[2:])) == 1


async def test_links_need_no_credential_and_end() -> None:
    """A file is served to its link alone: not with a credential, not changed, not after an hour."""
    wall = Wall()
    app = simulator(wall=wall)
    reader = Reader(app)
    answer = await reader.github(ENTITY, day=date(SETTLED))
    [link] = answer.json()["download_links"]
    assert (await reader.http.get(link)).status_code == 200
    shown = await reader.http.get(link, headers={"Authorization": "Bearer sim-github-token"})
    assert shown.status_code == 400
    assert (await reader.http.get(link[:-1] + "x")).status_code == 403
    assert (await reader.http.get(httpx.URL(link).copy_with(query=None))).status_code == 403
    wall.now += 3_600
    assert (await reader.http.get(link)).status_code == 403


async def test_only_its_own_accounts_and_dates_are_known() -> None:
    """Other names are 404, other spellings of a day 422, a bad token 401."""
    reader = Reader(simulator())
    good = date(TODAY - 9 * DAY)
    for path in (
        "/github/orgs/other/copilot/metrics/reports/organization-1-day",
        f"{ORG}/enterprise-1-day",
        f"{ENTERPRISE}/organization-1-day",
        f"{ORG}/x-1-day",
    ):
        assert (await reader.github(path, day=good)).status_code == 404
    for day in ("", "yesterday", "2026-01-02T00:00:00Z", "20260102"):
        assert (await reader.github(ENTITY, day=day)).status_code == 422
    refused = await reader.http.get(ENTITY, params={"day": good})
    assert refused.status_code == 401


async def test_people_and_teams_add_up_to_the_truth() -> None:
    """Users are in three shards; teams of fewer than five are left out; joins give team totals."""
    app = simulator(developers=45)
    reader = Reader(app)
    day = SETTLED
    users = await rows(reader, f"{ORG}/users-1-day", day)
    teams = await rows(reader, f"{ORG}/user-teams-1-day", day)
    entity = (await rows(reader, ENTITY, day))[0]
    sizes = Counter(row["slug"] for row in teams)
    assert min(sizes.values()) >= 5
    assert len({row["user_id"] for row in users}) == len(users) == entity["daily_active_users"]
    field = "code_acceptance_activity_count"
    assert sum(row[field] for row in users) == entity[field]

    by_id = {row["user_id"]: row[field] for row in users}
    sums: Counter[str] = Counter()
    for row in teams:
        sums[row["slug"]] += by_id.get(row["user_id"], 0)
    truth = await reader.truth(since=day, until=day + 1)
    told = named(truth, "github_copilot_team_code_acceptances_total")
    assert {key[1]: value for key, value in told.items()} == +sums


@pytest.mark.parametrize(
    ("breakdown", "labels", "family"),
    [
        ("totals_by_feature", ("feature",), ""),
        ("totals_by_ide", ("ide",), "ide_"),
        ("totals_by_language_feature", ("language", "feature"), "language_"),
        ("totals_by_model_feature", ("model", "feature"), "model_"),
    ],
)
async def test_breakdowns_and_what_they_leave_out_are_the_truth(
    breakdown: str, labels: tuple[str, ...], family: str
) -> None:
    """What no row has is `other` in the truth."""
    app = simulator(developers=45)
    reader = Reader(app)
    day = SETTLED
    [entity] = await rows(reader, ENTITY, day)
    field = "code_generation_activity_count"
    expected = {tuple(row[label] for label in labels): row[field] for row in entity[breakdown]}
    rest = entity[field] - sum(expected.values())
    assert rest > 0
    expected[("other",) * len(labels)] = rest
    truth = named(
        await reader.truth(since=day, until=day + 1),
        f"github_copilot_{family}code_generations_total",
    )
    assert {key[1:]: value for key, value in truth.items()} == {
        key: value for key, value in expected.items() if value
    }


async def test_a_use_can_be_injected() -> None:
    """It is in the day's report from then on, for the person that was named."""
    app = simulator()
    reader = Reader(app)
    day = SETTLED
    login = app.world.developers[3].login
    before = {
        row["user_login"]: row["code_acceptance_activity_count"]
        for row in await rows(reader, f"{ORG}/users-1-day", day)
    }
    posted = {"timestamp": day, "login": login, "feature": "agent_edit", "code_acceptances": 700}
    await reader.control("copilot-uses", **posted)
    after = {
        row["user_login"]: row["code_acceptance_activity_count"]
        for row in await rows(reader, f"{ORG}/users-1-day", day)
    }
    assert after == before | {login: before.get(login, 0) + 700}


def test_the_command_line_is_told_when_its_sessions_are_rounded_away() -> None:
    """What is told first of a day may be no session and one request: it is one request."""
    report = DayReport(
        SETTLED,
        {0: PersonDay((), CommandLine(sessions=0, requests=1, output_tokens=9))},
        {},
    )
    record = entity_record(simulator().world.copilot, report, enterprise=False)
    told = record["totals_by_cli"]
    assert (told["session_count"], told["request_count"]) == (0, 1)


async def test_repositories_add_up_to_the_truth_and_to_the_account() -> None:
    """In two shards, under the name of the moment; what is added to one is there at once."""
    app = simulator(developers=45)
    reader = Reader(app)
    day = SETTLED - DAY
    added = {"created": 40, "suggestions_by_copilot": 3}
    for name in ("acme/brand-new", "acme/api"):
        await reader.control("pull-requests", timestamp=day, repository=name, **added)
    await reader.control("repositories/rename", repository="acme/api", name="acme-labs/core")
    found = await rows(reader, f"{ORG}/repos-1-day", day)
    assert len({row["repo_id"] for row in found}) == len(found) > 3
    [entity] = await rows(reader, ENTITY, day)
    created = {
        f"{row['repo_owner_name']}/{row['repo_name']}": row["pull_requests"]["total_created"]
        for row in found
    }
    assert created["acme/brand-new"] == 40
    assert created["acme-labs/core"] >= 40
    assert "acme/api" not in created
    assert sum(created.values()) == entity["pull_requests"]["total_created"]
    truth = await reader.truth(since=day, until=day + 1)
    name = "github_copilot_repository_pull_requests_created_total"
    told = {key[1]: value for key, value in named(truth, name).items()}
    assert told == created
    assert named(truth, name.replace("created", "suggestions_by_copilot")).total() >= 6


async def test_days_of_repositories_that_are_not_there_are_204_for_everybody() -> None:
    """Also of an enterprise, whose other reports are then 404; a day without pull requests has none."""
    app = simulator(developers=1)
    reader = Reader(app)
    for path in (ORG, ENTERPRISE):
        assert (await reader.github(f"{path}/repos-1-day", day=date(TODAY))).status_code == 204
        assert (await reader.github(f"{path}/repos-1-day", day=date(SETTLED))).status_code == 204
    assert (await reader.github(ENTITY, day=date(SETTLED))).status_code == 200


async def test_review_times_begin_with_the_day_since_when_github_tells_them() -> None:
    """People's alone, of repositories in which something was merged."""
    app = simulator(developers=45)
    for day in (REVIEW_TIMES_SINCE - 3 * DAY, REVIEW_TIMES_SINCE + 3 * DAY):
        report = app.world.copilot.report(day, day + 30 * DAY)
        assert report is not None
        found = [*repository_records(app.world.copilot, report, str, enterprise=False)]
        timed = [row for row in found if "pull_request_review_times" in row]
        merged = [row for row in found if row["pull_requests"]["total_merged"]]
        assert timed == (merged if day >= REVIEW_TIMES_SINCE else [])
        assert merged
        for row in timed:
            times = row["pull_request_review_times"]
            assert {each["reviewed_by"] for each in times} == {"human"}
            assert (
                sum(each["total_merged"] for each in times)
                == (row["pull_requests"]["total_merged"])
            )
