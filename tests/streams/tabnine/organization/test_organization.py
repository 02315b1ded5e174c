"""What is odd about Tabnine's organization: parts that are refused, months from 0, shared names."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from tests.streams.harness import Asked, Case, Pipeline, Route, answer
from tests.streams.tabnine.organization.case import CASE, PEOPLE

View = Callable[[Any, Asked], httpx.Response]

LICENSE, UTILIZATION = "/api/v1/license", "/api/v1/organization/account-utilizations"
PERMISSIONS, USERS = "/api/v1/instance/permissions", "/api/v1/organization/users"
TEAMS, TEAM_UTILIZATION = "/api/v1/organization/teams", "/api/v1/team/account-utilizations"
TEAM_USERS = "/api/v1/team/"

PARTS = {
    "license": (LICENSE, "tabnine_license_seats"),
    "utilization": (UTILIZATION, "tabnine_utilization_users"),
    "permissions": (PERMISSIONS, "tabnine_permission_users"),
    "unassigned_users": (USERS, "tabnine_unassigned_users"),
    "team_utilization": (TEAM_UTILIZATION, "tabnine_team_utilization_users"),
    "team_users": (TEAM_USERS, "tabnine_team_users"),
}
every_part = pytest.mark.parametrize("part", PARTS)


def swapped(path: str, view: View, case: Case = CASE) -> Case:
    """The case with another answer at a path."""
    routes = [Route(r.path, r.fixture, view) if r.path == path else r for r in case.routes]
    return replace(case, routes=routes)


def refusal(status: int, body: Any = None) -> View:
    message = {"error": "refused", "message": "Insufficient permissions", "status": status}
    return lambda _, asked: httpx.Response(status, json=body or message)


def team(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"team-{number}", "name": name, **more}


def fill_teams(run: Pipeline, *names: str) -> None:
    """Let the organization have teams of these names, with as many active members as their number."""
    teams = [team(number, name) for number, name in enumerate(names, 1)]
    run.vendor.bodies["teams"] = {"data": teams}
    run.vendor.bodies["team_users"] = {
        row["id"]: {
            "data": [{"id": f"{row['id']}-{member}", "role": "Member"} for member in range(number)]
        }
        for number, row in enumerate(teams, 1)
    }


def members(run: Pipeline) -> dict[str, float]:
    return {labels[0]: n for labels, n in run.values("tabnine_team_users").items()}


@every_part
@pytest.mark.parametrize(
    ("status", "state"),
    [
        (401, State.UNAUTHORIZED),
        (403, State.FORBIDDEN),
        (404, State.NOT_FOUND),
        (422, State.ERROR),
        (500, State.UNAVAILABLE),
    ],
)
async def test_a_refused_part_stops_no_other(
    part: str, status: int, state: State, tmp_path: Path
) -> None:
    """Its gauges vanish, never to zero; the state tells it and how to do without; the rest is there."""
    path, gauge = PARTS[part]
    async with Pipeline(swapped(path, refusal(status)), tmp_path) as run:
        await run.poll()
        assert run.status.state is state
        assert path in run.status.reason
        assert f"leave_out: [{part}]" in run.status.reason
        assert run.values(gauge) == {}
        for other, (_, metric) in PARTS.items():
            assert (run.values(metric) == {}) is (other == part)
        assert run.value("tabnine_license_seats") is not None or part == "license"
        assert (await run.state()).last_success is None


@pytest.mark.parametrize(
    ("status", "state"),
    [(403, State.FORBIDDEN), (404, State.NOT_FOUND), (500, State.UNAVAILABLE)],
)
@pytest.mark.parametrize("configured", [True, False])
async def test_refused_details_stop_no_part(
    status: int, state: State, configured: bool, tmp_path: Path
) -> None:
    """Only what names the organization is absent, and who is unassigned where its id is not configured."""
    more = {"organization_id": "7d2f2f9e-0000-4000-8000-000000000001"} if configured else {}
    path = "/api/v1/organization"
    async with Pipeline(swapped(path, refusal(status)), tmp_path, target=more) as run:
        await run.poll()
        assert run.status.state is state
        assert run.status.reason.startswith(f"the organization's details: GET {path} answered")
        assert run.values("tabnine_organization_info") == {}
        for part, (_, metric) in PARTS.items():
            unknown = part == "unassigned_users" and not configured
            assert (run.values(metric) == {}) is unknown, part


@every_part
async def test_a_part_that_is_refused_later_does_not_stand_still(part: str, tmp_path: Path) -> None:
    """What was read before is gone with the poll that was refused, and back with the next good one."""
    path, gauge = PARTS[part]
    refused = False

    def view(body: Any, asked: Asked) -> httpx.Response:
        return refusal(403)(body, asked) if refused else good(body, asked)

    good = next(route.view for route in CASE.routes if route.path == path)
    async with Pipeline(swapped(path, view), tmp_path) as run:
        await run.poll()
        before = run.values(gauge)
        assert before
        refused = True
        await run.poll(after=3_600)
        assert (run.status.state, run.values(gauge)) == (State.FORBIDDEN, {})
        refused = False
        await run.poll(after=3_600)
        assert (run.status.state, run.values(gauge)) == (State.OK, before)


@every_part
async def test_a_part_that_is_left_out_is_not_asked_for(part: str, tmp_path: Path) -> None:
    """An installation without it is then simply ok."""
    path, gauge = PARTS[part]
    options = {"leave_out": [part]}
    async with Pipeline(swapped(path, refusal(404)), tmp_path, options=options) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.values(gauge) == {}
        end = "/users" if part == "team_users" else path
        paths = {request.url.path for request in run.vendor.requests}
        assert not [p for p in paths if p.startswith(path) and p.endswith(end)]


async def test_without_the_list_of_teams_the_account_is_read(tmp_path: Path) -> None:
    """Gauges of the account stay, no team is asked about."""
    async with Pipeline(swapped(TEAMS, refusal(403)), tmp_path) as run:
        await run.poll()
        assert run.status.state is State.FORBIDDEN
        assert run.value("tabnine_license_seats") == 2_000
        assert run.values("tabnine_team_info") == {}
        assert not [r for r in run.vendor.requests if r.url.path.startswith("/api/v1/team")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "forbidden", "message": "flat words", "requestId": "req_2"}, "flat words"),
        ({"error": {"message": "nested words", "errors": ["x"], "status": 403}}, "nested words"),
        ({"message": "plain words", "status": 403}, "plain words"),
    ],
)
async def test_the_three_bodies_of_errors_are_understood(
    body: Any, said: str, tmp_path: Path
) -> None:
    """The reason has the vendor's words, whichever shape they come in."""
    async with Pipeline(swapped(LICENSE, refusal(403, body)), tmp_path) as run:
        await run.poll()
        assert said in run.status.reason


