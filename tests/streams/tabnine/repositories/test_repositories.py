"""What is odd about Tabnine's repositories: statuses as a set, links with credentials, old servers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.vendors.tabnine.repositories import STATUSES, repository_name
from tests.streams.harness import Asked, Pipeline, Route, answer
from tests.streams.tabnine.repositories.case import CASE, of_team

STATUS = "tabnine_repository_index_status"
INDEXED = "tabnine_repository_last_indexed_timestamp_seconds"
CONNECTED = "tabnine_team_repositories"

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)


def repository(link: str, **more: Any) -> dict[str, Any]:
    return {"repository_link": link, "repo_type": "git", **more}


def fill(run: Pipeline, **teams: list[dict[str, Any]]) -> None:
    """Let the organization have teams of these ids, named by what stands before the number."""
    rows = [{"id": id_, "name": id_.rstrip("0123456789")} for id_ in teams]
    run.vendor.bodies["teams"] = {"data": rows}
    run.vendor.bodies["repositories"] = teams


def current(run: Pipeline) -> dict[tuple[str, str], str]:
    """The status of each repository that is 1, by team and repository."""
    found = run.values(STATUS).items()
    return {(labels[0], labels[1]): labels[3] for labels, value in found if value == 1}


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        *((status, status) for status in STATUSES),
        ("SUCCESS", "success"),
        ("re-indexing", "other"),
    ],
)
async def test_exactly_one_status_is_1(given_: str, shown: str, tmp_path: Path) -> None:
    """Every repository has a series for every status; a status that nobody knows is other."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, a=[repository("h/x", latest_status="success"), repository("h/y")])
        await run.poll()
        fill(run, a=[repository("h/x", latest_status=given_)])
        await run.poll(after=3_600)
        assert run.values(STATUS) == {
            ("a", "h/x", "git", status): float(status == shown) for status in STATUSES
        }


async def test_a_server_that_tells_no_status(tmp_path: Path) -> None:
    """Its repositories are counted, and nothing is made up about their index."""
    async with Pipeline(CASE, tmp_path) as run:
        rows = [repository("h/x"), repository("h/y", latest_status=None)]
        fill(run, a=[*rows, {"repository_link": "h/z"}])
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.drift == {}
        assert run.values(STATUS) == run.values(INDEXED) == {}
        assert run.values(CONNECTED) == {("a", "git"): 2, ("a", "unknown"): 1}


@pytest.mark.parametrize(
    ("text", "unix"),
    [
        ("2026-01-06T04:12:00Z", 1_767_672_720),
        ("2026-01-06T04:12:00.5Z", 1_767_672_720.5),
        ("2026-01-06T04:12:00.56Z", 1_767_672_720.56),
        (None, None),
    ],
)
async def test_when_it_was_indexed(text: str | None, unix: float | None, tmp_path: Path) -> None:
    """Fractions of one or two digits are times; null is no time."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, a=[repository("h/x", last_indexed_successfully=text)])
        await run.poll()
        assert run.value(INDEXED, "a", "h/x") == unix


async def test_a_time_that_is_none_is_a_schema_error(tmp_path: Path) -> None:
    """The reason names the field and not the value."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, a=[repository("h/x", last_indexed_successfully="yesterday")])
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "last_indexed_successfully" in run.status.reason
        assert "yesterday" not in run.status.reason


async def test_one_repository_of_two_teams_of_one_name_is_one(tmp_path: Path) -> None:
    """The status farthest from success is shown, and the older time: one 1, not two."""
    bad = {"latest_status": "failed", "last_indexed_successfully": "2026-01-01T00:00:00Z"}
    good = {"latest_status": "success", "last_indexed_successfully": "2026-01-06T00:00:00Z"}
    async with Pipeline(CASE, tmp_path) as run:
        fill(
            run,
            a1=[repository("https://h/x.git", **good)],
            b=[repository("https://h/x.git", **good)],
            a2=[repository("git@h:x", **bad)],
        )
        await run.poll()
        assert current(run) == {("a", "h/x"): "failed", ("b", "h/x"): "success"}
        assert run.value(INDEXED, "a", "h/x") == 1_767_225_600
        assert run.value(CONNECTED, "a", "git") == 2


@pytest.mark.parametrize(
    ("link", "repo_type", "name"),
    [
        ("https://git.example.com/app/api.git", "git", "git.example.com/app/api"),
        ("https://u:p%40ss@git.example.com:8443/app/api/", "git", "git.example.com:8443/app/api"),
        ("https://u:pa/s?s#@git.example.com/app/api", "git", "git.example.com/app/api"),
        ("https://git.example.com/app/api.git?token=t#f", "git", "git.example.com/app/api"),
        ("git@git.example.com:app/web.git", "git", "git.example.com/app/web"),
        ("git.example.com:app/web.git", "git", "git.example.com/app/web"),
        ("ssh://jane@git.example.com:22/app/web", "git", "git.example.com:22/app/web"),
        ("//depot/main", "perforce", "//depot/main"),
        ("//depot/main@1234", "perforce", "//depot/main"),
        ("p4:1666//depot/main", "perforce", "p4:1666//depot/main"),
        ("//user:pass@git.example.com/app", "git", "git.example.com/app"),
        ("  ", "git", "unknown"),
    ],
)
def test_the_name_of_a_repository(link: str, repo_type: str, name: str) -> None:
    """Host and path, without what may be a credential."""
    assert repository_name(link, repo_type) == name


