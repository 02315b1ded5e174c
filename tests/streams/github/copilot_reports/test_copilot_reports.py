"""What is odd about Copilot usage reports: signed links, days without one, unknowns, teams."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.config.text import ConfigError
from exporter.model import DAY, HOUR, Slot
from exporter.poll.transform.privacy import Users
from exporter.vendors.github.copilot_reports.options import Options
from tests.streams.github.copilot_reports.case import CASE, ROOT
from tests.streams.harness import SECRET, Pipeline, unix

NEWEST = "2026-09-20"
ACCEPTANCES = "github_copilot_code_acceptances_total"
GENERATIONS = "github_copilot_code_generations_total"
SESSIONS = "github_copilot_cli_sessions_total"
ACTIVE = "github_copilot_daily_active_users"
TEAM = "github_copilot_team_code_acceptances_total"
USER = "github_copilot_user_code_acceptances_total"
HOST = "copilot-reports.github.com"

File = bytes | httpx.Response


class Reports:
    """Reports by kind and day; `links` is how often those of a kind and day were asked for."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], list[File]] = {}
        self.answers: dict[tuple[str, str], httpx.Response] = {}
        self.missing = 204
        self.requests: list[httpx.Request] = []

    def put(self, kind: str, day: str, *shards: Any) -> None:
        """The shards of a report: bytes as they are, lists as lines, a record as the one line."""
        self.files[kind, day] = [_content(shard) for shard in shards]

    def asked(self, kind: str) -> list[str]:
        """The days whose links were asked for."""
        return [
            request.url.params["day"]
            for request in self.requests
            if request.url.path.endswith(f"/{kind}")
        ]

    def fetched(self) -> list[httpx.Request]:
        return [request for request in self.requests if request.url.host == HOST]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host == HOST:
            _, kind, day, shard = request.url.path.split("/")
            found = self.files[kind, day][int(shard)]
            if isinstance(found, httpx.Response):
                return found
            return httpx.Response(200, content=found)
        kind, day = request.url.path.rpartition("/")[2], request.url.params["day"]
        if (kind, day) in self.answers:
            return self.answers[kind, day]
        if (kind, day) not in self.files:
            return httpx.Response(self.missing, json={"message": "Not Found"})
        links = [
            f"https://{HOST}/{kind}/{day}/{shard}?sig=c2lnbmVk"
            for shard in range(len(self.files[kind, day]))
        ]
        return httpx.Response(200, json={"download_links": links, "report_day": day})


def _content(shard: Any) -> File:
    if isinstance(shard, bytes | httpx.Response):
        return shard
    rows = shard if isinstance(shard, list) else [shard]
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


ENTITY, USERS, TEAMS = "organization-1-day", "users-1-day", "user-teams-1-day"
REPOSITORIES = "repos-1-day"


def entity(day: str, acceptances: int | None = 10, **more: Any) -> dict[str, Any]:
    return {"day": day, "code_acceptance_activity_count": acceptances, **more}


def feature(name: str, acceptances: int | None) -> dict[str, Any]:
    return {"feature": name, "code_acceptance_activity_count": acceptances}


def person(id_: int, acceptances: int | None, login: str | None = None) -> dict[str, Any]:
    return {
        "user_id": id_,
        "user_login": login,
        "day": NEWEST,
        "code_acceptance_activity_count": acceptances,
    }


def member(id_: int, team: int, slug: str) -> dict[str, Any]:
    return {"user_id": id_, "day": NEWEST, "team_id": team, "slug": slug}


def pipeline(tmp_path: Path, reports: Any, **more: Any) -> Pipeline:
    """The stream against these reports, asked for two days after a day's end."""
    off = {"teams": False, "users": False, "repositories": False}
    plain: dict[str, Any] = {"lookback": "7d", **off}
    options = plain | more.pop("options", {})
    run = Pipeline(CASE, tmp_path, options=options, **more)
    run.vendor = reports
    return run


def days(first: str, count: int) -> list[str]:
    start = int(unix(f"{first}T00:00:00Z"))
    return [datetime.fromtimestamp(start + DAY * n, UTC).strftime("%Y-%m-%d") for n in range(count)]