async def test_a_401_about_the_organization_does_not_blame_the_token(tmp_path: Path) -> None:
    """The reason names the option that is wrong."""
    body = {"error": "unauthorized", "message": "Unauthorized: Invalid organization."}
    case = swapped("/api/v1/organization", refusal(401, body))
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        assert run.status.state is State.UNAUTHORIZED
        assert "organization_id" in run.status.reason
        assert len(run.vendor.requests) == 1


async def test_a_minimal_organization(tmp_path: Path) -> None:
    """Only id and name are sure; what is not told is unknown, and no key or domain is shown."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert "PUBLIC KEY" not in run.page
        assert "example.com" not in run.page
        run.vendor.bodies["organization"] = {"id": "0-1", "name": "Example Org"}
        await run.poll(after=3_600)
        assert run.values("tabnine_organization_info") == {
            ("0-1", "Example Org", *["unknown"] * 5): 1
        }


@pytest.mark.parametrize(
    ("license_", "shown"),
    [
        ({"exp": 1_700_000_000, "iat": 1_690_000_000, "seats": 5}, (1_700_000_000, 1_690_000_000, 5)),
        ({}, (None, None, None)),
        (None, (None, None, None)),
    ],
    ids=["expired", "empty", "null"],
)  # fmt: skip
async def test_an_expired_or_empty_license(
    license_: Any, shown: tuple[int | None, ...], tmp_path: Path
) -> None:
    """An expired one shows when, in seconds; what is not told has no gauge."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["license"] = {"license": license_}
        await run.poll()
        assert run.status.state is State.OK
        names = ("expiry_timestamp_seconds", "issued_timestamp_seconds", "seats")
        assert tuple(run.value(f"tabnine_license_{name}") for name in names) == shown
        assert ('assistant_seats{vendor="tabnine",account="acme"} 5' in run.page) is bool(license_)


