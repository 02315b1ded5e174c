"""What is odd about the usage of Tabnine's teams: resumed walks, names that are shared, small memory."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from tests.streams.harness import Pipeline
from tests.streams.tabnine.team_usage.case import CASE
from tests.streams.tabnine.usage.test_usage import bucket

PATH = "/api/v1/team/usage"
COMPLETIONS = "tabnine_team_completions_total"
YESTERDAY = "2026-01-06"


def teams(run: Pipeline, **names: str) -> None:
    """Let the organization have these teams, by id."""
    run.vendor.bodies["teams"] = {"data": [{"id": i, "name": n} for i, n in names.items()]}


def used(run: Pipeline, **completions: int) -> None:
    """Let each team or user have these completions, yesterday; those not named are gone."""
    run.vendor.bodies["usage"] = {
        part: {"usage": {"granularity": "daily", "data": [bucket(YESTERDAY, number)]}}
        for part, number in completions.items()
    }


def walked(run: Pipeline, path: str = PATH, name: str = "teamId") -> list[str]:
    """The parts that usage was asked for."""
    return [request.url.params[name] for request in run.vendor.asked(path)]


def team_run(tmp_path: Path, **more: Any) -> Pipeline:
    return Pipeline(CASE, tmp_path, **more)


def refusing(tmp_path: Path, refused: dict[str, int]) -> Pipeline:
    """A run in which some teams are refused, by their ids, with a status."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        status = refused.get(request.url.params.get("teamId", ""))
        return httpx.Response(status, json={"message": "no"}) if status else None

    run = Pipeline(CASE, tmp_path)
    run.vendor.refuse = refuse
    return run


async def test_a_walk_goes_on_where_the_quota_ended(tmp_path: Path) -> None:
    """What was read before the 429 counts, no team is read twice in one walk, and no unit is lost."""
    async with team_run(tmp_path) as run:
        teams(run, a="A", b="B", c="C", d="D")
        used(run, a=1, b=2, c=3, d=4)
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=4, times=1)  # organization, teams, a, b
        await run.poll()
        states = [run.status.state]
        assert run.status.walk == (2, 4)
        assert run.values(COMPLETIONS) == {("A",): 1, ("B",): 2}
        assert walked(run) == ["a", "b", "c"]

        run.vendor.heal()
        run.vendor.requests.clear()
        await run.restart()
        used(run, a=10, b=20, c=30, d=40)
        await run.poll(after=2 * HOUR)
        states.append(run.status.state)
        assert states == [State.RATE_LIMITED, State.OK]
        assert run.status.walk == (4, 4)
        assert walked(run) == ["c", "d"]
        assert run.values(COMPLETIONS) == {("A",): 1, ("B",): 2, ("C",): 30, ("D",): 40}
        assert set(run.values("tabnine_team_active_users")) == {("A",), ("B",), ("C",), ("D",)}

        run.vendor.requests.clear()
        await run.poll(after=HOUR)
        assert walked(run) == ["a", "b", "c", "d"]
        assert run.values(COMPLETIONS) == {("A",): 10, ("B",): 20, ("C",): 30, ("D",): 40}
        assert run.status.corrections == 0


async def test_a_walk_is_one_baseline(tmp_path: Path) -> None:
    """The teams that the first walk reads on its second poll start at 0 too."""
    async with team_run(tmp_path, count_history=False) as run:
        teams(run, a="A", b="B")
        used(run, a=5, b=6)
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=3, times=1)
        await run.poll()
        await run.poll(after=2 * HOUR)
        assert run.values(COMPLETIONS) == {("A",): 0, ("B",): 0}
        used(run, a=7, b=9)
        await run.poll(after=HOUR)
        assert run.values(COMPLETIONS) == {("A",): 2, ("B",): 3}


