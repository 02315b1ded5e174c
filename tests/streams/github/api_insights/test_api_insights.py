"""What is odd about API Insights: totals per window, names that change, people among subjects."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from tests.streams.github.api_insights.case import CASE, ROOT
from tests.streams.harness import Asked, Case, Pipeline, Route, answer, unix
from tests.streams.views import insights_time

TODAY = "2026-01-05"
REQUESTS = "github_api_requests_total"
SUBJECTS = "github_api_subject_requests_total"
ROUTES = "github_api_route_requests_total"
USERS = "github_api_user_requests_total"
LAST = "github_api_subject_last_request_timestamp_seconds"


def counts(requests: int, limited: int = 0, at: str = f"{TODAY}T15:00:00Z") -> dict[str, Any]:
    return {
        "total_request_count": requests,
        "rate_limited_request_count": limited,
        "last_request_timestamp": at,
        "last_rate_limited_timestamp": at if limited else None,
    }


def slice_(at: str, requests: int, limited: int = 0) -> dict[str, Any]:
    return {
        "timestamp": at,
        "total_request_count": requests,
        "rate_limited_request_count": limited,
    }


def subject(id_: int, name: str, requests: int, kind: str = "installation") -> dict[str, Any]:
    return {"subject_type": kind, "subject_id": id_, "subject_name": name, **counts(requests)}


def route(path: str, requests: int, method: str = "GET") -> dict[str, Any]:
    return {"http_method": method, "api_route": path, **counts(requests)}


def pipeline(tmp_path: Path, *, case: Case = CASE, **more: Any) -> Pipeline:
    """The stream with no actors, users or routes but those that a test names."""
    plain: dict[str, Any] = {"actors": [], "users": [], "routes": {"top_actors": 0}}
    return Pipeline(case, tmp_path, **{**more, "options": plain | more.get("options", {})})


def viewed(path: str, view: Callable[[Any, Asked], httpx.Response]) -> Case:
    """The case with another answer at one path."""
    routes = [
        Route(route.path, route.fixture, view) if route.path == f"{ROOT}/{path}" else route
        for route in CASE.routes
    ]
    return Case(**{**vars(CASE), "routes": routes})


def asked(run: Pipeline, path: str) -> list[tuple[str, str]]:
    """The windows that a path was asked for."""
    return [
        (request.url.params["min_timestamp"], request.url.params["max_timestamp"])
        for request in run.vendor.asked(path)
    ]


async def test_the_organization_is_counted_in_five_minutes(tmp_path: Path) -> None:
    """Each slice is a bucket of its own, asked for as 5m up to the last slice that is over."""
    async with pipeline(tmp_path) as run:
        await run.poll()
        [request] = run.vendor.asked("/time-stats")
        assert request.url.params["timestamp_increment"] == "5m"
        assert asked(run, "/time-stats") == [(f"{TODAY}T00:00:00Z", f"{TODAY}T18:00:00Z")]
        slots = (await run.state()).ledger[REQUESTS, ()].slots
        start = int(unix(f"{TODAY}T15:00:00Z"))
        assert slots == {
            (start, "", ""): 34_225,
            (start + 300, "", ""): 10_587,
            (start + 600, "", ""): 43_587,
        }
        assert run.status.data_until == start + 900


async def test_subjects_are_asked_for_by_whole_days(tmp_path: Path) -> None:
    """Totals are per window, so every window is one day, the open one up to now."""
    async with pipeline(tmp_path, now="2026-01-06T03:07:00Z") as run:
        await run.poll()
        expected = [
            ("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"),
            ("2026-01-06T00:00:00Z", "2026-01-06T03:05:00Z"),
        ]
        assert asked(run, "/subject-stats") == expected
        assert asked(run, "/time-stats") == expected


async def test_late_growth_of_yesterday_is_counted(tmp_path: Path) -> None:
    """Two days are open around midnight; data that arrive hours late count in their own day."""
    async with pipeline(tmp_path, now="2026-01-05T23:58:00Z") as run:
        run.vendor.bodies["time_stats"] = [slice_(f"{TODAY}T17:00:00Z", 100)]
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 100)]
        await run.poll()
        run.vendor.bodies["time_stats"] = [
            slice_(f"{TODAY}T17:00:00Z", 130),
            slice_(f"{TODAY}T23:55:00Z", 7),
            slice_("2026-01-06T00:00:00Z", 5),
        ]
        late = counts(5, at="2026-01-06T00:01:00Z")
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 137), subject(1, "ci", 5) | late]
        await run.poll(after=5 * HOUR)
        assert run.value(REQUESTS) == 142
        assert run.value(SUBJECTS, "installation", "ci") == 142
        assert run.status.corrections == 0


async def test_a_rate_limit_burst_of_an_unknown_subject_starts_at_zero(tmp_path: Path) -> None:
    """The series is born at 0, so that `increase()` sees the burst, and then shows it."""
    async with pipeline(tmp_path, birth_hold=120) as run:
        await run.poll()
        burst = subject(99, "runaway", 900) | counts(900, limited=400)
        run.vendor.bodies["subject_stats"].append(burst)
        await run.poll(after=300)
        name = "github_api_subject_rate_limited_requests_total"
        assert run.value(name, "installation", "runaway") == 0
        await run.refresh(after=121)
        assert run.value(name, "installation", "runaway") == 400


@pytest.mark.parametrize(
    ("users", "options", "shown"),
    [
        (Users.OFF, {}, {("user", "other"): 42}),
        (
            Users.OFF,
            {"machine_users": ["ci-bot"]},
            {("user", "ci-bot"): 30, ("user", "other"): 12},
        ),
        (
            Users.PLAIN,
            {},
            {("user", "ci-bot"): 30, ("user", "jane"): 10, ("user", "joe"): 2},
        ),
    ],
    ids=["off", "machine users", "plain"],
)
async def test_users_among_the_subjects(
    users: Users, options: dict[str, Any], shown: dict[tuple[str, str], int], tmp_path: Path
) -> None:
    """They are summed as `other` unless people are shown or the user is a machine."""
    async with pipeline(tmp_path, users=users, options=options) as run:
        run.vendor.bodies["subject_stats"] = [
            subject(1, "ci-bot", 30, "user"),
            subject(2, "jane", 10, "user"),
            subject(3, "joe", 2, "user"),
        ]
        for _ in range(2):
            await run.poll()
            assert run.values(SUBJECTS) == shown


async def test_a_user_that_is_named_a_machine_later_is_counted_once(tmp_path: Path) -> None:
    """With users off: no counter falls, the sum is the truth, and each is once `other` has grown."""

    async def used(run: Pipeline, bot: int, jane: int) -> dict[tuple[str, ...], float]:
        run.vendor.bodies["subject_stats"] = [
            subject(1, "ci-bot", bot, "user"),
            subject(2, "jane", jane, "user"),
        ]
        await run.poll(after=300)
        return run.values(SUBJECTS)

    bot, others = ("user", "ci-bot"), ("user", "other")
    async with pipeline(tmp_path) as run:
        assert await used(run, bot=30, jane=12) == {others: 42}
    named = {"machine_users": ["ci-bot"]}
    async with pipeline(tmp_path, options=named, now=f"{TODAY}T19:00:00Z") as run:
        assert run.values(SUBJECTS) == {others: 42}
        assert await used(run, bot=30, jane=12) == {bot: 0, others: 42}
        assert run.status.corrections == 1
        assert await used(run, bot=33, jane=20) == {bot: 11, others: 42}
        assert await used(run, bot=33, jane=42) == {bot: 33, others: 42}
        assert await used(run, bot=40, jane=50) == {bot: 40, others: 50}
        assert run.status.corrections == 1


@pytest.mark.parametrize("users", Users)
async def test_the_last_request_is_the_latest_of_the_open_days(
    users: Users, tmp_path: Path
) -> None:
    """Also of people who are shown together; with the day it was sent on it goes."""
    async with pipeline(tmp_path, users=users, now="2026-01-06T03:00:00Z") as run:
        run.vendor.bodies["subject_stats"] = [
            subject(1, "jane", 5, "user") | counts(5, at=f"{day}:00:00Z")
            for day in ("2026-01-05T22", "2026-01-06T02", "2026-01-07T01")
        ]
        for after, latest in ((0, "2026-01-06T02"), (DAY, "2026-01-07T01"), (DAY, "2026-01-07T01")):
            await run.poll(after=after)
            assert list(run.values(LAST).values()) == [unix(f"{latest}:00:00Z")]
        for _ in range(2):
            await run.poll(after=11 * HOUR)
        assert run.values(LAST) == {}


async def test_a_renamed_installation_is_not_counted_again(tmp_path: Path) -> None:
    """What was counted stays with the old name; only growth goes to the new one."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies["subject_stats"] = [subject(1, "old", 100)]
        await run.poll()
        run.vendor.bodies["subject_stats"] = [subject(1, "new", 104)]
        for _ in range(2):
            await run.poll()
            assert run.values(SUBJECTS) == {
                ("installation", "old"): 100,
                ("installation", "new"): 4,
            }
        assert run.status.corrections == 0