async def test_days_are_asked_for_from_their_end_on(tmp_path: Path) -> None:
    """From the beginning of the lookback to yesterday, a request a day, until each has a report."""
    reports = Reports()
    assert Options().report_lag == 0
    async with pipeline(tmp_path, reports, options={"report_lag": "0s"}) as run:
        await run.poll()
        assert reports.asked(ENTITY) == days("2026-09-16", 7)
        assert run.status.state is State.EMPTY
        reports.put(ENTITY, "2026-09-22", entity("2026-09-22", 3))
        await run.poll(after=6 * HOUR)
        assert (run.status.state, run.value(ACCEPTANCES, "other")) == (State.OK, 3)
        reports.put(ENTITY, "2026-09-21", entity("2026-09-21", 4))
        await run.poll(after=6 * HOUR)
        assert run.value(ACCEPTANCES, "other") == 7
        assert run.status.corrections == 0


@pytest.mark.parametrize(("lag", "newest"), [("0s", "2026-09-22"), ("3d", "2026-09-19")])
async def test_the_lag_is_an_option(lag: str, newest: str, tmp_path: Path) -> None:
    reports = Reports()
    async with pipeline(tmp_path, reports, options={"report_lag": lag}) as run:
        await run.poll()
        assert reports.asked(ENTITY)[-1] == newest


def test_a_lookback_that_reaches_no_report_is_refused(tmp_path: Path) -> None:
    """It would never read anything."""
    with pytest.raises(ConfigError, match="lookback must be at least 3d"):
        pipeline(tmp_path, Reports(), options={"report_lag": "2d", "lookback": "2d"})


@pytest.mark.parametrize("missing", [204, 404])
async def test_a_day_without_a_report_is_no_zero(missing: int, tmp_path: Path) -> None:
    """Other days count; one that had a report and is without for a while is not taken back."""
    reports = Reports()
    reports.missing = missing
    reports.put(ENTITY, "2026-09-19", entity("2026-09-19", 5))
    reports.put(ENTITY, NEWEST, entity(NEWEST, 7))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert (run.status.state, run.value(ACCEPTANCES, "other")) == (State.OK, 12)
        kept = reports.files.pop((ENTITY, "2026-09-19"))
        await run.poll(after=HOUR)
        assert (run.status.state, run.value(ACCEPTANCES, "other")) == (State.OK, 12)
        reports.files[ENTITY, "2026-09-19"] = kept
        reports.put(ENTITY, "2026-09-18", entity("2026-09-18", 100))
        await run.poll(after=HOUR)
        assert run.value(ACCEPTANCES, "other") == 112
        assert run.status.corrections == 0


async def test_nothing_but_404_is_a_wrong_name_or_policy(tmp_path: Path) -> None:
    """Every day is asked before that is said, and it is said until a report comes."""
    reports = Reports()
    reports.missing = 404
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        states = [run.status.state]
        assert len(reports.requests) == 5
        assert "no day of 5 has a report" in run.status.reason
        assert "policy" in run.status.reason
        reports.put(ENTITY, NEWEST, entity(NEWEST))
        await run.poll(after=HOUR)
        states.append(run.status.state)
        assert states == [State.NOT_FOUND, State.OK]


async def test_404_for_days_that_were_there_is_an_account_that_is_gone(tmp_path: Path) -> None:
    """Access that was lost is not an organization without use."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        reports.files.clear()
        reports.missing = 404
        await run.poll(after=HOUR)
        assert run.status.state is State.NOT_FOUND
        assert run.value(ACCEPTANCES, "other") == 10


async def test_a_vendor_that_is_late_for_long_is_not_gone(tmp_path: Path) -> None:
    """404 for days that never had a report says nothing, once there was one before them."""
    reports = Reports()
    reports.missing = 404
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        for _ in range(8):
            await run.poll(after=DAY)
        # The newest report is the proof that the account is there.
        assert NEWEST in reports.asked(ENTITY)[-9:]
        assert run.status.state is State.OK
        assert run.value(ACCEPTANCES, "other") == 10


async def test_days_that_are_published_long_after_are_all_counted(tmp_path: Path) -> None:
    """From the newest day that was told on, also where the lookback is shorter; nothing is told twice."""
    reports = Reports()
    for day in days("2026-09-16", 5):
        reports.put(ENTITY, day, entity(day))
    async with pipeline(tmp_path, reports, options={"report_lag": "0s"}) as run:
        await run.poll()
        assert run.value(ACCEPTANCES, "other") == 50
        for _ in range(20):
            await run.poll(after=DAY)
        await run.restart()
        assert reports.asked(ENTITY)[-23:] == days(NEWEST, 23)
        for day in days("2026-09-21", 22):
            reports.put(ENTITY, day, entity(day))
        await run.poll(after=HOUR)
        assert run.value(ACCEPTANCES, "other") == 50 + 220
        assert (run.status.state, run.status.corrections) == (State.OK, 0)
        await run.poll(after=HOUR)
        assert run.value(ACCEPTANCES, "other") == 50 + 220


async def test_links_are_followed_without_a_credential(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And are in no log line, no message and not in the state."""
    caplog.set_level(logging.DEBUG, "exporter")
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        [fetched] = reports.fetched()
        assert "authorization" not in fetched.headers
        assert "x-github-api-version" not in fetched.headers
        assert SECRET not in str(fetched.headers)
        reports.put(ENTITY, NEWEST, b"soon back")
        await run.poll(after=HOUR)
        assert run.status.state is State.SCHEMA_ERROR
        stored = (tmp_path / "state.db").read_bytes()
        logged = "\n".join(line for line in caplog.text.splitlines() if " logger=exporter." in line)
        for text in (logged, run.status.reason, run.self_page(), stored.decode("latin-1")):
            assert "c2lnbmVk" not in text
            assert HOST not in text


