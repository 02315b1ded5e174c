"""The streams that teams and organizations have in common, by an organization's key."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR, Window, floor
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.world.organization import TEAMS
from exporter.simulator.world.truth import View, totals, usage_event_counts
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.streams.cursor.audit_log.case import CASE as AUDIT_LOG
from tests.streams.cursor.daily_usage.case import CASE as DAILY_USAGE
from tests.streams.cursor.daily_usage.test_daily_usage import row
from tests.streams.cursor.members.case import CASE as MEMBERS
from tests.streams.cursor.pages import page_of
from tests.streams.cursor.pool.case import CASE as POOL
from tests.streams.cursor.usage_events.case import CASE as USAGE_EVENTS
from tests.streams.harness import SECRET, Asked, Case, Pipeline, Route
from tests.streams.simulated import SimulatedVendor

TEAM_PATHS, ORGANIZATION_PATHS = "/teams/", "/organizations/"


def of_organization(case: Case) -> Case:
    """The case with the same answers below `/organizations`."""
    routes = [
        replace(route, path=route.path.replace(TEAM_PATHS, ORGANIZATION_PATHS))
        for route in case.routes
    ]
    return replace(case, routes=routes, target=POOL.target)


def asked(run: Pipeline) -> list[Any]:
    return [json.loads(request.content) for request in run.vendor.requests]


@pytest.mark.parametrize(
    "case", [USAGE_EVENTS, DAILY_USAGE, AUDIT_LOG], ids=lambda case: case.stream
)
async def test_the_same_answers_count_the_same(case: Case, tmp_path: Path) -> None:
    """The organization's streams read other paths, and feed the same families in the same way."""
    pages = []
    for number, each in enumerate((case, of_organization(case))):
        directory = tmp_path / str(number)
        directory.mkdir()
        async with Pipeline(each, directory) as run:
            await run.poll()
            assert (run.status.state, run.status.drift) == (State.OK, {})
            pages.append(run.page)
            paths = {request.url.path for request in run.vendor.requests}
            assert all(path.startswith(each.routes[0].path) for path in paths)
    assert pages[0] == pages[1] != ""


async def test_what_is_asked_by_post_names_the_organization(tmp_path: Path) -> None:
    """Beside the window, whose ends are numbers; a page has as many events as the options say."""
    async with Pipeline(of_organization(USAGE_EVENTS), tmp_path, options={"page_size": 7}) as run:
        await run.poll()
        assert {body["organizationId"] for body in asked(run)} == {"org_acme"}
        assert {body["pageSize"] for body in asked(run)} == {7}
        assert all(isinstance(body["startDate"], int) for body in asked(run))


async def test_what_is_asked_by_get_does_not(tmp_path: Path) -> None:
    """There the key alone says whose log it is."""
    async with Pipeline(of_organization(AUDIT_LOG), tmp_path) as run:
        await run.poll()
        [request] = run.vendor.requests
        assert set(request.url.params) == {"startTime", "endTime", "page", "pageSize"}


async def test_fields_of_organizations_are_no_drift(tmp_path: Path) -> None:
    """Events and rows tell their team."""
    async with Pipeline(of_organization(USAGE_EVENTS), tmp_path) as run:
        for event in run.vendor.bodies["events"]["usageEvents"]:
            event["teamId"] = 12345
        await run.poll()
        assert run.status.drift == {}
    async with Pipeline(of_organization(AUDIT_LOG), tmp_path) as run:
        for event in run.vendor.bodies["audit_log"]["events"]:
            event |= {"team_id": "", "application_type": "cursor"}
        await run.poll()
        assert run.status.drift == {}


async def test_somebody_in_two_teams_works_in_both_and_is_one_person(tmp_path: Path) -> None:
    """The rows add up; who comes twice in one team, because somebody joined meanwhile, counts once."""
    async with Pipeline(of_organization(DAILY_USAGE), tmp_path) as run:
        one = row("a", userId="user_1", teamId=7)
        other = row("A", added=5, userId="user_1", teamId=8, isActive=False)
        run.vendor.bodies["daily_usage"]["data"] = [one, other, row("b", teamId=8), one]
        await run.poll()
        assert run.status.state is State.OK
        assert run.value("cursor_lines_total", "suggested", "added") == 25
        assert run.value("assistant_daily_active_users") == 2


def person(number: int, *teams: tuple[int, str]) -> dict[str, Any]:
    return {
        "id": number,
        "email": f"p{number}@example.com",
        "name": f"P {number}",
        "organizationRole": "member",
        "teams": [{"teamId": team, "teamRole": role} for team, role in teams],
    }


def people_page(body: Any, asked: Asked) -> httpx.Response:
    return page_of(body, asked, "members", body["members"], "totalCount")


PEOPLE = replace(
    MEMBERS,
    routes=(Route("/organizations/members", "members", people_page, etag=False),),
    target=POOL.target,
    options={},
)


@pytest.mark.parametrize("most", [1, 200])
async def test_everybody_counts_once_by_the_highest_role(most: int, tmp_path: Path) -> None:
    """Who is in no team is no member of one, and who only looks after teams takes no seat."""
    async with Pipeline(PEOPLE, tmp_path) as run:
        people = [
            person(1, (7, "member"), (8, "owner")),
            person(2, (7, "free-owner"), (8, "member")),
            person(3, (7, "free-owner")),
            person(4, (7, "member")),
            person(5),
            person(4, (7, "member")),
        ]
        run.vendor.bodies["members"] = {"members": people}
        run.vendor.most = most
        await run.poll()
        assert (run.status.state, run.status.drift) == (State.OK, {})
        assert run.values("cursor_members") == {("owner",): 1, ("member",): 2, ("free-owner",): 1}
        assert run.value("assistant_seats") == 3