async def test_installations_of_one_name_add_up(tmp_path: Path) -> None:
    """Each has its own place in the ledger, so one that shrinks is a correction of its own."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 100), subject(2, "ci", 50)]
        await run.poll()
        assert run.values(SUBJECTS) == {("installation", "ci"): 150}
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 90), subject(2, "ci", 75)]
        await run.poll()
        assert run.values(SUBJECTS) == {("installation", "ci"): 165}
        assert run.status.corrections == 1


async def test_routes_are_read_of_the_busiest_and_the_configured(tmp_path: Path) -> None:
    """Nobody else's routes are asked for: each costs a request."""
    options = {"routes": {"top_actors": 1, "actors": [{"type": "oauth_app", "id": 5}]}}
    async with pipeline(tmp_path, options=options) as run:
        run.vendor.bodies["subject_stats"] = [
            subject(1, "quiet", 3),
            subject(2, "busy", 9),
            subject(3, "middle", 5),
        ]
        run.vendor.bodies["route_stats"] = {
            "installation/1": [route("/a", 3)],
            "installation/2": [route("/b", 6), route("/b", 3, "POST")],
            "installation/3": [route("/c", 5)],
            "oauth_app/5": [route("/d", 4)],
        }
        await run.poll()
        paths = {r.url.path for r in run.vendor.requests if "/route-stats/" in r.url.path}
        assert paths == {f"{ROOT}/route-stats/installation/2", f"{ROOT}/route-stats/oauth_app/5"}
        assert run.values(ROUTES) == {
            ("installation", "busy", "GET", "/b"): 6,
            ("installation", "busy", "POST", "/b"): 3,
            ("oauth_app", "5", "GET", "/d"): 4,
        }