@pytest.mark.parametrize("status", [401, 403, 404, 410])
@pytest.mark.parametrize("kind", [ENTITY, USERS, TEAMS])
async def test_a_link_that_ended_is_asked_for_again(kind: str, status: int, tmp_path: Path) -> None:
    """Once, and the day is counted once: what was read before it ended is dropped."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core")], [member(2, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3)], [person(2, 4)])

    class Ending(Reports):
        ended = False

        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            last = str(len(reports.files[kind, NEWEST]) - 1)
            if request.url.path == f"/{kind}/{NEWEST}/{last}" and not self.ended:
                self.ended = True
                return httpx.Response(status, content=b"<Error>AuthenticationFailed</Error>")
            return response

    ending = Ending()
    ending.files = reports.files
    async with pipeline(tmp_path, ending, options={"teams": True}) as run:
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.value(ACCEPTANCES, "other") == 10
        assert run.values(TEAM) == {("core",): 7}
        assert ending.asked(kind).count(NEWEST) == 2


async def test_a_file_that_never_comes_is_unavailable(tmp_path: Path) -> None:
    """A foreign host's refusal says nothing of our credential."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, httpx.Response(403, content=b"<Error/>"))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert reports.asked(ENTITY).count(NEWEST) == 2


async def test_every_shard_is_read_and_none_twice(tmp_path: Path) -> None:
    """A link that is given twice is one shard; a person who is given twice counts once."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core"), member(1, 5, "core"), member(2, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3)], [person(2, 4), person(1, 3)], [])
    links = [f"https://{HOST}/{USERS}/{NEWEST}/{shard}?sig=x" for shard in (0, 1, 0, 2)]
    body = {"download_links": links, "report_day": NEWEST}
    reports.answers[USERS, NEWEST] = httpx.Response(200, json=body)
    options = {"teams": True, "users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        assert run.values(TEAM) == {("core",): 7}
        assert run.values(USER) == {("1",): 3, ("2",): 4}
        shards = [r.url.path[-1] for r in reports.fetched() if USERS in r.url.path]
        assert shards == ["0", "1", "2"]


RECORD = entity(NEWEST, 10, totals_by_feature=[feature("code_completion", 8)])


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(RECORD).encode(),
        b"\xef\xbb\xbf" + json.dumps(RECORD).encode() + b"\r\n",
        json.dumps(RECORD, indent=2).encode(),
        json.dumps([RECORD], indent=2).encode(),
        json.dumps({"day_totals": [entity("2026-09-19", 500), RECORD]}).encode(),
        json.dumps([{"day_totals": [RECORD]}]).encode(),
        json.dumps({k: v for k, v in RECORD.items() if k != "day"}).encode(),
    ],
    ids=["line", "mark", "object", "array", "wrapper", "wrapped array", "without day"],
)
async def test_a_file_may_have_any_of_its_forms(body: bytes, tmp_path: Path) -> None:
    """Lines, one object, an array, and a wrapper of days."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, body)
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.values(ACCEPTANCES) == {("code_completion",): 8, ("other",): 2}


