"""What is odd about the closed Copilot API: absent days, short breakdowns, unknown values, teams."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.config.file import parse
from exporter.model import DAY, HOUR, OTHER
from exporter.poll.pieces import FAILURES
from exporter.vendors.base import enabled_streams
from exporter.vendors.github import VENDOR, copilot_usage
from tests.streams.github.copilot_usage.case import CASE, legacy_days
from tests.streams.harness import Case, Pipeline, Place, Route

TURNS = "github_copilot_usage_chat_turns_total"
SUGGESTIONS = "github_copilot_usage_suggestions_total"
TEAM_SUGGESTIONS = "github_copilot_usage_team_suggestions_total"

counts = st.integers(0, 1_000)
rows = st.builds(
    copilot_usage.Row,
    language=st.sampled_from(("go", "rust", None)),
    editor=st.sampled_from(("vscode", "neovim", "")),
    suggestions=st.none() | counts,
)


def usage_day(day: str, turns: int = 0, **more: Any) -> dict[str, Any]:
    return {"day": day, "total_chat_turns": turns, "breakdown": None, **more}


def row(language: str, suggestions: int) -> dict[str, Any]:
    return {"language": language, "editor": "vscode", "suggestions_count": suggestions}


def refusal(status: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"message": message})


@pytest.mark.parametrize("scope", ["org", "enterprise"])
async def test_each_scope_and_team_is_asked_for_whole_days(scope: str, tmp_path: Path) -> None:
    """One request each, for the days of the lookback that are over; a team named twice is one."""
    paths = [f"/{scope}s/acme/copilot/usage", f"/{scope}s/acme/team/web/copilot/usage"]
    routes = [Route(path, "days", legacy_days) for path in paths]
    other = Case(**{**vars(CASE), "routes": routes, "target": {scope: "acme"}})
    options = {"teams": ["web", "web"], "lookback": "2d"}
    async with Pipeline(other, tmp_path, options=options, now="2024-02-01T00:00:00Z") as run:
        await run.poll()
        assert [request.url.path for request in run.vendor.requests] == paths
        for request in run.vendor.requests:
            assert dict(request.url.params) == {
                "since": "2024-01-30T00:00:00Z",
                "until": "2024-01-31T23:59:59Z",
                "per_page": "28",
            }
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert cost.requests == 2


async def test_no_day_is_asked_for_that_the_vendor_has_no_more(tmp_path: Path) -> None:
    """Whatever the lookback, `since` is less than the documented number of days back."""
    options = {"lookback": "52w", "teams": []}
    async with Pipeline(CASE, tmp_path, options=options) as run:
        await run.poll()
        [request] = run.vendor.requests
        since = date.fromisoformat(request.url.params["since"][:10])
        assert (date.fromisoformat(CASE.now[:10]) - since).days == 27


@given(total=st.none() | counts, breakdown=st.none() | st.lists(rows, max_size=5))
def test_a_breakdown_is_filled_up_to_its_total(
    total: int | None, breakdown: list[copilot_usage.Row] | None
) -> None:
    """The family sums to the total, with what rows lack in `other`; without a total, to the rows."""
    day = copilot_usage.Day(day="2024-01-01", suggestions=total, breakdown=breakdown)
    samples, covered = copilot_usage.COMPLETIONS.count(day, day.window.start)
    told = [sample for sample in samples if sample.metric.name == SUGGESTIONS]
    parts = [part.suggestions for part in breakdown or []]
    known = sum(part for part in parts if part is not None)
    rest = [sample.value for sample in told if sample.labels == (OTHER, OTHER)]
    assert sum(int(sample.value) for sample in told) == max(total or 0, known)
    # A total of 0 is shown as one.
    missing = total is not None and (total > known or set(parts) <= {None})
    assert rest == ([max(0, total - known)] if total is not None and missing else [])
    complete = bool(parts) and None not in parts
    assert (SUGGESTIONS in {metric.name for metric in covered}) is (total is not None or complete)


async def test_a_day_that_is_absent_is_not_a_zero(tmp_path: Path) -> None:
    """What was counted of it stands, and coming back it is not counted again."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        both, first = run.value(TURNS), run.vendor.bodies["days"].pop(0)
        await run.poll(after=HOUR)
        assert run.value(TURNS) == both
        run.vendor.bodies["days"].insert(0, first)
        await run.poll(after=HOUR)
        assert run.value(TURNS) == both
        assert run.status.corrections == 0