async def test_the_newest_month_is_told_by_year_and_month_from_0(tmp_path: Path) -> None:
    """January is 0, and the order of the rows means nothing."""

    def month(year: int, number: int, active: int) -> Mapping[str, int]:
        others = {"registered": 9, "deactivated": 1, "pending": 2}
        return {"year": year, "month": number, "active": active, **others}

    async with Pipeline(CASE, tmp_path) as run:
        rows = [month(2026, 0, 95), month(2025, 11, 77), month(2025, 10, 81)]
        run.vendor.bodies["utilization"] = rows
        await run.poll()
        assert run.value("tabnine_utilization_users", "active") == 95
        assert run.value("tabnine_utilization_month_timestamp_seconds") == 1_767_225_600
        run.vendor.bodies["utilization"] = rows[1:]
        await run.poll(after=3_600)
        assert run.value("tabnine_utilization_users", "active") == 77
        assert run.value("tabnine_utilization_month_timestamp_seconds") == 1_764_547_200
        run.vendor.bodies["utilization"] = [month(2025, 12, 1)]
        await run.poll(after=3_600)
        assert run.status.state is State.SCHEMA_ERROR
        assert "month" in run.status.reason


async def test_permissions_are_counted_by_the_roles_asked_for(tmp_path: Path) -> None:
    """One request a role, its holders are a number."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        return answer(body if asked.query["role"] == "Admin" else body[:1])

    options = {"permission_roles": ["Admin", "Manager"]}
    async with Pipeline(swapped(PERMISSIONS, view), tmp_path, options=options) as run:
        await run.poll()
        assert run.values("tabnine_permission_users") == {("Admin",): 2, ("Manager",): 1}


async def test_lists_of_users_are_asked_for_with_all_that_some_installation_needs(
    tmp_path: Path,
) -> None:
    """Limit, offset, organization, teamMember and active; limit and offset for every list."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        users = [dict(request.url.params) for request in run.vendor.asked(USERS)]
        common = {
            "organizationId": "5f0c2a7e-1b7d-4c0e-9a51-3f2d6f0e8a10",
            "teamMember": "false",
            "limit": "200",
            "offset": "0",
        }
        assert users == [common | {"active": "true"}, common | {"active": "false"}]
        for request in (*run.vendor.asked("/teams"), *run.vendor.asked("/users")):
            assert {"limit", "offset"} <= set(request.url.params)


async def test_an_installation_that_ignores_the_filter_counts_nobody_twice(tmp_path: Path) -> None:
    """Both lists are then all users: who is deactivated is told by the user."""
    view = next(route.view for route in CASE.routes if route.path == TEAMS)
    async with Pipeline(swapped(USERS, view), tmp_path) as run:
        await run.poll()
        assert run.values("tabnine_unassigned_users") == {("true",): 1, ("false",): 1}