async def test_shards_that_disagree_are_a_schema_error(tmp_path: Path) -> None:
    """The same record twice is one; of two totals nobody knows which is right."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, RECORD, RECORD)
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.values(ACCEPTANCES) == {("code_completion",): 8, ("other",): 2}
        reports.put(ENTITY, NEWEST, RECORD, entity(NEWEST, 11))
        await run.poll(after=HOUR)
        assert run.status.state is State.SCHEMA_ERROR
        assert "different totals" in run.status.reason


async def test_a_report_of_another_day_is_a_schema_error(tmp_path: Path) -> None:
    """It must not be counted for the day that was asked for."""
    reports = Reports()
    body = {"download_links": [], "report_day": "2026-09-19"}
    reports.answers[ENTITY, NEWEST] = httpx.Response(200, json=body)
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "report_day" in run.status.reason


async def test_a_report_without_shards_is_none_yet(tmp_path: Path) -> None:
    """As is one whose files hold no record."""
    reports = Reports()
    reports.put(ENTITY, NEWEST)
    reports.put(ENTITY, "2026-09-19", b"")
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.EMPTY
        assert run.values(ACCEPTANCES) == {}


@pytest.mark.parametrize(
    ("total", "rows", "shown"),
    [
        (10, [feature("a", 6), feature("b", 1)], {"a": 6, "b": 1, "other": 3}),
        (10, [feature("a", 6), feature("b", 4)], {"a": 6, "b": 4}),
        (10, [feature("a", 6), feature("b", 9)], {"a": 6, "b": 9}),
        (10, [feature("a", 6), feature("b", None)], {"a": 6, "other": 4}),
        (10, [feature("a", 6), {"feature": None} | feature("", 1)], {"a": 6, "unknown": 1}),
        (10, [feature("a", 6), feature("a", 4)], {"a": 10}),
        (10, [], {"other": 10}),
        (10, None, {"other": 10}),
        (0, [], {"other": 0}),
        (None, [feature("a", 6), feature("b", None)], {"a": 6}),
        (None, [], {}),
        (None, None, {}),
    ],
)
async def test_what_a_breakdown_leaves_out_is_other(
    total: int | None, rows: list[Any] | None, shown: Mapping[str, int], tmp_path: Path
) -> None:
    """The sum is the total wherever rows do not exceed it; what is unknown has no series."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST, total, totals_by_feature=rows))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        values = {labels[0]: value for labels, value in run.values(ACCEPTANCES).items()}
        if total == 10 and "unknown" in shown:
            shown = {**shown, "other": 3}
        assert values == shown


@pytest.mark.parametrize("gone", [{}, {"totals_by_cli": None}, {"totals_by_cli": {}}])
async def test_a_field_that_is_absent_is_unknown(gone: dict[str, Any], tmp_path: Path) -> None:
    """What was counted of it stays, and it is not taken back."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST, totals_by_cli={"session_count": 4}))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.value(SESSIONS) == 4
        reports.put(ENTITY, NEWEST, entity(NEWEST, **gone))
        await run.poll(after=HOUR)
        assert run.value(SESSIONS) == 4
        reports.put(ENTITY, NEWEST, entity(NEWEST, totals_by_cli={"session_count": 5}))
        await run.poll(after=HOUR)
        assert run.value(SESSIONS) == 5
        assert run.status.corrections == 0


async def test_a_row_that_is_gone_from_its_list_is_zero(tmp_path: Path) -> None:
    """A revision that moves it to another feature keeps the sum."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST, 10, totals_by_feature=[feature("a", 10)]))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        reports.put(ENTITY, NEWEST, entity(NEWEST, 10, totals_by_feature=[feature("b", 10)]))
        await run.poll(after=HOUR)
        assert run.values(ACCEPTANCES) == {("a",): 10, ("b",): 0}
        assert run.status.corrections == 1
        ledger = (await run.state()).ledger
        newest = {
            key[1][0]: s.counter - s.debt - s.moved
            for key, s in ledger.items()
            if key[0] == ACCEPTANCES
        }
        assert newest == {"a": 0, "b": 10}