@pytest.mark.parametrize("unknown", ["absent", "null"])
async def test_an_absent_total_is_unknown(unknown: str, tmp_path: Path) -> None:
    """Nothing is taken back while it is away; its growth meanwhile is counted when it is back."""
    place = Place("days", (0, "total_chat_turns"))
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        before, turns = run.value(TURNS), run.vendor.get(place)
        assert before is not None
        if unknown == "absent":
            run.vendor.remove(place)
        else:
            run.vendor.set(place, None)
        await run.poll(after=HOUR)
        assert run.value(TURNS) == before
        run.vendor.set(place, turns + 9)
        await run.poll(after=HOUR)
        assert run.value(TURNS) == before + 9
        assert run.status.corrections == 0


async def test_a_row_that_goes_from_a_whole_breakdown_is_a_correction(tmp_path: Path) -> None:
    """Where the total is told, the answer speaks for all languages and editors of the day."""
    async with Pipeline(CASE, tmp_path, options={"teams": []}) as run:
        run.vendor.bodies["days"] = [
            usage_day("2023-10-15", total_suggestions_count=9, breakdown=[row("go", 9)])
        ]
        await run.poll()
        run.vendor.bodies["days"][0]["breakdown"] = [row("rust", 9)]
        await run.poll(after=HOUR)
        assert run.status.corrections == 1
        assert run.value(SUGGESTIONS, "go", "vscode") == 9
        assert run.value(SUGGESTIONS, "rust", "vscode") == 0


async def test_teams_are_counted_apart(tmp_path: Path) -> None:
    """A team's answer says nothing of a team whose slug begins like its own."""
    path = "/enterprises/acme/team/{}/copilot/usage"
    routes = (
        Route("/enterprises/acme/copilot/usage", "days", legacy_days),
        Route(path.format("web"), "web", legacy_days),
        Route(path.format("web-shop"), "shop", legacy_days),
    )
    case = Case(**{**vars(CASE), "routes": routes})
    day = "2023-10-15"
    async with Pipeline(case, tmp_path, options={"teams": ["web", "web-shop"]}) as run:
        run.vendor.bodies |= {
            "web": [usage_day(day, total_suggestions_count=5, breakdown=[row("go", 5)])],
            "shop": [usage_day(day, total_suggestions_count=7, breakdown=[row("go", 7)])],
        }
        await run.poll()
        run.vendor.bodies["shop"] = []
        run.vendor.bodies["web"][0] |= {"total_suggestions_count": 6, "breakdown": [row("go", 6)]}
        await run.poll(after=HOUR)
        assert run.values(TEAM_SUGGESTIONS) == {
            ("web", "go", "vscode"): 6,
            ("web-shop", "go", "vscode"): 7,
        }
        assert run.status.corrections == 0


@pytest.mark.parametrize(
    ("status", "state"), [(403, State.FORBIDDEN), (404, State.NOT_FOUND), (500, State.UNAVAILABLE)]
)
async def test_a_team_that_is_refused_costs_only_itself(
    status: int, state: State, tmp_path: Path
) -> None:
    """The account and the other teams count; the state names the team's endpoint."""
    root = "/enterprises/acme"
    routes = (
        CASE.routes[0],
        Route(f"{root}/team/gone/copilot/usage", "gone", lambda _, __: refusal(status, "no")),
        CASE.routes[1],
    )
    case = Case(**{**vars(CASE), "routes": routes})
    async with Pipeline(case, tmp_path, options={"teams": ["gone", "platform"]}) as run:
        run.vendor.bodies["gone"] = []
        await run.poll()
        assert run.status.state is state
        assert "/team/{team_slug}/copilot/usage" in run.status.reason
        assert run.value(TURNS) == 350 + 455
        assert {labels[0] for labels in run.values(TEAM_SUGGESTIONS)} == {"platform"}


async def test_an_odd_day_costs_only_itself(tmp_path: Path) -> None:
    """It is rejected and told, as is an odd row of a day; what that leaves out is in `other`."""
    odd = [row("go", 4), row("rust", -3)]
    async with Pipeline(CASE, tmp_path, options={"teams": []}) as run:
        run.vendor.bodies["days"] = [
            usage_day("2023-10-13", -1),
            usage_day("2023-10-14", 2, total_suggestions_count=9, breakdown=odd),
            usage_day("2023-10-15", 3),
        ]
        await run.poll()
        assert (run.status.state, run.value(TURNS)) == (State.OK, 5)
        assert run.values(SUGGESTIONS) == {("go", "vscode"): 4, (OTHER, OTHER): 5}
        assert run.status.rejected == {"total_chat_turns": 1, "breakdown.suggestions_count": 1}


async def test_a_day_may_be_written_with_a_time(tmp_path: Path) -> None:
    """It is the same day."""
    routes = [
        replace(route, view=lambda body, _: httpx.Response(200, json=body)) for route in CASE.routes
    ]
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        for day in run.vendor.bodies["days"]:
            day["day"] += "T00:00:00Z"
        await run.poll()
        assert (run.status.state, run.value(TURNS)) == (State.OK, 350 + 455)