@given(TEXT, TEXT, TEXT)
def test_no_user_and_no_password_gets_into_a_name(user: str, before: str, after: str) -> None:
    """Whatever signs they are made of."""
    password = f"{before}S3CRET{after}"
    for link in (
        f"https://{user}:{password}@git.example.com/app.git",
        f"https://{password}@git.example.com/app",
        f"ssh://{password}@git.example.com:22/app",
        f"{password}@git.example.com:app",
    ):
        name = repository_name(link, "git")
        assert "S3CRET" not in name
        assert "app" in name


async def test_credentials_of_links_are_nowhere(tmp_path: Path) -> None:
    """Neither on the page nor in the state file."""
    async with Pipeline(CASE, tmp_path) as run:
        link = "https://jane:S3CRET@git.example.com/app.git?private_token=S3CRET"
        fill(run, a=[repository(link, latest_status="success")])
        await run.poll()
        assert current(run) == {("a", "git.example.com/app"): "success"}
        text = run.page + repr(await run.state()) + repr(run.status)
        assert "S3CRET" not in text
        assert "jane" not in text


async def test_without_the_rights_of_an_admin_it_is_forbidden(tmp_path: Path) -> None:
    """Three requests tell; the other teams are not asked."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        return httpx.Response(403, json={"message": "Insufficient permissions", "status": 403})

    routes = (CASE.routes[0], Route("/api/team/v1/", "repositories", view))
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        fill(run, a=[], b=[], c=[], d=[])
        await run.poll()
        assert run.status.state is State.FORBIDDEN
        assert len(run.vendor.asked("/connections/repositories")) == 3


async def test_a_team_that_is_refused_stops_no_other(tmp_path: Path) -> None:
    """Its gauges are absent, and those of a team of the same name: their sum is not known."""
    refused = {"b": 500}

    def view(body: Any, asked: Asked) -> httpx.Response:
        status = refused.get(asked.tail.partition("/")[0])
        if status:
            return httpx.Response(status, json={"message": "broken", "status": status})
        return of_team(body, asked)

    routes = (CASE.routes[0], Route("/api/team/v1/", "repositories", view))
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        fill(run, a=[repository("https://x/a")], b=[], c=[repository("https://x/c")])
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert run.status.reason.startswith("a team: GET /api/team/v1/{team_id}/")
        assert {team for team, _ in run.values("tabnine_team_repositories")} == {"a", "c"}
        refused.clear()
        await run.poll(after=3_600)
        assert (run.status.state, run.status.reason) == (State.OK, "")


@pytest.mark.parametrize(
    ("gone", "state"),
    [(("a1",), State.OK), (("a1", "a2"), State.OK), (("a1", "a2", "b"), State.NOT_FOUND)],
)
async def test_teams_that_are_gone(gone: tuple[str, ...], state: State, tmp_path: Path) -> None:
    """A team that was just removed is passed over; where all are, the installation lacks the API."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        if asked.tail.partition("/")[0] in gone:
            return httpx.Response(404, json={"message": "Team not found", "status": 404})
        return of_team(body, asked)

    routes = (CASE.routes[0], Route("/api/team/v1/", "repositories", view))
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        rows = [repository("h/x", latest_status="success")]
        fill(run, a1=rows, a2=rows, b=rows)
        await run.poll()
        assert run.status.state is state
        left = {"a1", "a2", "b"} - set(gone)
        assert {team for team, _ in current(run)} == {id_.rstrip("12") for id_ in left}


async def test_a_walk_that_the_quota_ends_goes_on(tmp_path: Path) -> None:
    """Teams read before stay read; the next poll asks for the rest only."""
    async with Pipeline(CASE, tmp_path) as run:
        rows = [repository("h/x", latest_status="success")]
        fill(run, a=rows, b=rows, c=rows)
        limited = httpx.Response(429, json={}, headers={"retry-after": "3600"})
        run.vendor.fail(lambda: limited, after=2, times=1)
        states = []
        for wait in (0, 3_700):
            await run.poll(after=wait)
            states.append((run.status.state, run.status.walk, len(current(run))))
        assert states == [(State.RATE_LIMITED, (1, 3), 1), (State.OK, (3, 3), 3)]
        assert len(run.vendor.asked("/a/connections/repositories")) == 1


async def test_a_repository_that_was_disconnected_is_gone(tmp_path: Path) -> None:
    """With all its series."""
    async with Pipeline(CASE, tmp_path) as run:
        rows = [repository(link, latest_status="success") for link in ("h/x", "h/y")]
        fill(run, a=rows)
        await run.poll()
        fill(run, a=rows[:1])
        await run.poll(after=3_600)
        assert current(run) == {("a", "h/x"): "success"}
        assert len(run.values(STATUS)) == len(STATUSES)


async def test_a_team_is_one_segment_of_the_path(tmp_path: Path) -> None:
    """Whatever its id is made of, nothing else is asked for."""

    def view(body: Any, asked: Asked) -> httpx.Response:
        return answer([])

    routes = (CASE.routes[0], Route("/api/team/v1/", "repositories", view))
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        run.vendor.bodies["teams"] = {"data": [{"id": "a/../b?x=1", "name": "odd"}]}
        await run.poll()
        asked = run.vendor.requests[-1].url.raw_path
        assert asked == b"/api/team/v1/a%2F..%2Fb%3Fx%3D1/connections/repositories"