async def test_a_settled_day_is_not_asked_for_again(tmp_path: Path) -> None:
    """Five days after its end a day is read a last time; the newest is always read."""
    reports = Reports()
    for number, day in enumerate(days("2026-09-16", 5)):
        reports.put(ENTITY, day, entity(day, 2**number, daily_active_users=number))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.value(ACCEPTANCES, "other") == 31
        reports.requests.clear()
        await run.poll(after=6 * HOUR)
        assert reports.asked(ENTITY) == days("2026-09-18", 3)
        await run.restart()
        reports.requests.clear()
        await run.poll(after=4 * DAY)
        assert reports.asked(ENTITY) == days("2026-09-18", 7)
        reports.requests.clear()
        await run.poll(after=6 * HOUR)
        assert reports.asked(ENTITY) == days(NEWEST, 5)
        assert run.value(ACTIVE) == 4
        assert run.value(ACCEPTANCES, "other") == 31
        assert run.status.corrections == 0


async def test_what_a_clock_that_was_ahead_took_for_settled_is_read_again(tmp_path: Path) -> None:
    """The clock is right again before the day is final: its revisions are counted."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST, 9))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        await run.poll(after=4 * DAY)
        reports.put(ENTITY, NEWEST, entity(NEWEST, 11))
        reports.put(ENTITY, "2026-09-21", entity("2026-09-21", 5))
        await run.poll(after=HOUR - 4 * DAY)
        await run.poll(after=DAY)
        assert run.value(ACCEPTANCES, "other") == 16


async def test_gauges_are_those_of_the_newest_report(tmp_path: Path) -> None:
    """An unknown one is gone; without a newer report they stay."""
    reports = Reports()
    reports.put(ENTITY, "2026-09-19", entity("2026-09-19", daily_active_users=9))
    reports.put(ENTITY, NEWEST, entity(NEWEST, daily_active_users=4, weekly_active_users=8))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.value(ACTIVE) == 4
        assert run.value("assistant_daily_active_users") == 4
        assert run.status.data_until == unix("2026-09-21T00:00:00Z")
        newest = reports.files.pop((ENTITY, NEWEST))
        await run.poll(after=HOUR)
        assert run.value(ACTIVE) == 4
        reports.files[ENTITY, NEWEST] = newest
        reports.put(ENTITY, NEWEST, entity(NEWEST, daily_active_users=5))
        await run.poll(after=HOUR)
        assert run.value(ACTIVE) == 5
        assert run.values("github_copilot_weekly_active_users") == {}


async def test_a_day_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    """Days before and after it count, gauges included; it is asked for again until it can be read."""
    reports = Reports()
    for number, day in enumerate(days("2026-09-18", 3), 1):
        reports.put(ENTITY, day, entity(day, number, daily_active_users=number))
    kept = reports.files[ENTITY, "2026-09-19"]
    reports.put(ENTITY, "2026-09-19", b"soon back")
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "organization-1-day/files" in run.status.reason
        assert (run.value(ACCEPTANCES, "other"), run.value(ACTIVE)) == (4, 3)
        await run.restart()
        reports.files[ENTITY, "2026-09-19"] = kept
        await run.poll(after=HOUR)
        assert (run.status.state, run.value(ACCEPTANCES, "other")) == (State.OK, 6)
        assert run.status.corrections == 0


async def test_a_file_that_is_lost_costs_only_its_day(tmp_path: Path) -> None:
    """The days after it are read; of two in a row the vendor is taken to be down."""
    reports = Reports()
    for number, day in enumerate(days("2026-09-17", 4)):
        reports.put(ENTITY, day, entity(day, 10**number))
    lost = httpx.Response(403, content=b"<Error/>")
    reports.put(ENTITY, "2026-09-18", lost)
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert run.value(ACCEPTANCES, "other") == 1101
        reports.put(ENTITY, "2026-09-19", lost)
        reports.requests.clear()
        await run.poll(after=HOUR)
        assert run.status.state is State.UNAVAILABLE
        assert reports.asked(ENTITY)[-1] == "2026-09-19"
        assert run.value(ACCEPTANCES, "other") == 1101


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize("kind", [TEAMS, USERS])
async def test_a_report_of_people_that_is_refused_costs_only_itself(
    kind: str, status: int, tmp_path: Path
) -> None:
    """The account's counters count, and what the other report can give; the state names the report."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3)])
    reports.answers[kind, NEWEST] = httpx.Response(status, json={"message": "no"})
    options = {"teams": True, "users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        states = {403: State.FORBIDDEN, 404: State.NOT_FOUND, 500: State.UNAVAILABLE}
        assert run.status.state is states[status]
        assert kind in run.status.reason
        assert run.value(ACCEPTANCES, "other") == 10
        assert run.values(TEAM) == {}
        assert run.values(USER) == ({("1",): 3} if kind == TEAMS else {})
        del reports.answers[kind, NEWEST]
        await run.poll(after=HOUR)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.values(TEAM) == {("core",): 3}


async def test_one_odd_day_of_people_is_a_report_that_is_late(tmp_path: Path) -> None:
    """Where other days have the report, one that is 404 is only not there yet."""
    reports = Reports()
    reports.missing = 404
    for day in days("2026-09-19", 2):
        reports.put(ENTITY, day, entity(day))
    reports.put(USERS, "2026-09-19", [{**person(1, 3), "day": "2026-09-19"}])
    options = {"users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        assert (run.status.state, run.values(USER)) == (State.OK, {("1",): 3})


@pytest.mark.parametrize(
    "body", [{"people": [1, 2]}, [{"user": {"id": 1}, "day": NEWEST}], b"<html>", "rows"]
)
async def test_people_in_another_shape_cost_only_people(body: Any, tmp_path: Path) -> None:
    """What the file is, is the state's reason."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(USERS, NEWEST, body)
    options = {"users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert USERS in run.status.reason
        assert (run.value(ACCEPTANCES, "other"), run.values(USER)) == (10, {})


async def test_a_person_without_an_id_costs_only_themselves(tmp_path: Path) -> None:
    """The row is rejected and told; the others count."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    nobody = {"user_login": "nobody", "day": NEWEST, "code_acceptance_activity_count": 9}
    reports.put(USERS, NEWEST, [person(1, 3), nobody, person(2, -4), person(3, 5)])
    options = {"users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.values(USER) == {("1",): 3, ("3",): 5}
        assert run.status.rejected == {"user_id": 1, "code_acceptance_activity_count": 1}
        assert "nobody" not in run.status.reason + run.self_page()


async def test_people_without_ids_cost_only_people(tmp_path: Path) -> None:
    """So many odd rows are another API: an error of their report, and of nothing else."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(USERS, NEWEST, [*[{"day": NEWEST}] * 20, person(1, 3)])
    options = {"users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert f"{USERS}/files: 20 of 21 records cannot be read" in run.status.reason
        assert (run.value(ACCEPTANCES, "other"), run.values(USER)) == (10, {})


@pytest.mark.parametrize("options", [{"teams": True}, {"users": True}])
async def test_a_person_with_different_figures_is_never_taken_in_silence(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """Which of them is right nobody knows; a repetition that differs in nothing counted is one."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core"), member(2, 5, "core")])
    again = {**person(1, 3), "etl_id": "b", "user_login": "renamed"}
    reports.put(USERS, NEWEST, [person(1, 3), person(2, 0)], [again])
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        states = [run.status.state]
        before = run.values(TEAM), run.values(USER)
        assert before in (({("core",): 3}, {}), ({}, {("1",): 3, ("2",): 0}))
        reports.put(USERS, NEWEST, [person(1, 3), person(2, 0)], [person(1, 4)])
        await run.poll(after=HOUR)
        assert [*states, run.status.state] == [State.OK, State.SCHEMA_ERROR]
        assert f"{USERS}/files" in run.status.reason
        assert f"the report of {NEWEST}" in run.status.reason
        assert "twice, with different figures" in run.status.reason
        assert (run.values(TEAM), run.values(USER)) == before
        assert run.value(ACCEPTANCES, "other") == 10


