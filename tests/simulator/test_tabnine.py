"""The simulated Tabnine against the world's truth and what is known of the service."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import httpx
import pytest

from exporter.simulator.application import Simulator
from exporter.simulator.tabnine.rest import TabnineOptions
from tests.simulator.support import DAY, START, Reader, Totals, Wall, named, simulator, stamp

TODAY = START // DAY * DAY
SINCE = TODAY - 10 * DAY
ROOT = "/tabnine/api/v1"
AUDIT = "/organization/audit-logs"
TOKEN = "sim-tabnine-token"
BLOCKS = {
    "codeCompletions": {
        "completions": "completions",
        "completion_characters": "charsCompleted",
        "completion_lines": "lines",
        "keystrokes": "keystrokes",
    },
    "chat": {
        "chat_interactions": "interactions",
        "chat_useful_interactions": "usefulChatInteractions",
        "chat_lines": "lines",
        "chat_characters": "charsCompleted",
    },
}
"""Where v1 tells the figure of each metric."""


class Tabnine:
    """Asks the simulated installation that a token chooses."""

    def __init__(self, app: Simulator | None = None, *, suffix: str = "", **options: Any) -> None:
        self.app = app or simulator(tabnine=TabnineOptions(**options))
        self.reader = Reader(self.app)
        self.headers = {"Authorization": f"Bearer {TOKEN}{suffix}"}
        self.organization = self.app.world.membership.organization_id

    async def get(self, path: str, **parameters: Any) -> httpx.Response:
        url = path if path.startswith("/tabnine") else f"{ROOT}{path}"
        return await self.reader.http.get(url, params=parameters, headers=self.headers)

    async def json(self, path: str, **parameters: Any) -> Any:
        response = await self.get(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    async def usage(
        self, scope: str = "organization", version: str = "v1", **more: Any
    ) -> list[dict[str, Any]]:
        parameters = {
            "organizationId": self.organization,
            "from": stamp(SINCE),
            "to": stamp(TODAY + DAY),
            "granularity": "daily",
        } | more
        body = await self.json(f"/tabnine/api/{version}/{scope}/usage", **parameters)
        data: list[dict[str, Any]] = body["usage"]["data"]
        assert body["usage"]["granularity"] == parameters["granularity"]
        return data

    async def rows(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        following: dict[str, int] | None = {"limit": 3, "offset": 0}
        while following is not None:
            body = await self.json(path, **parameters, **following)
            assert body["meta"]["count"] == len(body["data"])
            rows += body["data"]
            following = body["meta"].get("next")
        assert len(rows) == body["meta"]["total"]
        return rows

    async def events(self, **parameters: Any) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        while True:
            body = await self.json(AUDIT, limit=70, offset=len(events), **parameters)
            events += body["items"]
            if len(events) == body["total"]:
                return events


def totals(data: Iterable[Mapping[str, Any]], family: str = "", *labels: str) -> Totals:
    result: Totals = Counter()
    for bucket in data:
        for block, fields in BLOCKS.items():
            for name, field in fields.items():
                result[f"tabnine_{family}{name}_total", *labels] += bucket[block][field]
    return +result


def shape(value: Any) -> Any:
    """The names in a body without its values."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


async def test_the_usage_of_organization_and_teams_adds_up_to_the_truth() -> None:
    """Teams of one name count together, and people without a team in the organization only."""
    tabnine = Tabnine()
    told = totals(await tabnine.usage())
    for team in await tabnine.rows("/organization/teams"):
        told += totals(await tabnine.usage("team", teamId=team["id"]), "team_", team["name"])
    truth = named(await tabnine.reader.truth(since=SINCE), "tabnine_")
    audit = named(truth, "tabnine_audit")
    assert told == truth - audit
    in_teams = sum(v for (name, *_), v in truth.items() if name == "tabnine_team_completions_total")
    assert 0 < in_teams < truth["tabnine_completions_total",]


async def test_the_usage_of_all_users_is_that_of_the_organization() -> None:
    """Users with and without a team, deactivated ones among them, make the organization's sums."""
    tabnine = Tabnine()
    told: Totals = Counter()
    users = await tabnine.rows("/organization/users")
    for user in users:
        told += totals(await tabnine.usage("user", userId=user["id"]))
    assert told == totals(await tabnine.usage())
    unassigned = await tabnine.rows("/organization/users", teamMember="false", active="true")
    gone = await tabnine.rows("/organization/users", active="false")
    assert [user["team"] for user in unassigned] == [None]
    assert len(users) == 12
    assert len(gone) <= 1
    assert all(user["deactivatedAt"] for user in gone)