async def test_a_downtime_within_a_walk_loses_no_day(tmp_path: Path) -> None:
    """The parts that were read before it are read again from then on, however long it was."""
    days: dict[str, int] = {}
    async with team_run(tmp_path) as run:

        def a_day_passes(completions: int) -> None:
            days[datetime.fromtimestamp(run.clock.now, UTC).strftime("%Y-%m-%d")] = completions
            run.clock.now += DAY
            rows = [bucket(day, number) for day, number in days.items()]
            usage = {"usage": {"granularity": "daily", "data": rows}}
            run.vendor.bodies["usage"] = {"a": usage, "b": usage}

        teams(run, a="A", b="B")
        a_day_passes(1)
        await run.poll()
        a_day_passes(10)
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=3, times=1)  # organization, teams, a
        await run.poll()
        assert run.values(COMPLETIONS) == {("A",): 11, ("B",): 1}
        run.vendor.heal()
        for _ in range(12):
            a_day_passes(100)
        await run.restart()
        for _ in range(2):
            await run.poll(after=HOUR)
        assert run.values(COMPLETIONS) == {("A",): 1_211, ("B",): 1_211}


async def test_a_team_that_is_renamed_is_not_counted_again(tmp_path: Path) -> None:
    """The old name keeps what it counted, the new one gets the growth; its gauges move."""
    async with team_run(tmp_path) as run:
        teams(run, a="Old")
        used(run, a=100)
        await run.poll()
        teams(run, a="New")
        used(run, a=104)
        for _ in range(2):
            await run.poll(after=HOUR)
            assert run.values(COMPLETIONS) == {("Old",): 100, ("New",): 4}
        assert run.status.corrections == 0
        assert set(run.values("tabnine_team_active_users")) == {("New",)}


async def test_teams_of_one_name_add_up_and_stay_apart(tmp_path: Path) -> None:
    """Counts are summed and corrected apart; people and ratios of two teams are shown for neither."""
    async with team_run(tmp_path) as run:
        teams(run, a="QA", b="QA", c="Web")
        used(run, a=100, b=50, c=7)
        await run.poll()
        assert run.values(COMPLETIONS) == {("QA",): 150, ("Web",): 7}
        used(run, a=90, b=75, c=7)
        await run.poll()
        assert run.values(COMPLETIONS) == {("QA",): 165, ("Web",): 7}
        assert run.status.corrections == 1
        assert run.values("tabnine_team_active_users") == {("Web",): 3}
        teams(run, a="QA", b="QA 2", c="Web")
        used(run, a=90, b=76, c=7)
        await run.poll()
        assert run.values(COMPLETIONS) == {("QA",): 165, ("QA 2",): 1, ("Web",): 7}


async def test_a_team_whose_id_begins_like_another_s_is_not_touched(tmp_path: Path) -> None:
    """That team-1 has nothing any more says nothing of team-10."""
    async with team_run(tmp_path) as run:
        teams(run, t1="One", t10="Ten")
        used(run, t1=1, t10=10)
        await run.poll()
        run.vendor.bodies["usage"]["t1"]["usage"]["data"] = []
        del run.vendor.bodies["usage"]["t10"]
        await run.poll()
        assert run.status.corrections == 1
        assert run.values(COMPLETIONS) == {("One",): 1, ("Ten",): 10}


async def test_a_team_that_is_removed_keeps_its_counts(tmp_path: Path) -> None:
    """One 404 among answers is a team that went; its gauges go, its counts are no zero."""
    async with team_run(tmp_path) as run:
        teams(run, a="A", b="B")
        used(run, a=1, b=2)
        await run.poll()
        used(run, a=1)
        await run.poll(after=HOUR)
        assert run.status.state is State.OK
        assert run.status.corrections == 0
        assert run.values(COMPLETIONS) == {("A",): 1, ("B",): 2}
        assert run.values("tabnine_team_active_users") == {("A",): 3}


async def test_an_installation_without_team_usage_says_so(tmp_path: Path) -> None:
    """Where no team has the endpoint, that is a state and no silence, however often it is asked."""
    async with team_run(tmp_path) as run:
        teams(run, a="A", b="B")
        used(run)
        for polls in (1, 2):
            await run.poll(after=HOUR)
            assert run.status.state is State.NOT_FOUND
            assert len(walked(run)) == 2 * polls