@pytest.mark.parametrize("kind", [ENTITY, USERS, TEAMS])
async def test_a_file_of_another_day_is_an_error(kind: str, tmp_path: Path) -> None:
    """Not a day without use."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3)])
    [file] = reports.files[kind, NEWEST]
    assert isinstance(file, bytes)
    for text in ("2026-04-25", "yesterday"):
        reports.files[kind, NEWEST] = [file.replace(NEWEST.encode(), text.encode())]
        async with pipeline(tmp_path, reports, options={"teams": True}) as run:
            await run.poll()
            assert run.status.state is State.SCHEMA_ERROR
            assert f"{kind}/files: the report of {NEWEST}" in run.status.reason
            assert "of another day" in run.status.reason
            assert text not in run.status.reason
            assert run.value(ACCEPTANCES, "other") == (None if kind == ENTITY else 10)
            assert run.values(TEAM) == {}


async def test_a_record_of_another_day_among_others_is_rejected(tmp_path: Path) -> None:
    """It is not counted, and that is told."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST), entity("2026-09-19", 500))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        assert (run.status.state, run.value(ACCEPTANCES, "other")) == (State.OK, 10)
        assert run.status.rejected == {"day": 1}


async def test_a_day_may_be_written_with_a_time(tmp_path: Path) -> None:
    """In the links and in every file; one record in both spellings is one."""
    reports = Reports()
    text = f"{NEWEST}T00:00:00Z"
    reports.put(
        ENTITY, NEWEST, entity(text), entity(NEWEST, etl_id="b"), entity(NEWEST) | {"day": None}
    )
    reports.put(TEAMS, NEWEST, [{**member(1, 5, "core"), "day": text}])
    reports.put(USERS, NEWEST, [{**person(1, 3), "day": text}])
    links = [f"https://{HOST}/{ENTITY}/{NEWEST}/{shard}?sig=x" for shard in (0, 1, 2)]
    body = {"download_links": links, "report_day": text}
    reports.answers[ENTITY, NEWEST] = httpx.Response(200, json=body)
    async with pipeline(tmp_path, reports, options={"teams": True}) as run:
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.value(ACCEPTANCES, "other") == 10
        assert run.values(TEAM) == {("core",): 3}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(202),
        httpx.Response(202, json={"message": "the report is being made"}),
        httpx.Response(200, json={"download_links": None, "report_day": NEWEST}),
        httpx.Response(200, json={"download_links": [], "report_day": NEWEST}),
    ],
)
@pytest.mark.parametrize("kind", [ENTITY, USERS, TEAMS])
async def test_what_is_not_there_yet_is_no_failure(
    kind: str, answer: httpx.Response, tmp_path: Path
) -> None:
    """The day is asked for again, and nothing is counted or taken back until it is there."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3)])
    reports.answers[kind, NEWEST] = answer
    async with pipeline(tmp_path, reports, options={"teams": True}) as run:
        await run.poll()
        assert run.status.state is (State.EMPTY if kind == ENTITY else State.OK)
        assert run.values(TEAM) == {}
        del reports.answers[kind, NEWEST]
        await run.poll(after=HOUR)
        assert run.status.state is State.OK
        assert run.value(ACCEPTANCES, "other") == 10
        assert run.values(TEAM) == {("core",): 3}


async def test_what_is_remembered_has_the_shape_that_state_files_hold(tmp_path: Path) -> None:
    """The newest day with a report, and the days that are settled."""
    reports = Reports()
    for day in days("2026-09-16", 5):
        reports.put(ENTITY, day, entity(day))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        first, second, newest = (
            int(unix(f"{day}T00:00:00Z")) for day in (*days("2026-09-16", 2), NEWEST)
        )
        memory = (await run.state()).memory
        assert memory == {"newest": newest, "settled": [first, second]}


async def test_tokens_are_apart_and_customizations_are_no_drift(tmp_path: Path) -> None:
    """Prompt and output tokens add up; known fields without a metric are not unknown ones."""
    cli = {"token_usage": {"prompt_tokens_sum": 70, "output_tokens_sum": 30}}
    reports = Reports()
    skills = [{"skill": "other", "interaction_count": 5}]
    reports.put(ENTITY, NEWEST, entity(NEWEST, totals_by_cli=cli, totals_by_skill=skills, new=1))
    async with pipeline(tmp_path, reports) as run:
        await run.poll()
        tokens = run.values("github_copilot_cli_tokens_total")
        assert tokens == {("prompt",): 70, ("output",): 30}
        assert run.status.drift == {"new": 1}


async def test_teams_are_people_joined_with_their_teams(tmp_path: Path) -> None:
    """People in two teams count in both, people in none in no team, idle members as nothing."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(
        TEAMS,
        NEWEST,
        [member(1, 5, "core"), member(2, 5, "core"), member(1, 6, "guild"), member(9, 7, "idle")],
    )
    reports.put(USERS, NEWEST, [person(1, 3, "mona"), person(2, None), person(3, 50)])
    async with pipeline(tmp_path, reports, options={"teams": True}) as run:
        await run.poll()
        assert run.values(TEAM) == {("core",): 3, ("guild",): 3, ("idle",): 0}
        assert run.values("github_copilot_team_lines_added_total") == {}
        assert "mona" not in run.page + repr(await run.state())

        reports.put(TEAMS, NEWEST, [member(1, 5, "heart"), member(2, 5, "heart")])
        await run.poll(after=HOUR)
        values = run.values(TEAM)
        assert (values["core",], values["heart",], values["guild",]) == (3, 0, 3)
        ledger = (await run.state()).ledger
        assert ledger[TEAM, ("heart",)].slots == {
            Slot(int(unix(f"{NEWEST}T00:00:00Z")), key="5"): 3
        }