async def test_the_audit_events_of_all_pages_add_up_to_the_truth() -> None:
    """In JSON and in CSV, newest first or oldest first, the same events are listed."""
    tabnine = Tabnine()
    since = stamp(SINCE)
    events = await tabnine.events(**{"from": since})
    moments = [event["timestamp"] for event in events]
    assert moments == sorted(moments, reverse=True)
    assert await tabnine.events(**{"from": since, "sort": "asc"}) == events[::-1]
    types = Counter(("tabnine_audit_events_total", event["eventType"]) for event in events)
    assert types == named(await tabnine.reader.truth(since=SINCE), "tabnine_audit")
    assert any(len(event) == 3 for event in events), "some have required fields only"
    for switch in ({"format": "csv"}, {"csv-format": ""}):
        answer = await tabnine.get(AUDIT, limit=1000, **{"from": since}, **switch)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert [row["id"] for row in rows] == [event["id"] for event in events]
    one = events[0]["eventType"]
    assert await tabnine.events(**{"from": since, "eventType": one}) == [
        event for event in events if event["eventType"] == one
    ]


async def test_the_audit_log_grows_at_its_head() -> None:
    """Offsets shift as events arrive, unless the end of the range is fixed."""
    tabnine = Tabnine()
    before = await tabnine.events()
    await tabnine.reader.control("advance", seconds=2)
    await tabnine.reader.control("audit-events", items=[{"eventType": "token.revoked"}] * 3)
    after = await tabnine.events()
    assert after[3:] == before
    assert {event["eventType"] for event in after[:3]} == {"token.revoked"}
    assert await tabnine.events(to=stamp(START + 1)) == before


async def test_longer_buckets_sum_days_and_count_people_once() -> None:
    """Weeks begin on Mondays, months on their first; only days inside the range are in them."""
    tabnine = Tabnine()
    daily = await tabnine.usage()
    for granularity, starts in (
        ("weekly", ["2025-12-22", "2025-12-29", "2026-01-05"]),
        ("monthly", ["2025-12-01", "2026-01-01"]),
    ):
        data = await tabnine.usage(granularity=granularity)
        assert [bucket["from"][:10] for bucket in data] == starts
        assert all(before["to"] == after["from"] for before, after in pairwise(data))
        assert totals(data) == totals(daily)
    (whole,) = await tabnine.usage(granularity="all")
    assert whole["from"] == whole["to"] == stamp(TODAY + DAY)
    assert totals([whole]) == totals(daily)
    active = [bucket["activeUsers"] for bucket in daily]
    assert max(active) <= whole["activeUsers"] < sum(active)


async def test_ratios_follow_from_the_sums() -> None:
    """Each ratio lies in 0..1 and is made of its own bucket."""
    tabnine = Tabnine()
    for bucket in await tabnine.usage():
        code, chat = bucket["codeCompletions"], bucket["chat"]
        characters, keystrokes = code["charsCompleted"], code["keystrokes"]
        made = characters + chat["charsCompleted"]
        for ratio, part, whole in (
            (code["automationFactor"], characters, characters + keystrokes),
            (bucket["productivityFactor"], made, made + keystrokes),
            (
                chat["chatConsumptionRate"],
                chat["usefulChatInteractions"],
                chat["interactions"],
            ),
        ):
            assert ratio == (round(part / whole, 3) if part else 0)
        assert bucket["activeUsers"] >= max(code["activeUsers"], chat["activeUsers"])