async def test_without_any_team_their_gauges_go(tmp_path: Path) -> None:
    """What was counted of them stays."""
    async with team_run(tmp_path) as run:
        teams(run, a="A", b="B")
        used(run, a=1, b=2)
        await run.poll()
        assert run.values("tabnine_team_active_users")
        teams(run)
        await run.poll(after=HOUR)
        assert run.values("tabnine_team_active_users") == {}
        assert run.values(COMPLETIONS) == {("A",): 1, ("B",): 2}


async def test_a_team_that_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    """An answer that nobody can read is the state of the poll, and asked for again by the next one."""
    async with team_run(tmp_path) as run:
        teams(run, a="A", b="B")
        used(run, a=1, b=2)
        run.vendor.bodies["usage"]["b"]["usage"]["granularity"] = "weekly"
        states = []
        for wait, counted in ((0, {("A",): 1}), (HOUR, {("A",): 1, ("B",): 2})):
            await run.poll(after=wait)
            states.append(run.status.state)
            assert run.values(COMPLETIONS) == counted
            used(run, a=1, b=2)
        assert states == [State.SCHEMA_ERROR, State.OK]
        assert walked(run) == ["a", "b", "a", "b"]


@pytest.mark.parametrize(("status", "state"), [(500, State.UNAVAILABLE), (403, State.FORBIDDEN)])
async def test_a_team_that_is_refused_stops_no_other(
    status: int, state: State, tmp_path: Path
) -> None:
    """Its gauges are absent and its counters stand; the state tells it; it is counted once it answers."""
    refused: dict[str, int] = {}
    async with refusing(tmp_path, refused) as run:
        teams(run, a="A", b="B", c="C")
        used(run, a=1, b=2, c=3)
        await run.poll()
        used(run, a=2, b=4, c=6)
        refused["b"] = status
        await run.poll(after=HOUR)
        assert run.status.state is state
        assert run.status.reason.startswith("a team: GET /api/v1/team/usage answered")
        assert run.values(COMPLETIONS) == {("A",): 2, ("B",): 2, ("C",): 6}
        assert set(run.values("tabnine_team_active_users")) == {("A",), ("C",)}
        refused.clear()
        await run.poll(after=HOUR)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.values(COMPLETIONS) == {("A",): 2, ("B",): 4, ("C",): 6}
        assert run.status.corrections == 0


@pytest.mark.parametrize(("status", "asked"), [(401, 1), (403, 3), (500, 9)])
async def test_where_all_teams_are_refused_few_are_asked(
    status: int, asked: int, tmp_path: Path
) -> None:
    """The credential is refused, or the vendor is down; the next poll goes on with others."""
    names = "abcdefgh"
    refused = dict.fromkeys(names, status)
    async with refusing(tmp_path, refused) as run:
        teams(run, **{name: name.upper() for name in names})
        used(run, **dict.fromkeys(names, 1))
        await run.poll()
        assert run.status.state not in (None, State.OK, State.EMPTY)
        assert len(walked(run)) == asked
        if status == 401:
            return
        for name in "defgh":
            del refused[name]
        await run.poll(after=HOUR)
        assert {name for (name,) in run.values(COMPLETIONS)} == {"D", "E", "F", "G", "H"}


@pytest.mark.parametrize(
    "form",
    ["pages", "no next", "next is null", "next is a number", "bare array"],
)
async def test_the_forms_that_lists_have(form: str, tmp_path: Path) -> None:
    """Every team is found, each once, and the list ends."""
    rows = [{"id": f"t{number}", "name": f"Team {number}"} for number in range(5)]
    bodies: dict[str, Any] = {
        "no next": {"data": rows, "meta": {"count": 5, "total": 5}},
        "next is null": {"data": rows, "meta": {"count": 5, "total": 5, "next": None}},
        "next is a number": {"data": rows, "meta": {"count": 5, "total": 5, "next": 5}},
        "bare array": rows,
    }
    async with team_run(tmp_path) as run:
        run.vendor.bodies["teams"] = bodies.get(form, {"data": rows})
        run.vendor.most = 2 if form == "pages" else 10_000
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert sorted(walked(run)) == [row["id"] for row in rows]
        lists = run.vendor.asked("/organization/teams")
        assert len(lists) == (3 if form == "pages" else 1)
        assert lists[0].url.params["limit"] == "200"
        assert lists[0].url.params["offset"] == "0"