async def test_teams_wait_for_both_reports(tmp_path: Path) -> None:
    """Without one of them a day's teams are unknown, and the day is asked for again."""
    reports = Reports()
    old = "2026-09-16"
    reports.put(ENTITY, old, entity(old))
    reports.put(TEAMS, old, [{**member(1, 5, "core"), "day": old}])
    async with pipeline(tmp_path, reports, options={"teams": True}) as run:
        await run.poll()
        assert run.values(TEAM) == {}
        reports.put(USERS, old, [{**person(1, 3), "day": old}, person(1, 900)])
        await run.poll(after=HOUR)
        assert run.values(TEAM) == {("core",): 3}


@pytest.mark.parametrize(
    ("setting", "options", "asked"),
    [
        (Users.OFF, {"users": True}, []),
        (Users.PLAIN, {}, []),
        (Users.PLAIN, {"users": True}, [USERS]),
        (Users.OFF, {"users": True, "teams": True}, [TEAMS, USERS]),
    ],
)
async def test_people_are_only_asked_for_where_they_are_wanted(
    setting: Users, options: dict[str, Any], asked: list[str], tmp_path: Path
) -> None:
    """By the privacy setting and the option, or to be summed by team."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(TEAMS, NEWEST, [member(1, 5, "core")])
    reports.put(USERS, NEWEST, [person(1, 3, "mona")])
    async with pipeline(tmp_path, reports, users=setting, options=options) as run:
        await run.poll()
        kinds = [kind for kind in (TEAMS, USERS) if reports.asked(kind)]
        assert kinds == asked
        shown = setting is Users.PLAIN and "users" in options
        assert run.values(USER) == ({("mona",): 3} if shown else {})


async def test_a_renamed_person_is_not_counted_again(tmp_path: Path) -> None:
    """The id is who somebody is, the login only what they are called."""
    reports = Reports()
    reports.put(ENTITY, NEWEST, entity(NEWEST))
    reports.put(USERS, NEWEST, [person(1, 3, "before")])
    options = {"users": True}
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        reports.put(USERS, NEWEST, [person(1, 5, "after")])
        await run.poll(after=HOUR)
        assert run.values(USER) == {("before",): 3, ("after",): 2}
        assert run.status.corrections == 0


async def test_an_enterprise_has_its_own_paths(tmp_path: Path) -> None:
    """The same records under other endpoints."""
    reports = Reports()
    reports.put("enterprise-1-day", NEWEST, entity(NEWEST))
    target = {"org": None, "enterprise": "acme-inc"}
    async with pipeline(tmp_path, reports, target=target) as run:
        await run.poll()
        assert run.value(ACCEPTANCES, "other") == 10
        root = "/enterprises/acme-inc/copilot/metrics/reports"
        assert reports.requests[0].url.path == f"{root}/enterprise-1-day"
        assert not [r for r in reports.requests if r.url.path.startswith(ROOT)]


@pytest.mark.parametrize(
    ("options", "requests"),
    [
        ({}, 3),
        ({"users": True}, 6),
        ({"teams": True}, 9),
        ({"settled_after": "3d"}, 1),
        ({"repositories": True}, 7),
        ({"repositories": True, "settled_after": "3d"}, 3),
        ({"repositories": True, "lookback": "4d"}, 4),
        ({"repositories": True, "settled_after": "2d"}, 2),
        ({"teams": True, "users": True, "repositories": True}, 13),
    ],
)
async def test_the_plan_is_what_a_poll_costs(
    options: dict[str, Any], requests: int, tmp_path: Path
) -> None:
    """In the middle of a day, where every day has its reports."""
    reports = Reports()
    for day in days("2026-09-16", 5):
        reports.put(ENTITY, day, entity(day))
        reports.put(USERS, day, [])
        reports.put(TEAMS, day, [])
        reports.put(REPOSITORIES, day, [])
    async with pipeline(tmp_path, reports, users=Users.PLAIN, options=options) as run:
        await run.poll()
        reports.requests.clear()
        await run.poll(after=HOUR)
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert cost.requests == requests
        assert len(reports.requests) - len(reports.fetched()) == requests