async def test_an_actor_that_is_no_longer_busy_keeps_what_it_counted(tmp_path: Path) -> None:
    """Not being asked for is no zero."""
    async with pipeline(tmp_path, options={"routes": {"top_actors": 1}}) as run:
        run.vendor.bodies["subject_stats"] = [subject(1, "one", 9), subject(2, "two", 5)]
        run.vendor.bodies["route_stats"] = {
            "installation/1": [route("/a", 9)],
            "installation/2": [route("/b", 5)],
        }
        await run.poll()
        run.vendor.bodies["subject_stats"] = [subject(1, "one", 9), subject(2, "two", 50)]
        await run.poll()
        assert run.values(ROUTES) == {
            ("installation", "one", "GET", "/a"): 9,
            ("installation", "two", "GET", "/b"): 5,
        }
        assert run.status.corrections == 0


async def test_the_tokens_of_a_machine_user_have_routes(tmp_path: Path) -> None:
    """A machine among the busiest is looked up by its tokens and named, with users off too."""
    options = {"machine_users": ["ci-bot"], "routes": {"top_actors": 1}}
    async with pipeline(tmp_path, options=options) as run:
        run.vendor.bodies["subject_stats"] = [subject(8, "ci-bot", 9, "user")]
        token = {"actor_type": "classic_pat", "actor_id": 70, "actor_name": "ci token"}
        run.vendor.bodies["user_stats"] = {"8": [token | counts(9)]}
        run.vendor.bodies["route_stats"] = {"classic_pat/70": [route("/a", 9)]}
        await run.poll()
        assert run.values(ROUTES) == {("classic_pat", "ci token", "GET", "/a"): 9}