async def test_days_that_were_not_asked_for_are_an_error(tmp_path: Path) -> None:
    """A server that knows neither `since` nor `until`: `ok` with nothing counted would say too little."""
    routes = [Route(CASE.routes[0].path, "days", lambda body, _: httpx.Response(200, json=body))]
    case = Case(**{**vars(CASE), "routes": routes})
    async with Pipeline(case, tmp_path, options={"teams": []}) as run:
        run.vendor.bodies["days"] = [usage_day("2023-06-24", 5), usage_day("2023-06-25", 6)]
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "2023-10-10 to 2023-10-16" in run.status.reason
        assert run.values(TURNS) == {}


async def test_counting_starts_before_the_first_day_is_told(tmp_path: Path) -> None:
    """The first days after an empty answer are counted: only a first answer is a baseline."""
    async with Pipeline(CASE, tmp_path, count_history=False) as run:
        told, run.vendor.bodies["days"] = run.vendor.bodies["days"], []
        await run.poll()
        assert run.values(TURNS) == {}
        run.vendor.bodies["days"] = told
        await run.poll(after=HOUR)
        assert run.value(TURNS) == 350 + 455


async def test_people_are_those_of_the_newest_day(tmp_path: Path) -> None:
    """A team that is too small by now has no day of late, and then no gauge."""
    gauge = "github_copilot_usage_team_active_users"
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        assert run.values(gauge) == {("platform",): 10}
        assert run.value("github_copilot_usage_active_chat_users") == 12
        run.vendor.bodies["days"].append(usage_day("2023-10-17", total_active_users=99))
        run.vendor.bodies["team_days"] = []
        await run.poll(after=HOUR)
        assert run.values(gauge) == {}
        assert run.value("github_copilot_usage_active_users") == 15
        await run.poll(after=DAY)
        assert run.value("github_copilot_usage_active_users") == 99
        assert run.value("github_copilot_usage_active_chat_users") is None


async def test_a_day_that_lasts_is_not_read(tmp_path: Path) -> None:
    """A server that ignores `until` cannot make half a day the newest one."""
    routes = [
        Route(route.path, route.fixture, lambda body, _: httpx.Response(200, json=body))
        for route in CASE.routes
    ]
    case = Case(**{**vars(CASE), "routes": routes})
    async with Pipeline(case, tmp_path) as run:
        run.vendor.bodies["days"].append(usage_day("2023-10-17", 1_000, total_active_users=1))
        await run.poll()
        assert run.value(TURNS) == 350 + 455
        assert run.value("github_copilot_usage_active_users") == 15
        assert run.status.data_until == run.clock.now // DAY * DAY


async def test_no_range_without_days_is_asked_for(tmp_path: Path) -> None:
    """Nor after a time of odd answers, when the day that lasts is looked at by itself: GitHub refuses it."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.fail(lambda: httpx.Response(200, html="<p>Sign in</p>"))
        for _ in range(FAILURES):
            await run.poll(after=HOUR)
            assert run.status.state is State.SCHEMA_ERROR
        run.vendor.fail(lambda: httpx.Response(500), times=0)
        await run.poll(after=HOUR)
        assert run.status.state is State.OK
        asked = [request.url.params for request in run.vendor.requests]
        assert all(each["since"] < each["until"] for each in asked)


async def test_a_closed_api_says_so(tmp_path: Path) -> None:
    """GitHub's 404 comes with the reason and what to do; that of a team names the team."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.fail(lambda: refusal(404, "Not Found"))
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "GitHub closed this API on 2025-03-01" in run.status.reason
        assert "copilot_reports" in run.status.reason
        run.vendor.fail(lambda: refusal(404, "Not Found"), after=1)
        await run.poll(after=HOUR)
        assert run.status.state is State.NOT_FOUND
        assert "'platform'" in run.status.reason
        assert "closed" not in run.status.reason


@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_it_is_polled_only_where_it_is_named(tmp_path: Path, *, named: bool) -> None:
    """A target without this stream makes no request to a closed API."""
    secret = tmp_path / "token"
    secret.write_text("x", encoding="utf-8")
    target = {
        "vendor": "github",
        "account": "acme",
        "org": "acme",
        "auth": {"token_file": str(secret)},
        "streams": {"copilot_usage": {"teams": ["web"]}} if named else {},
    }
    [parsed] = parse(json.dumps({"targets": [target]}), tmp_path / "config.yaml").targets
    names = {stream.name for stream, _ in enabled_streams(VENDOR, parsed)}
    assert ("copilot_usage" in names) is named
