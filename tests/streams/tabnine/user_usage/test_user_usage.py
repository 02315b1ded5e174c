"""What is odd about the usage of Tabnine's users: found through their teams, counted one by one."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from exporter.streams.options import StreamOptions
from exporter.vendors import tabnine
from tests.streams.harness import SECRET, Pipeline
from tests.streams.tabnine.team_usage.test_team_usage import teams, used, walked
from tests.streams.tabnine.user_usage.case import CASE

PATH = "/api/v1/user/usage"
COMPLETIONS = "tabnine_user_completions_total"


def user_run(tmp_path: Path, **more: Any) -> Pipeline:
    return Pipeline(CASE, tmp_path, **more)


def one_user(run: Pipeline, email: str) -> None:
    """Let there be one team, with this user only."""
    teams(run, a="A")
    run.vendor.bodies["team_users"] = {"data": [{"id": "u1", "email": email}]}


@pytest.mark.parametrize(
    ("stream", "options", "requests"),
    [
        ("usage", {}, 3),
        ("usage", {"agent_usage": "off"}, 2),
        ("team_usage", {}, 102),
        ("team_usage", {"expected_teams": 500}, 504),
        ("user_usage", {"expected_teams": 500, "expected_users": 20_000}, 20_506),
    ],
)
def test_what_a_poll_is_planned_to_cost(
    stream: str, options: dict[str, int], requests: int, tmp_path: Path
) -> None:
    """At the default intervals 500 teams and 20,000 users stay within a request a second."""
    token = tmp_path / "token"
    token.write_text(SECRET, encoding="utf-8")
    target = tabnine.VENDOR.target.model_validate_json(
        json.dumps({"vendor": "tabnine", "account": "a", "auth": {"token_file": str(token)}})
    )
    [declared] = [one for one in tabnine.STREAMS if one.name == stream]
    chosen: StreamOptions = declared.options(**options)
    [cost] = declared.plan(target, chosen)
    assert cost.requests == requests
    assert cost.requests / chosen.interval < 0.25


async def test_users_come_from_teams_and_from_outside(tmp_path: Path) -> None:
    """Each is asked for once; who was deactivated long ago is not asked for."""
    gone = {"id": "u3", "email": "c@example.com", "deactivatedAt": "2025-11-24T10:15:30.56Z"}
    late = {"id": "u4", "email": "d@example.com", "deactivatedAt": "2026-01-06T10:15:30.5Z"}
    async with user_run(tmp_path) as run:
        teams(run, a="A", b="B")
        run.vendor.bodies["team_users"] = {
            "a": {"data": [{"id": "u1", "email": "a@example.com"}, gone]},
            "b": {"data": [{"id": "u1", "email": "a@example.com"}, late]},
        }
        run.vendor.bodies["users"] = {"data": [{"id": "u2", "username": "b"}, {"id": "u5"}]}
        used(run, u1=1, u2=2, u3=3, u4=4, u5=5)
        await run.poll()
        assert Counter(walked(run, PATH, "userId")) == Counter(["u1", "u2", "u4", "u5"])
        assert run.values(COMPLETIONS) == {
            ("a@example.com",): 1,
            ("b",): 2,
            ("d@example.com",): 4,
            ("u5",): 5,
        }
        asked = [dict(request.url.params) for request in run.vendor.asked("/organization/users")]
        assert [query["active"] for query in asked] == ["true", "false"]
        assert all(query["teamMember"] == "false" for query in asked)
        assert all({"limit", "offset", "organizationId"} <= query.keys() for query in asked)


@pytest.mark.parametrize("status", [403, 500])
@pytest.mark.parametrize(
    ("refused", "read", "reason"),
    [
        ("/api/v1/organization/teams", {"out"}, "the list of teams: GET"),
        ("/api/v1/team/a/users", {"b", "out"}, "a team: GET"),
        ("/api/v1/user/usage?a", {"b", "out"}, "a user: GET"),
    ],
)
async def test_what_cannot_be_read_costs_itself(
    refused: str, read: set[str], reason: str, status: int, tmp_path: Path
) -> None:
    """The list of teams costs those who are in one, a team its users, a user nobody else."""
    async with user_run(tmp_path) as run:
        teams(run, a="A", b="B")
        run.vendor.bodies["team_users"] = {
            "a": {"data": [{"id": "a", "email": "a"}]},
            "b": {"data": [{"id": "b", "email": "b"}]},
        }
        run.vendor.bodies["users"] = {"data": [{"id": "out", "email": "out"}]}
        used(run, a=1, b=2, out=3)

        def refuse(request: httpx.Request) -> httpx.Response | None:
            user = request.url.params.get("userId")
            place = request.url.path + (f"?{user}" if user else "")
            return httpx.Response(status, json={"message": "no"}) if place == refused else None

        run.vendor.refuse = refuse
        await run.poll()
        state = State.FORBIDDEN if status == 403 else State.UNAVAILABLE
        assert run.status.state is state
        assert run.status.reason.startswith(reason)
        assert {user for (user,) in run.values(COMPLETIONS)} == read
        run.vendor.refuse = lambda _: None
        await run.poll(after=HOUR)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert sum(run.values(COMPLETIONS).values()) == 6


async def test_without_people_nobody_is_asked_about(tmp_path: Path) -> None:
    """With `privacy.users: off` the stream sends no request and says what to change."""
    async with user_run(tmp_path, users=Users.OFF) as run:
        await run.poll()
        assert run.vendor.requests == []
        assert run.status.state is State.ERROR
        assert "privacy.users is off" in run.status.reason


async def test_a_user_s_day_that_is_gone_is_corrected(tmp_path: Path) -> None:
    """Zeros are not sent to the ledger; the coverage speaks for them."""
    async with user_run(tmp_path) as run:
        one_user(run, "a@example.com")
        used(run, u1=9)
        await run.poll()
        used(run, u1=0)
        await run.poll(after=DAY)
        assert run.status.corrections == 1
        used(run, u1=12)
        await run.poll(after=DAY)
        assert run.values(COMPLETIONS) == {("a@example.com",): 12}


async def test_a_user_of_another_address_is_the_same_user(tmp_path: Path) -> None:
    """Growth goes to the address of today; nothing is counted twice."""
    async with user_run(tmp_path) as run:
        one_user(run, "old@example.com")
        used(run, u1=9)
        await run.poll()
        one_user(run, "new@example.com")
        used(run, u1=11)
        await run.poll(after=DAY)
        assert run.values(COMPLETIONS) == {("old@example.com",): 9, ("new@example.com",): 2}


async def test_a_long_walk_commits_on_its_way_and_counts_the_same(tmp_path: Path) -> None:
    """More teams than are read at once: one poll, several commits, every user once, progress shown."""
    async with user_run(tmp_path) as run:
        names = {f"t{number:03}": f"Team {number}" for number in range(60)}
        teams(run, **names)
        run.vendor.bodies["team_users"] = {
            team: {"data": [{"id": f"u-{team}", "email": f"{team}@example.com"}]} for team in names
        }
        run.vendor.bodies["users"] = {"data": []}
        used(run, **{f"u-{team}": 3 for team in names})
        commits = []
        commit = run.poller._store.commit

        async def counted(*arguments: Any) -> None:
            commits.append(arguments)
            await commit(*arguments)

        run.poller._store.commit = counted  # type: ignore[assignment, method-assign]
        await run.poll()
        assert len(commits) == 3
        assert run.status.polls == 1
        assert run.status.walk == (61, 61)
        assert run.values(COMPLETIONS) == {(f"{team}@example.com",): 3 for team in names}
        assert (await run.state()).walk is None


async def test_another_meaning_of_missing_days_counts_no_pseudonym_again(tmp_path: Path) -> None:
    """Whether the answer speaks for the days that it leaves out is no part of who somebody is."""
    for after, missing in ((0, "zero"), (HOUR, "unknown"), (2 * HOUR, "zero")):
        run = user_run(tmp_path, users=Users.PSEUDONYM, options={"missing_days": missing})
        run.clock.now += after
        async with run:
            one_user(run, "u1@example.com")
            run.vendor.bodies["users"] = {"data": []}
            used(run, u1=1_000)
            await run.poll()
            assert list(run.values(COMPLETIONS).values()) == [1_000]


async def test_a_change_of_privacy_within_a_walk_is_a_baseline_for_all_of_it(
    tmp_path: Path,
) -> None:
    """Also for the parts that the walk had read by then."""
    async with user_run(tmp_path, count_history=False, users=Users.PLAIN) as run:
        teams(run, a="A", b="B")
        run.vendor.bodies["team_users"] = {
            team: {"data": [{"id": user, "email": f"{user}@example.com"}]}
            for team, user in (("a", "u1"), ("b", "u2"))
        }
        run.vendor.bodies["users"] = {"data": []}
        used(run, u1=1_000, u2=1_000)
        await run.poll()
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=4, times=1)
        await run.poll(after=HOUR)
        assert run.status.state is State.RATE_LIMITED
        run.vendor.heal()
        await run.restart(users=Users.PSEUDONYM)
        for growth in (0, 0, 7):
            used(run, u1=1_000 + growth, u2=1_000 + growth)
            await run.poll(after=2 * HOUR)
            assert list(run.values(COMPLETIONS).values()) == [growth, growth]


async def test_a_poll_asks_what_was_planned(tmp_path: Path) -> None:
    """The organization and the list of teams once, however long the walk."""
    async with user_run(tmp_path, options={"expected_teams": 100, "expected_users": 1}) as run:
        teams(run, **{f"t{number:03}": f"Team {number}" for number in range(100)})
        run.vendor.bodies["team_users"] = run.vendor.bodies["users"] = {"data": []}
        await run.poll()
        assert run.status.walk == (101, 101)
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert len(run.vendor.requests) == 104 == cost.requests - 1


async def test_what_is_known_of_a_user_counts_before_the_team_is_read(tmp_path: Path) -> None:
    """The next poll reads the team again, and nobody twice into the counts."""
    async with user_run(tmp_path) as run:
        teams(run, a="A")
        users = [{"id": f"u{number}", "email": f"{number}@example.com"} for number in range(3)]
        run.vendor.bodies["team_users"] = {"data": users}
        run.vendor.bodies["users"] = {"data": []}
        used(run, u0=1, u1=2, u2=3)
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=5, times=1)  # organization, teams, users, u0, u1
        states = []
        for wait, counted in ((0, [1, 2]), (2 * HOUR, [1, 2, 3])):
            await run.poll(after=wait)
            states.append(run.status.state)
            assert list(run.values(COMPLETIONS).values()) == counted
        assert states == [State.RATE_LIMITED, State.OK]
        assert run.status.corrections == 0


async def test_an_installation_without_user_usage_says_so(tmp_path: Path) -> None:
    """However often it is asked, and whatever teams have nobody."""
    async with user_run(tmp_path) as run:
        teams(run, a="A", b="B", c="C")
        nobody: dict[str, Any] = {"data": []}
        run.vendor.bodies["team_users"] = {"a": nobody, "b": {"data": [{"id": "u1"}]}, "c": nobody}
        run.vendor.bodies["users"] = nobody
        used(run)
        for _ in range(3):
            await run.poll(after=DAY)
            assert run.status.state is State.NOT_FOUND