@pytest.mark.parametrize("most", [2, 10_000], ids=["small pages", "full pages"])
async def test_what_a_cut_list_leaves_out_goes_to_other(most: int, tmp_path: Path) -> None:
    """The sum over subjects is the total of the summary, however many pages are read."""
    options = {"max_pages": 1}
    rows = [subject(number, f"app-{number:03}", 10) for number in range(103)]
    async with pipeline(tmp_path, options=options) as run:
        run.vendor.most = most
        run.vendor.bodies["subject_stats"] = rows
        summary = {"total_request_count": 1_030, "rate_limited_request_count": 0}
        run.vendor.bodies["summary_stats"] = summary
        for _ in range(2):
            await run.poll()
            values = run.values(SUBJECTS)
            read = min(most, 100)
            assert len(values) == read + 1
            assert values["other", "other"] == 1_030 - 10 * read
            assert sum(values.values()) == 1_030


async def test_routes_of_a_cut_list_add_up_to_the_actor(tmp_path: Path) -> None:
    """The rest is the actor's own summary less the routes that were read."""
    options = {"max_pages": 1, "routes": {"top_actors": 1}}
    async with pipeline(tmp_path, options=options) as run:
        run.vendor.most = 2
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 40)]
        run.vendor.bodies["route_stats"] = {
            "installation/1": [route("/a", 20), route("/b", 9), route("/c", 8)]
        }
        run.vendor.bodies["summary_stats"] = {
            "total_request_count": 40,
            "rate_limited_request_count": 0,
        }
        await run.poll()
        assert run.vendor.asked("/summary-stats/installation/1")
        assert run.values(ROUTES) == {
            ("installation", "ci", "GET", "/a"): 20,
            ("installation", "ci", "GET", "/b"): 9,
            ("installation", "ci", "other", "other"): 11,
        }


async def test_a_list_without_link_headers_is_read_by_number(tmp_path: Path) -> None:
    """A server that sends none is asked for pages until one is short."""

    def unlinked(body: Any, asked: Asked) -> httpx.Response:
        page = int(asked.query.get("page", "1"))
        return answer(body[(page - 1) * 100 : page * 100])

    async with pipeline(tmp_path, case=viewed("subject-stats", unlinked)) as run:
        rows = [subject(number, f"app-{number:03}", 1) for number in range(205)]
        run.vendor.bodies["subject_stats"] = rows
        await run.poll()
        assert len(run.vendor.asked("/subject-stats")) == 3
        assert len(run.values(SUBJECTS)) == 205


async def test_configured_actors_have_totals_of_their_own(tmp_path: Path) -> None:
    """By type and id; ids that begin alike do not touch each other."""
    actors = [{"type": "installation", "id": 77}, {"type": "installation", "id": 771}]
    metric = "github_api_actor_requests_total"
    async with pipeline(tmp_path, options={"actors": actors}) as run:
        run.vendor.bodies["actor_time_stats"] = {
            "installation/77": [slice_(f"{TODAY}T10:00:00Z", 5)],
            "installation/771": [slice_(f"{TODAY}T10:00:00Z", 8)],
        }
        await run.poll()
        expected = {("installation", "77"): 5, ("installation", "771"): 8}
        assert run.values(metric) == expected
    async with pipeline(tmp_path, options={"actors": actors[:1]}) as run:
        run.vendor.bodies["actor_time_stats"] = {
            "installation/77": [slice_(f"{TODAY}T10:00:00Z", 5)]
        }
        await run.poll()
        assert run.values(metric) == expected
        assert run.status.corrections == 0