async def test_today_grows_and_past_days_are_revised_until_they_settle() -> None:
    """Late figures come for three days, a few are taken back, and then nothing moves."""
    tabnine = Tabnine(simulator(developers=60))
    days = {"from": stamp(TODAY), "to": stamp(TODAY + 3 * DAY)}
    people = [member.id for member in tabnine.app.world.membership.members]
    seen: dict[tuple[str, str], list[int]] = {}
    today: list[int] = []
    for _ in range(28):
        now = tabnine.app.world.clock.time()
        told = {"": await tabnine.usage(**days)}
        today.append(told[""][0]["codeCompletions"]["completions"])
        for person in people:
            told[person] = await tabnine.usage("user", userId=person, **days)
        for person, data in told.items():
            for index, bucket in enumerate(data):
                if now >= TODAY + (index + 1) * DAY:
                    figures = seen.setdefault((person, bucket["from"]), [])
                    figures.append(bucket["codeCompletions"]["charsCompleted"])
        await tabnine.reader.control("advance", seconds=DAY // 4)
    assert 0 < today[0] < today[1] < today[2]
    falls = [(b, a) for values in seen.values() for b, a in pairwise(values) if a < b]
    rises = [(b, a) for values in seen.values() for b, a in pairwise(values) if a > b]
    assert len(rises) > len(falls) > 0
    assert all(after >= before * 0.9 for before, after in falls), "corrections are small"
    assert all(len(set(values[12:])) <= 1 for values in seen.values()), "three days settle a day"


async def test_figures_can_be_added_and_revised() -> None:
    """A user's day takes what is posted, in the organization, the team and the truth."""
    tabnine = Tabnine()
    control = tabnine.reader.control
    before = await tabnine.reader.truth(since=SINCE)
    email = tabnine.app.world.developers[1].email
    posted = {"user": email, "timestamp": TODAY - DAY}
    await control("assistance", **posted, completions=5, chat_lines=7)
    await control("assistance", **posted, completions=2)
    assert named(await tabnine.reader.truth(since=SINCE), "tabnine") - before == {
        ("tabnine_completions_total",): 7,
        ("tabnine_chat_lines_total",): 7,
        ("tabnine_team_completions_total", "payments"): 7,
        ("tabnine_team_chat_lines_total", "payments"): 7,
    }
    await control("assistance/revise", **posted, completions=3)
    yesterday = {"from": stamp(TODAY - DAY), "to": stamp(TODAY)}
    data = await tabnine.usage("user", userId=email, **yesterday)
    assert totals(data) == {("tabnine_completions_total",): 3}
    await control("assistance/revise", **posted)
    data = await tabnine.usage("user", userId=email, **yesterday)
    assert totals(data) == {}
    assert data[0]["activeUsers"] == 0


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("assistance", {"user": "nobody@acme.example"}, 404),
        ("assistance", {"timestamp": 0}, 400),
        ("assistance", {"completions": -1}, 400),
        ("teams/rename", {"team_id": "no-team", "name": "x"}, 404),
        ("audit-events", {"items": [{"timestamp": "soon"}]}, 400),
    ],
)
async def test_a_mistake_in_a_test_is_told(path: str, body: dict[str, Any], status: int) -> None:
    """What cannot be done is refused with its reason."""
    response = await Reader(simulator()).http.post(f"/_simulator/{path}", json=body)
    assert response.status_code == status
    assert response.json()["error"]


async def test_a_quiet_world_tells_nothing_more() -> None:
    """Figures stand still, and no audit events come."""
    tabnine = Tabnine()
    before = named(await tabnine.reader.truth(since=SINCE), "tabnine")
    await tabnine.reader.control("quiet", **{"from": START})
    await tabnine.reader.control("advance", seconds=20 * 3600)
    assert named(await tabnine.reader.truth(since=SINCE), "tabnine") == before
    await tabnine.reader.control("quiet", **{"from": None})
    assert named(await tabnine.reader.truth(since=SINCE), "tabnine") != before


async def test_team_names_repeat_and_change_while_ids_stay() -> None:
    """Two teams share a name; one is renamed after a day, and any can be renamed."""
    tabnine = Tabnine()
    before = await tabnine.rows("/organization/teams")
    names = [team["name"] for team in before]
    assert [name for name, count in Counter(names).items() if count > 1] == ["platform"]
    assert [team["name"] for team in before if team["isDefaultTeam"]] == ["Default Team"]
    await tabnine.reader.control("advance", seconds=DAY)
    await tabnine.reader.control("teams/rename", team_id=before[1]["id"], name="pay")
    after = await tabnine.rows("/organization/teams")
    assert [team["id"] for team in after] == [team["id"] for team in before]
    changed = {b["name"]: a["name"] for b, a in zip(before, after, strict=True) if a != b}
    assert changed["payments"] == "pay"
    assert changed["infrastructure"] == "infrastructure-next"
    team = await tabnine.json(f"/team/{before[1]['id']}")
    assert team == {"id": before[1]["id"], "name": "pay"}
    keys = await tabnine.reader.truth(since=SINCE)
    assert ("tabnine_team_completions_total", "pay") in keys
    assert ("tabnine_team_completions_total", "payments") not in keys