async def test_nobody_without_a_team_is_a_zero(tmp_path: Path) -> None:
    """The vendor said so."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["users"] = {"data": []}
        await run.poll()
        assert run.values("tabnine_unassigned_users") == {("true",): 0, ("false",): 0}


async def test_a_role_that_nobody_knows_is_other(tmp_path: Path) -> None:
    """Roles are a closed label."""
    async with Pipeline(CASE, tmp_path) as run:
        fill_teams(run, "one")
        run.vendor.bodies["team_users"]["team-1"]["data"][0]["role"] = "Wizard"
        await run.poll()
        assert run.values("tabnine_team_users") == {("one", "other", "true"): 1}


async def test_teams_of_one_name_add_up(tmp_path: Path) -> None:
    """Their label is the name; only the info tells them apart."""
    async with Pipeline(CASE, tmp_path) as run:
        fill_teams(run, "same", "other team", "same")
        await run.poll()
        assert members(run) == {"same": 1 + 3, "other team": 2}
        assert run.value("tabnine_team_utilization_users", "same", "registered") == 2 * 5
        assert len(run.values("tabnine_team_info")) == 3


async def test_a_walk_that_the_quota_ends_goes_on(tmp_path: Path) -> None:
    """What was read stands with the state and the progress; the next poll reads the rest and no more."""
    async with Pipeline(CASE, tmp_path) as run:
        fill_teams(run, "a", "b", "c", "b")
        limited = httpx.Response(429, json={}, headers={"retry-after": "3600"})
        run.vendor.fail(lambda: limited, after=11, times=1)
        await run.poll()
        states = [run.status.state]
        assert run.status.walk == (1, 3)
        assert members(run) == {"a": 1}
        assert run.value("tabnine_license_seats") == 2_000
        before = len(run.vendor.asked("/team-1/users"))
        await run.poll(after=3_700)
        states.append(run.status.state)
        assert states == [State.RATE_LIMITED, State.OK]
        assert run.status.walk == (3, 3)
        assert members(run) == {"a": 1, "b": 2 + 4, "c": 3}
        assert len(run.vendor.asked("/team-1/users")) == before


async def test_a_team_that_is_gone_is_no_problem(tmp_path: Path) -> None:
    """It was removed after the list was read: its gauges go, nothing else does."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        name = asked.tail.removesuffix("/users")
        return refusal(404)(body, asked) if name == "team-1" else answer(body[name])

    async with Pipeline(swapped(TEAM_USERS, view), tmp_path) as run:
        fill_teams(run, "gone", "here")
        await run.poll()
        assert run.status.state is State.OK
        assert members(run) == {"here": 2}
        run.vendor.bodies["teams"]["data"].pop()
        await run.poll(after=3_600)
        assert members(run) == {}


@pytest.mark.parametrize(("status", "asked"), [(403, 1), (404, 3), (500, 9)])
async def test_a_part_that_fails_is_not_asked_of_every_team(
    status: int, asked: int, tmp_path: Path
) -> None:
    """A refusal once, anything else of three teams: the quota is for what can be had."""
    async with Pipeline(swapped(TEAM_USERS, refusal(status)), tmp_path) as run:
        fill_teams(run, *"abcdef")
        await run.poll()
        assert len(run.vendor.asked("/users")) - len(run.vendor.asked(USERS)) == asked
        assert len(run.values("tabnine_team_utilization_users")) == 6 * 3


async def test_a_team_that_fails_leaves_the_others(tmp_path: Path) -> None:
    """One broken team shows as the state, the rest is read."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        name = asked.tail.removesuffix("/users")
        return refusal(500)(body, asked) if name == "team-2" else answer(body[name])

    async with Pipeline(swapped(TEAM_USERS, view), tmp_path) as run:
        fill_teams(run, "a", "b", "c")
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert members(run) == {"a": 1, "c": 3}


async def test_no_person_is_kept_whatever_is_asked_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Users and holders of roles are numbers on the page, in the log and in the state file."""
    caplog.set_level(logging.DEBUG, "exporter")
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        text = run.page + repr(await run.state()) + caplog.text
        assert not any(person in text for person in (*PEOPLE, "admin@example.com"))


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ({}, 1 + 3 + 2 + 1 + 200),
        ({"expected_teams": 500}, 1 + 3 + 2 + 3 + 1_000),
        ({"expected_teams": 500, "leave_out": ["team_users", "license"]}, 1 + 2 + 2 + 3 + 500),
        ({"leave_out": ["teams"]}, 1 + 3 + 2),
    ],
)
async def test_the_plan_reckons_with_the_teams(
    options: Mapping[str, Any], requests: int, tmp_path: Path
) -> None:
    """The account's requests, the list of teams, and two a team."""
    async with Pipeline(CASE, tmp_path, options=options) as run:
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert cost.requests == requests