async def test_fewer_members_than_announced_show_nothing_new(tmp_path: Path) -> None:
    def fewer(body: Any, asked: Asked) -> httpx.Response:
        found = people_page(body, asked).json()
        found["pagination"]["totalCount"] += 1
        return httpx.Response(200, json=found)

    route = Route("/organizations/members", "members", fewer, etag=False)
    async with Pipeline(replace(PEOPLE, routes=(route,)), tmp_path) as run:
        run.vendor.bodies["members"] = {"members": [person(1, (7, "owner"))]}
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "1 rows came although 2 were announced" in run.status.reason
        assert run.page == ""


def simulated(case: Case, directory: Path, **options: Any) -> tuple[Pipeline, World]:
    """The pipeline of a stream of the simulated organization, which hurries nobody."""
    target = {"base_url": "http://127.0.0.1:8080/cursor", "requests_per_minute": 1_000_000}
    run = Pipeline(replace(case, target=POOL.target), directory, target=target, options=options)
    world = World(WorldSettings(developers=30), WorldClock(lambda: run.clock.now))
    keys = CursorOptions(organization_keys={SECRET: "admin:*"}, requests_per_minute=None)
    run.vendor = SimulatedVendor(case, Simulator(world, cursor=keys, wall=lambda: run.clock.now))
    return run, world


async def counted(run: Pipeline) -> dict[str, Decimal]:
    """What was counted of each family, less what is owed."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (metric, _), series in (await run.state()).ledger.items():
        sums[metric] += Decimal(series.counter - series.debt - series.moved)
    return sums


def true(world: World, first: float, now: float) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for total in totals(View(world, Window(int(first), int(now) + 1), now)):
        sums[total.name] += Decimal(total.value)
    return sums


@pytest.mark.parametrize(
    ("case", "options", "families"),
    [
        (
            USAGE_EVENTS,
            {"recent": "1d", "lookback": "3d", "page_size": 40},
            ("cursor_usage_events_total", "cursor_tokens_total", "cursor_charged_usd_total"),
        ),
        (
            DAILY_USAGE,
            {"lookback": "3d", "page_size": 10},
            ("cursor_lines_total", "cursor_applies_total", "cursor_requests_total"),
        ),
        (AUDIT_LOG, {"lookback": "3d"}, ("cursor_audit_events_total",)),
    ],
    ids=lambda value: value.stream if isinstance(value, Case) else "",
)
async def test_what_is_counted_of_the_teams_together_is_the_truth(
    case: Case, options: dict[str, Any], families: tuple[str, ...], tmp_path: Path
) -> None:
    """Over midnights and restarts, with prices that change and pages that move, to the last digit."""
    run, world = simulated(case, tmp_path, **options)
    first = floor(run.clock.now - 3 * DAY, DAY)
    async with run:
        for _ in range(4):
            await run.poll()
            assert (run.status.state, run.status.reason) == (State.OK, "")
            await run.restart()
            run.clock.now += 7 * HOUR
        world.quiet(run.clock.now)
        for _ in range(3):
            await run.poll(after=DAY)
        found, right = await counted(run), true(world, first, run.clock.now)
        assert {name: found[name] for name in families} == {name: right[name] for name in families}
        assert all(right[name] for name in families)
        paths = {request.url.path for request in run.vendor.requests}
        assert all(path.startswith("/cursor/organizations/") for path in paths)


def charged(world: World, first: float, now: float) -> Decimal:
    """What all usage events since then cost, in US dollars."""
    view = View(world, Window(int(first), int(now) + 1), now)
    dollars = (
        Decimal(value)
        for name, _, value in usage_event_counts(view)
        if name == "cursor_charged_usd_total"
    )
    return sum(dollars, Decimal(0))


async def test_the_pool_is_what_events_cost_since_the_contract_began(tmp_path: Path) -> None:
    """By team, and all together; what is left is the rest."""
    run, world = simulated(POOL, tmp_path)
    async with run:
        for _ in range(2):
            await run.poll(after=DAY)
            assert (run.status.state, run.status.reason) == (State.OK, "")
            organization, now = world.cursor_organization, run.clock.now
            right = charged(world, organization.contract_start, now)
            assert run.value("cursor_pool_used_usd") == pytest.approx(float(right), rel=1e-12)
            teams = run.values("cursor_team_pool_used_usd")
            assert set(teams) == {(str(team),) for team in TEAMS}
            assert sum(teams.values()) == pytest.approx(float(right), rel=1e-12)
            limit = run.value("cursor_pool_limit_usd")
            assert limit is not None
            left = pytest.approx(limit - float(right), rel=1e-12)
            assert run.value("cursor_pool_remaining_usd") == left


async def test_the_members_of_the_simulated_organization_are_counted_once(tmp_path: Path) -> None:
    run, world = simulated(PEOPLE, tmp_path)
    async with run:
        await run.poll()
        people = world.cursor_organization.people(run.clock.now)
        roles = Counter(each.member.role for each in people)
        assert run.values("cursor_members") == {(role,): n for role, n in roles.items()}
        assert any(len(each.teams) > 1 for each in people)