async def test_ends_of_lists_are_told_in_two_ways() -> None:
    """Teams leave `next` out on the last page, the organization's users have a null."""
    tabnine = Tabnine()
    first = await tabnine.json("/organization/teams", limit=4, offset=0)
    assert first["meta"] == {"count": 4, "total": 10, "next": {"limit": 4, "offset": 4}}
    last = await tabnine.json("/organization/teams", limit=4, offset=8)
    assert last["meta"] == {"count": 2, "total": 10}
    users = await tabnine.json("/organization/users", limit=200, offset=0)
    assert users["meta"] == {"count": 12, "total": 12, "next": None}


async def test_a_team_lists_its_users() -> None:
    """Deactivated ones too; a user's own page names the team in an object."""
    tabnine = Tabnine(simulator(developers=200))
    deactivated = 0
    for team in await tabnine.rows("/organization/teams"):
        users = await tabnine.rows(f"/team/{team['id']}/users")
        gone = [user for user in users if user["deactivatedAt"]]
        assert len(users) - len(gone) == team["usersCount"]
        counts = await tabnine.json("/team/account-utilizations", teamId=team["id"])
        assert (counts["registered"], counts["deactivated"]) == (len(users), len(gone))
        assert set(counts) == {"registered", "deactivated", "invited"}
        deactivated += len(gone)
        for user in users[:1]:
            body = await tabnine.json(f"/user/{user['id']}")
            assert body["teams"] == {"team_id": team["id"], "team_name": team["name"]}
            assert body["user"]["email"] == user["email"]
    assert deactivated


async def test_the_state_of_the_organization() -> None:
    """Organization, license, months counted from 0 and permissions have their forms."""
    tabnine = Tabnine()
    organization = await tabnine.json("/organization")
    assert organization["id"] == tabnine.organization
    body = (await tabnine.json("/license"))["license"]
    assert body["iat"] < START < body["exp"]
    assert 12 <= body["seats"] <= body["seatsCap"]
    months = await tabnine.json("/organization/account-utilizations")
    assert len(months) == 12
    assert (months[0]["year"], months[0]["month"]) == (2025, 1)
    assert (months[-1]["year"], months[-1]["month"]) == (2026, 0)
    assert months[-1]["registered"] == 12
    assert 0 < months[-1]["active"] <= 12
    some = await tabnine.json("/organization/account-utilizations", startDate="2025-12")
    assert some == months[-2:]
    admins = await tabnine.json("/instance/permissions", role="Admin")
    assert len(admins) == 2
    assert shape(admins) == [{"username": None, "organizationId": None}]


async def test_repositories_change_their_status() -> None:
    """Statuses pass through indexing; one of them is not in any documentation."""
    tabnine = Tabnine()
    teams = await tabnine.rows("/organization/teams")
    statuses: set[str] = set()
    for _ in range(48):
        for team in teams:
            path = f"/tabnine/api/team/v1/{team['id']}/connections/repositories"
            for row in await tabnine.json(path):
                statuses.add(row["latest_status"])
                assert row["repo_type"] in ("git", "perforce")
        await tabnine.reader.control("advance", seconds=480)
    assert statuses == {"pending", "cloning", "indexing", "success", "failed", "quarantined"}


async def test_v2_and_agent_usage_tell_the_same_people() -> None:
    """Models come for whole ranges, and tokens and cost add up over models and agent types."""
    tabnine = Tabnine()
    v1, v2 = await tabnine.usage(), await tabnine.usage(version="v2")
    for old, new in zip(v1, v2, strict=True):
        assert new["codeCompletions"]["completions"] == old["codeCompletions"]["completions"]
        assert new["chat"]["messages"] == old["chat"]["interactions"]
        assert "models" not in new["chat"]
        assert "productivityFactor" not in new
    (whole,) = await tabnine.usage(version="v2", granularity="all")
    assert whole["from"] == stamp(SINCE)
    assert "models" in (await Tabnine(models_by_day=True).usage(version="v2"))[0]["chat"]
    models = whole["agent"]["models"]
    assert sum(model["messages"] for model in models) == whole["agent"]["messages"]
    parameters = {"organizationId": tabnine.organization, "granularity": "all"}
    span = {"from": stamp(SINCE), "to": stamp(TODAY + DAY)}
    body = await tabnine.json("/organization/agent-usage", **parameters, **span)
    (bucket,) = body["usage"]["data"]
    for parts in (bucket["modelBreakdown"], bucket["agentTypeBreakdown"]):
        assert sum(p["tokensConsumed"] for p in parts) == bucket["totalTokensConsumed"] > 0
        assert sum(p["cost"] for p in parts) == pytest.approx(bucket["totalCost"])
    fractions = {"from": "2025-12-27T00:00:00.000Z", "to": stamp(TODAY)}
    refused = await tabnine.get("/organization/agent-usage", **parameters, **fractions)
    assert refused.status_code == 400
    assert (await tabnine.get("/organization/usage", **parameters, **fractions)).status_code == 200