async def test_without_people_nobody_is_asked_about(tmp_path: Path) -> None:
    """With users off, configured users and busy users cost no request at all."""
    options = {"users": [{"id": 4711, "login": "octo-jane"}], "routes": {"top_actors": 20}}
    async with pipeline(tmp_path, options=options) as run:
        await run.poll()
        assert not [r for r in run.vendor.requests if "/user" in r.url.path]
        assert not [r for r in run.vendor.requests if "_pat/" in r.url.path]


async def test_configured_users_are_broken_down_by_token(tmp_path: Path) -> None:
    """With people shown, by login, actor type and actor name; without a login by the id."""
    options = {"users": [{"id": 4711, "login": "octo-jane"}, {"id": 5}]}
    async with pipeline(tmp_path, users=Users.PLAIN, options=options) as run:
        run.vendor.bodies["user_stats"]["5"] = [
            {"actor_type": "oauth_app", "actor_id": 3, "actor_name": None} | counts(6)
        ]
        await run.poll()
        assert run.values(USERS) == {
            ("octo-jane", "classic_pat", "jane-laptop"): 33_800,
            ("5", "oauth_app", "3"): 6,
        }


async def test_configured_users_in_total(tmp_path: Path) -> None:
    """`users_by: user` reads one time series a user instead of a list."""
    options = {"users": [{"id": 4711, "login": "octo-jane"}], "users_by": "user"}
    async with pipeline(tmp_path, users=Users.PLAIN, options=options) as run:
        run.vendor.bodies["actor_time_stats"] = {"users/4711": [slice_(f"{TODAY}T10:00:00Z", 5)]}
        await run.poll()
        assert run.values(USERS) == {("octo-jane", "", ""): 5}
        assert not run.vendor.asked("/user-stats/4711")


async def test_plural_actor_types_are_for_paths_only(tmp_path: Path) -> None:
    """A server of the first documents is asked in the plural; labels stay singular."""
    options = {
        "actor_types": "plural",
        "actors": [{"type": "github_app_user_to_server", "id": 6}],
        "routes": {"top_actors": 1},
    }
    async with pipeline(tmp_path, options=options) as run:
        run.vendor.bodies["subject_stats"] = [subject(1, "ci", 9)]
        run.vendor.bodies["route_stats"] = {"installations/1": [route("/a", 9)]}
        run.vendor.bodies["actor_time_stats"] = {
            "github_apps_user_to_server/6": [slice_(f"{TODAY}T10:00:00Z", 5)]
        }
        await run.poll()
        assert run.values(ROUTES) == {("installation", "ci", "GET", "/a"): 9}
        actor = ("github_app_user_to_server", "6")
        assert run.value("github_api_actor_requests_total", *actor) == 5


async def test_a_settled_day_costs_nothing(tmp_path: Path) -> None:
    """The window of a day that is over is the same in every poll, so the vendor says 304."""
    async with pipeline(tmp_path, now="2026-01-06T03:00:00Z") as run:
        await run.poll()
        page = run.page
        await run.poll(after=300)
        for path in ("time-stats", "subject-stats"):
            endpoint = f"/orgs/{{org}}/insights/api/{path}"
            assert run.target_status.requests[endpoint, "304"] == 1
        assert run.page == page


async def test_slices_outside_the_window_are_ignored(tmp_path: Path) -> None:
    """A server that rounds the window up must not make a slice count in a window not asked for."""

    def generous(body: Any, asked: Asked) -> httpx.Response:
        return answer(body)

    async with pipeline(tmp_path, case=viewed("time-stats", generous)) as run:
        run.vendor.bodies["time_stats"] = [
            slice_("2026-01-04T23:55:00Z", 1_000),
            slice_(f"{TODAY}T00:00:00Z", 1),
            slice_(f"{TODAY}T17:55:00Z", 2),
            slice_(f"{TODAY}T18:00:00Z", 4_000),
        ]
        await run.poll()
        assert run.value(REQUESTS) == 3


