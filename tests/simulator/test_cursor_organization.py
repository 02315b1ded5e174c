"""Cursor's Organization API, simulated: the team's figures by team, and keys of one scope."""

from decimal import Decimal
from typing import Any

import httpx
import msgspec
import pytest

from exporter.model import DAY
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import ORGANIZATION_KEYS, CursorOptions
from exporter.simulator.world.organization import TEAMS
from tests.simulator.support import START, Reader, simulator

BASE = "/cursor/organizations"
ADMIN, USAGE, MEMBERS = ORGANIZATION_KEYS
DAY_MS = DAY * 1000
TODAY_MS = int(START // DAY * DAY_MS)
WEEK = {"startDate": TODAY_MS - 7 * DAY_MS, "endDate": TODAY_MS - 1}
OWN = {"organizationId": "org_acme"}


async def post(app: Simulator, path: str, key: str = ADMIN, **body: Any) -> httpx.Response:
    return await Reader(app).http.post(f"{BASE}/{path}", json=body, auth=(key, ""))


async def told(app: Simulator, path: str, **body: Any) -> Any:
    """The decoded answer; numbers with a fraction are exact."""
    response = await post(app, path, **OWN, **body)
    assert response.status_code == 200, response.text
    return msgspec.json.Decoder(float_hook=Decimal).decode(response.content)


async def get(app: Simulator, path: str, key: str = ADMIN, **query: Any) -> httpx.Response:
    return await Reader(app).http.get(f"{BASE}/{path}", params=query, auth=(key, ""))


async def test_what_the_teams_took_is_what_their_events_cost() -> None:
    """Since the contract began; by team, by member, and all together."""
    app = simulator()
    found = await told(app, "pooled-usage")
    pool, teams = found["pool"], {row["teamId"]: row["usedCents"] for row in found["teams"]}
    assert set(teams) == set(TEAMS)
    assert sum(teams.values()) == pool["usedCents"] > 0
    assert pool["limitCents"] - pool["usedCents"] == pool["remainingCents"]
    start = app.world.cursor_organization.contract_start
    events: dict[int, Decimal] = dict.fromkeys(TEAMS, Decimal(0))
    for event in app.world.usage_events.between(start * 1000, int(START * 1000) + 1, START):
        [team, *_] = app.world.cursor_organization.teams_of(event.user_email)
        events[team] += event.price.cents
    assert events == teams
    spend = await told(app, "spend", pageSize=1_000)
    people = {row["email"] for row in spend["teamMemberSpend"]}
    assert len(spend["teamMemberSpend"]) == spend["totalMembers"] > len(people)


async def test_events_and_days_have_their_team() -> None:
    """Ten events a page where nobody asks for more; somebody in two teams has a row in each."""
    app = simulator()
    page = await told(app, "filtered-usage-events", **WEEK)
    assert len(page["usageEvents"]) == page["pagination"]["pageSize"] == 10
    assert {event["teamId"] for event in page["usageEvents"]} <= set(TEAMS)
    days = await told(app, "daily-usage-data", **WEEK)
    assert {row["teamId"] for row in days["data"]} == set(TEAMS)
    assert all(row["userId"].startswith("user_") for row in days["data"])
    twice = {(row["day"], row["email"]) for row in days["data"]}
    assert len(twice) < len(days["data"])


async def test_members_and_audit_events_come_in_pages() -> None:
    app = simulator()
    members = (await get(app, "members", pageSize=5)).json()
    assert len(members["members"]) == 5
    assert members["pagination"]["totalCount"] > 5
    assert {team["teamId"] for row in members["members"] for team in row["teams"]} <= set(TEAMS)
    log = (await get(app, "audit-logs", startTime="30d")).json()
    assert [row["timestamp"] for row in log["events"]] == sorted(
        row["timestamp"] for row in log["events"]
    )
    assert {int(row["team_id"]) for row in log["events"]} <= set(TEAMS)


@pytest.mark.parametrize(
    ("path", "key", "status", "says"),
    [
        ("pooled-usage", USAGE, 200, None),
        ("pooled-usage", MEMBERS, 401, "Organization API key missing required scope: usage:*"),
        ("pooled-usage", "sim-cursor-key", 401, "Invalid Organization API Key"),
        ("members", MEMBERS, 200, None),
        ("members", USAGE, 401, "Organization API key missing required scope: members:read"),
    ],
)
async def test_a_key_opens_what_its_scope_says(
    path: str, key: str, status: int, says: str | None
) -> None:
    app = simulator()
    response = await (post(app, path, key, **OWN) if path != "members" else get(app, path, key))
    assert response.status_code == status
    if says is not None:
        assert response.json() == {"code": "error", "message": says}


@pytest.mark.parametrize(
    ("organization", "body", "status", "answer"),
    [
        ("org_acme", {}, 400, {"code": "error", "message": "organizationId is required"}),
        ("org_acme", {"organizationId": "x"}, 403, {"code": "error", "message": "Not authorized"}),
        (None, OWN, 404, {"error": "Organization not found"}),
    ],
)
async def test_the_organization_must_be_that_of_the_key(
    organization: str | None, body: dict[str, Any], status: int, answer: dict[str, str]
) -> None:
    app = simulator(cursor=CursorOptions(organization=organization))
    response = await post(app, "pooled-usage", **body)
    assert (response.status_code, response.json()) == (status, answer)


async def test_an_organizations_key_opens_no_teams_api() -> None:
    response = await Reader(simulator()).http.get("/cursor/teams/members", auth=(ADMIN, ""))
    assert (response.status_code, response.json()["message"]) == (401, "Invalid API key")