async def test_v1_can_stand_still() -> None:
    """An installation that moved to v2 tells nothing of later days in v1."""
    tabnine = Tabnine(v1_until=TODAY - 4 * DAY)
    assert len(await tabnine.usage()) == 6
    assert len(await tabnine.usage(version="v2")) == 11


async def test_empty_buckets_can_be_left_out() -> None:
    """A gap and a bucket of zeros mean the same."""
    team = {"teamId": simulator().world.membership.teams[-1].id}
    assert {b["activeUsers"] for b in await Tabnine().usage("team", **team)} == {0}
    assert await Tabnine(empty_buckets=False).usage("team", **team) == []


USAGE = {
    "from": stamp(SINCE),
    "to": stamp(TODAY),
    "granularity": "daily",
    "organizationId": simulator().world.membership.organization_id,
}


@pytest.mark.parametrize(
    ("path", "parameters", "status", "message"),
    [
        ("/organization/users", {"teamMember": "false"}, 400, "Expected number, received nan"),
        ("/organization/users", {"limit": "9", "offset": "x"}, 400, "received nan"),
        ("/organization/usage", {}, 401, "Unauthorized: Invalid organization."),
        ("/organization/usage", {"organizationId": "other"}, 401, "Invalid organization."),
        ("/organization/usage", USAGE | {"from": ""}, 400, "from"),
        ("/organization/usage", USAGE | {"to": "tomorrow"}, 400, "to"),
        ("/organization/usage", USAGE | {"granularity": "day"}, 400, "granularity"),
        ("/team/usage", USAGE, 400, "teamId"),
        ("/team/usage", USAGE | {"teamId": "x"}, 404, "Team not found"),
        ("/user/usage", USAGE | {"userId": "x"}, 404, "User not found"),
        ("/organization/agent-usage", USAGE | {"startDate": "2026-01"}, 500, "Internal"),
        ("/team/account-utilizations", {}, 400, "teamId"),
        ("/instance/permissions", {}, 400, "role"),
        ("/instance/permissions", {"role": "King"}, 400, "role"),
        ("/organization/account-utilizations", {"startDate": "2026-02"}, 422, "startDate"),
        ("/organization/account-utilizations", {"startDate": "January"}, 400, "startDate"),
        (AUDIT, {"limit": "1001"}, 400, "limit"),
        (AUDIT, {"limit": "0"}, 400, "limit"),
        (AUDIT, {"sort": "up"}, 400, "sort"),
        (AUDIT, {"format": "xml"}, 400, "format"),
        ("/user/x", {}, 404, "User not found"),
        ("/nothing", {}, 404, "Not Found"),
    ],
)
async def test_bad_requests_are_refused(
    path: str, parameters: dict[str, str], status: int, message: str
) -> None:
    """With the status and words of the service; a missing organization is a 401."""
    response = await Tabnine().get(path, **parameters)
    assert response.status_code == status
    assert message in response.text


@pytest.mark.parametrize(
    ("suffix", "path", "status", "message"),
    [
        ("", "/license", 200, ""),
        ("-wrong", "/license", 401, "Invalid token"),
        ("-without-license", "/license", 500, "License not found"),
        ("-without-license", AUDIT, 200, ""),
        ("-without-audit", AUDIT, 403, "Insufficient permissions"),
        ("-without-audit", "/organization/usage", 200, ""),
        ("-without-agent", "/organization/agent-usage", 403, "FEATURE_NOT_AVAILABLE"),
        ("-legacy", "/organization/agent-usage", 404, "Not Found"),
        ("-legacy", "/tabnine/api/v2/organization/usage", 404, "Not Found"),
        ("-legacy", "/organization/usage", 200, ""),
    ],
)
async def test_the_token_chooses_the_installation(
    suffix: str, path: str, status: int, message: str
) -> None:
    """What one lacks is refused there, and everything else goes on."""
    response = await Tabnine(suffix=suffix).get(path, **USAGE)
    assert response.status_code == status
    assert message in response.text