async def test_a_slice_that_comes_twice_is_a_schema_error(tmp_path: Path) -> None:
    """Which of the two is right cannot be known."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies["time_stats"] = [slice_(f"{TODAY}T10:00:00Z", 5)] * 2
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "repeats 2026-01-05" in run.status.reason


async def test_three_days_of_downtime_are_caught_up(tmp_path: Path) -> None:
    """The first poll after it reads day by day from the last good one on."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies["time_stats"] = [slice_(f"{TODAY}T10:00:00Z", 1)]
        run.vendor.bodies["subject_stats"] = []
        await run.poll()
        run.vendor.bodies["time_stats"] += [
            slice_("2026-01-05T20:00:00Z", 10),
            slice_("2026-01-06T20:00:00Z", 100),
            slice_("2026-01-07T20:00:00Z", 1_000),
            slice_("2026-01-08T17:00:00Z", 10_000),
        ]
        await run.restart()
        await run.poll(after=3 * DAY)
        assert run.value(REQUESTS) == 11_111
        assert len(set(asked(run, "/time-stats")[1:])) == 4


async def test_a_quota_that_ends_in_a_catch_up_costs_no_day_that_was_read(tmp_path: Path) -> None:
    """The days before it stay counted and shown; the next poll goes on with the day it ended in."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies["time_stats"] = [
            slice_(f"2026-01-{day:02}T10:00:00Z", 10 ** (day - 5)) for day in (5, 6, 7, 8, 9)
        ]
        run.vendor.bodies["subject_stats"] = [
            subject(1, "ci", 5) | counts(5, at="2026-01-07T12:00:00Z"),
            subject(2, "bot", 7) | counts(7, at="2026-01-08T12:00:00Z"),
        ]
        await run.poll()
        assert run.value(REQUESTS) == 1
        run.vendor.fail(lambda: httpx.Response(429, headers={"Retry-After": "3600"}), after=6)
        await run.poll(after=4 * DAY)
        assert run.status.state is State.RATE_LIMITED
        assert run.status.walk == (3, 5)
        assert run.value(REQUESTS) == 111
        assert run.values(LAST) == {("installation", "ci"): unix("2026-01-07T12:00:00Z")}
        run.vendor.heal()
        run.vendor.requests.clear()
        await run.restart()
        await run.poll(after=HOUR)
        assert [start[:10] for start, _ in asked(run, "/time-stats")] == [
            "2026-01-08",
            "2026-01-09",
        ]
        assert run.value(REQUESTS) == 11_111
        assert set(run.values(SUBJECTS).values()) == {5, 7}
        assert run.values(LAST) == {
            ("installation", "ci"): unix("2026-01-07T12:00:00Z"),
            ("installation", "bot"): unix("2026-01-08T12:00:00Z"),
        }
        await run.poll(after=HOUR)
        assert run.values(LAST) == {}


async def test_no_window_begins_before_what_the_vendor_keeps(tmp_path: Path) -> None:
    """After months of downtime the oldest window begins within 31 days."""
    async with pipeline(tmp_path) as run:
        await run.poll()
        run.vendor.requests.clear()
        await run.poll(after=90 * DAY)
        assert run.status.state is State.EMPTY
        oldest = min(unix(start) for start, _ in asked(run, "/time-stats"))
        assert run.clock.now - 31 * DAY <= oldest < run.clock.now - 29 * DAY


async def test_an_organization_without_traffic_has_counters_at_zero(tmp_path: Path) -> None:
    """They are there before the first request, so that growth from 0 is visible."""
    async with pipeline(tmp_path) as run:
        run.vendor.bodies.update(CASE.empty)
        await run.poll()
        assert run.value(REQUESTS) == 0
        run.vendor.bodies["time_stats"] = [slice_(f"{TODAY}T10:00:00Z", 5)]
        await run.poll()
        assert run.value(REQUESTS) == 5


def test_the_fake_vendor_answers_by_window() -> None:
    """What the tests of windows rest on."""
    url = httpx.URL("https://api.example.com/")
    query = {"min_timestamp": "2026-01-05T15:00:00Z", "max_timestamp": "2026-01-05T15:05:00Z"}
    rows = [slice_("2026-01-05T15:00:00Z", 1), slice_("2026-01-05T15:05:00Z", 2)]
    assert insights_time(rows, Asked(url, "", query, 100)).json() == rows[:1]