async def test_installations_differ_in_what_they_tell() -> None:
    """A legacy one has few fields, an expired license is told as one."""
    legacy = Tabnine(suffix="-legacy")
    assert set(await legacy.json("/organization")) == {"id", "name"}
    assert "agent" not in (await legacy.usage())[0]
    expired = (await Tabnine(suffix="-expired").json("/license"))["license"]
    assert expired["exp"] < START
    unlicensed = await Tabnine(suffix="-without-agent", agent_refusal=500).get(
        "/organization/agent-usage", **USAGE
    )
    assert unlicensed.status_code == 500


@pytest.mark.parametrize(
    ("options", "path", "parameters", "status", "kind"),
    [
        ({}, "/organization/audit_logs", {}, 200, "json"),
        ({"audit_path": "hyphen"}, "/organization/audit_logs", {}, 404, "json"),
        ({"audit_path": "underscore"}, AUDIT, {}, 404, "json"),
        ({"audit_path": "underscore"}, "/organization/audit_logs", {}, 200, "json"),
        ({"csv_switch": "format"}, AUDIT, {"csv-format": ""}, 200, "json"),
        ({"csv_switch": "csv-format"}, AUDIT, {"format": "csv"}, 200, "json"),
        ({"csv_switch": "csv-format"}, AUDIT, {"csv-format": ""}, 200, "csv"),
        ({"users_need_organization": True}, "/organization/users", {}, 401, "json"),
    ],
)
async def test_installations_spell_things_their_way(
    options: dict[str, Any], path: str, parameters: dict[str, str], status: int, kind: str
) -> None:
    """Path and switch of the audit logs, and what users are asked for with, are options."""
    response = await Tabnine(**options).get(path, **parameters)
    assert response.status_code == status
    assert kind in response.headers["content-type"]


async def test_audit_pages_can_have_the_form_of_other_lists() -> None:
    """`data` and `meta` instead of `items`."""
    body = await Tabnine(audit_page="data").json(AUDIT, limit=2, offset=0)
    assert body["meta"]["next"] == {"limit": 2, "offset": 2}
    assert len(body["data"]) == 2


async def test_a_limit_can_be_set() -> None:
    """429 with Retry-After once it is used up, then the next minute."""
    wall = Wall()
    options = TabnineOptions(requests_per_minute=2)
    tabnine = Tabnine(simulator(tabnine=options, wall=wall))
    statuses = [(await tabnine.get("/license")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await tabnine.get("/license")
    assert refused.headers["retry-after"] == "60"
    wall.now += 60
    assert (await tabnine.get("/license")).status_code == 200


async def test_what_changes_something_is_refused() -> None:
    """Writes are not simulated: an exporter that tries one is noticed."""
    tabnine = Tabnine()
    for method, path in (("POST", "/api/invitation/v1"), ("PATCH", "/api/user/v1/x")):
        response = await tabnine.reader.http.request(
            method, f"/tabnine{path}", headers=tabnine.headers
        )
        assert response.status_code == 405


async def test_faults_spoil_rows_and_pages() -> None:
    """Fields of nested rows, totals and offsets are within reach of the faults."""
    tabnine = Tabnine()

    async def spoilt(path: str, kind: str, **parameters: Any) -> Any:
        await tabnine.reader.control("faults", path="/tabnine/*", kind=kind, times=1)
        return await tabnine.json(path, **parameters)

    usage = await spoilt("/organization/usage", "missing_field", **USAGE)
    assert "activeUsers" not in usage["usage"]["data"][0]
    first = await tabnine.json("/organization/teams", limit=2, offset=0)
    assert await spoilt("/organization/teams", "repeat_page", limit=2, offset=2) == first
    lie = await spoilt("/organization/teams", "lie_total", limit=2, offset=0)
    assert lie["meta"]["total"] > 1000
    events = await spoilt(AUDIT, "extra_field")
    assert "surprise" in events["items"][0]


async def test_the_world_can_have_many_teams() -> None:
    """As many as asked for, with everybody in one of them or in none."""
    app = simulator(developers=40, teams=25)
    tabnine = Tabnine(app)
    teams = await tabnine.rows("/organization/teams")
    assert len(teams) == 27
    unassigned = await tabnine.rows("/organization/users", teamMember="false")
    sizes = [len(await tabnine.rows(f"/team/{team['id']}/users")) for team in teams]
    assert sum(sizes) + len(unassigned) == 40
