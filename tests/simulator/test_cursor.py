"""The simulated Cursor API against the world's truth and the documented behaviour."""

import base64
import json
from collections import Counter
from typing import Any

import pytest

from exporter.simulator.cursor.rest import CursorOptions
from tests.simulator.support import (
    CHANGES,
    COMMITS,
    CURSOR_AUTH,
    DAY,
    START,
    Reader,
    Totals,
    Wall,
    named,
    simulator,
    stamp,
)

SINCE = START // DAY * DAY - 6 * DAY


def commit_totals(items: list[dict[str, Any]], since: str) -> Totals:
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for item in items:
        key = (item["commitHash"], item["userId"], item["repoName"], item["branchName"])
        if key not in newest or newest[key]["createdAt"] < item["createdAt"]:
            newest[key] = item
    totals: Totals = Counter()
    for item in newest.values():
        if item["createdAt"] < since:
            continue
        primary = json.dumps(item["isPrimaryBranch"]) if "isPrimaryBranch" in item else "unknown"
        place = (item["repoName"] or "unknown", primary)
        totals["cursor_commits_total", *place] += 1
        for source, word in (("tab", "tab"), ("composer", "composer"), ("non_ai", "nonAi")):
            for verb in ("Added", "Deleted"):
                name = f"cursor_commit_lines_{verb.lower()}_total"
                totals[name, *place, source] += item[f"{word}Lines{verb}"]
    return +totals


def change_totals(items: list[dict[str, Any]]) -> Totals:
    totals: Totals = Counter()
    for item in items:
        kind = (item["source"].lower(), item["model"] or "unknown")
        totals["cursor_changes_total", *kind] += 1
        for verb in ("Added", "Deleted"):
            total = item[f"totalLines{verb}"]
            totals[f"cursor_change_lines_{verb.lower()}_total", *kind] += total
            name = f"cursor_change_file_lines_{verb.lower()}_total"
            told = 0
            for file in item["metadata"]:
                told += file[f"lines{verb}"]
                totals[name, file.get("fileExtension", "unknown")] += file[f"lines{verb}"]
            totals[name, "other"] += max(0, total - told)
    return +totals


async def test_the_commits_of_all_pages_add_up_to_the_truth() -> None:
    """Counted once each by identity, the listed commits are what the world says they are."""
    reader = Reader(simulator())
    items = await reader.pages(COMMITS, startDate=stamp(SINCE), endDate="now")
    truth = named(await reader.truth(since=SINCE), "cursor_commit")
    assert truth["cursor_commit_lines_added_total", "unknown", "unknown", "tab"] > 0
    assert commit_totals(items, stamp(SINCE)) == truth
    identities = {(i["commitHash"], i["userId"], i["repoName"], i["branchName"]) for i in items}
    assert len(identities) < len(items), "the world has commits that are ingested again"


ANALYTICS = "/cursor/analytics/team"


async def test_the_rows_of_the_analytics_add_up_to_the_truth() -> None:
    """Each metric at its path; the days that have just begun are not there yet."""
    reader = Reader(simulator())
    truth = await reader.truth(since=SINCE)
    since, until = stamp(SINCE)[:10], stamp(START)[:10]
    totals: Totals = Counter()
    for path, name, labels in (
        ("mcp", "cursor_mcp_calls_total", ("mcp_server_name", "tool_name")),
        ("commands", "cursor_command_uses_total", ("command_name",)),
        ("skills", "cursor_skill_uses_total", ("skill_name",)),
        ("plans", "cursor_plan_uses_total", ("model",)),
        ("ask-mode", "cursor_ask_uses_total", ("model",)),
    ):
        answer = await reader.cursor(f"{ANALYTICS}/{path}", startDate=since, endDate=until)
        for row in answer.json()["data"]:
            totals[name, *(row[label] for label in labels)] += row["usage"]
    edits = await reader.cursor(f"{ANALYTICS}/agent-edits", startDate=since, endDate=until)
    for row in edits.json()["data"]:
        totals["cursor_agent_diffs_total", "accepted"] += row["total_accepted_diffs"]
    assert totals
    assert {key: truth[key] for key in totals} == totals
    assert stamp(START)[:10] in {row["event_date"] for row in edits.json()["data"]}


async def test_a_day_comes_late_to_the_analytics() -> None:
    """At four in the morning, nothing of the day is there."""
    reader = Reader(simulator())
    await reader.control("advance", seconds=20 * 3_600)
    answer = await reader.cursor(f"{ANALYTICS}/dau", startDate="now", endDate="now")
    assert answer.json()["data"] == []
    await reader.control("advance", seconds=4 * 3_600)
    answer = await reader.cursor(f"{ANALYTICS}/dau", startDate="now", endDate="now")
    assert len(answer.json()["data"]) == 1


async def test_the_days_of_all_members_add_up_to_the_truth() -> None:
    """In pages everybody has a row; without them only who was active, and no page is told."""
    reader = Reader(simulator())
    path = "/cursor/teams/daily-usage-data"
    dates = {"startDate": int(SINCE * 1000), "endDate": int((START // DAY + 1) * DAY * 1000) - 1}
    totals: Totals = Counter()
    idle, number, more = 0, 0, True
    while more:
        number += 1
        body = {**dates, "page": number, "pageSize": 5}
        page = (await reader.http.post(path, json=body, auth=CURSOR_AUTH)).json()
        more = page["pagination"]["hasNextPage"]
        for row in page["data"]:
            idle += not row["isActive"]
            totals["cursor_lines_total", "accepted", "added"] += row["acceptedLinesAdded"]
            totals["cursor_requests_total", "chat"] += row["chatRequests"]
            totals["cursor_billed_requests_total", "included"] += row["subscriptionIncludedReqs"]
    truth = await reader.truth(since=SINCE)
    assert {key: truth[key] for key in totals} == totals
    assert number > 1
    assert idle > 0
    active = (await reader.http.post(path, json=dates, auth=CURSOR_AUTH)).json()
    assert "pagination" not in active
    assert all(row["isActive"] for row in active["data"])
    refused = await reader.http.post(path, json={"startDate": "7d"}, auth=CURSOR_AUTH)
    assert refused.status_code == 400


async def listed(reader: Reader, path: str, rows: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list in pages of seven."""
    found: list[dict[str, Any]] = []
    number, more = 0, True
    while more:
        number += 1
        page = (await reader.cursor(path, page=number, pageSize=7, **query)).json()
        found += page[rows]
        more = page["pagination"]["hasNextPage"]
    assert number > 1
    return found


async def test_reviews_of_all_pages_add_up_to_the_truth() -> None:
    """Only those that are billed cost anything; a key that can only read may ask for them."""
    reader = Reader(simulator())
    days = {"startDate": stamp(SINCE)[:10], "endDate": stamp(START)[:10]}
    totals: Totals = Counter()
    for row in await listed(reader, f"{ANALYTICS}/bugbot-reviews", "data", **days):
        totals[
            "cursor_bugbot_reviews_total", json.dumps(row.get("billed", "unknown")).strip('"')
        ] += 1
        if row.get("billed"):
            totals["cursor_bugbot_cost_usd_total",] += row["cost_cents"]
    truth = await reader.truth(since=SINCE)
    cost = totals.pop(("cursor_bugbot_cost_usd_total",))
    assert truth["cursor_bugbot_cost_usd_total",] * 100 == pytest.approx(cost)
    assert totals == named(truth, "cursor_bugbot_reviews")


async def test_the_audit_log_of_all_pages_adds_up_to_the_truth() -> None:
    """Each event once, by its id."""
    reader = Reader(simulator())
    times = {"startTime": stamp(SINCE), "endTime": "now"}
    rows = await listed(reader, "/cursor/teams/audit-logs", "events", **times)
    assert len({row["event_id"] for row in rows}) == len(rows)
    totals = Counter(("cursor_audit_events_total", row["event_type"]) for row in rows)
    assert totals == named(await reader.truth(since=SINCE), "cursor_audit")


async def test_insights_that_are_off_and_keys_without_a_scope_are_refused() -> None:
    """Both with 401, as Cursor does."""
    options = CursorOptions(requests_per_minute=None, conversation_insights=False)
    reader = Reader(simulator(cursor=options))
    answer = await reader.cursor(f"{ANALYTICS}/conversation-insights", include="intents")
    assert (answer.status_code, "not enabled" in answer.text) == (401, True)
    key = (options.key_without_scope, "")
    answer = await reader.http.get(f"{ANALYTICS}/dau", auth=key)
    assert (answer.status_code, "required scope: admin:*" in answer.text) == (401, True)


async def test_the_changes_of_all_pages_add_up_to_the_truth() -> None:
    """Every accepted line ends in one file extension, `unknown` or `other`."""
    reader = Reader(simulator())
    items = await reader.pages(CHANGES, startDate=stamp(SINCE), endDate="now")
    assert change_totals(items) == named(await reader.truth(since=SINCE), "cursor_change")


@pytest.mark.parametrize("with_source", [True, False])
async def test_csv_says_the_same_as_json(with_source: bool) -> None:
    """Same rows, same order, same values, whatever stands in a message."""
    options = CursorOptions(requests_per_minute=None, commit_source=with_source)
    reader = Reader(simulator(cursor=options))
    items = await reader.pages(COMMITS, startDate="20d")
    table = await reader.table(COMMITS, startDate="20d")
    assert [row["message"] for row in table] == [item["message"] or "" for item in items]
    assert any("\r\n" in row["message"] for row in table)
    assert list(table[0])[1] == ("commit_source" if with_source else "user_id")
    for row, item in zip(table, items, strict=True):
        assert row["commit_hash"] == item["commitHash"]
        assert row["created_at"] == item["createdAt"]
        assert row["commit_ts"] == (item["commitTs"] or "")
        assert row["branch_name"] == (item["branchName"] or "")
        assert row.get("commit_source", "") == item.get("commitSource", "")
        primary = item.get("isPrimaryBranch")
        assert row["is_primary_branch"] == ("" if primary is None else json.dumps(primary))
        assert int(row["non_ai_lines_added"]) == item["nonAiLinesAdded"]
        ai_lines = item["tabLinesAdded"] + item["composerLinesAdded"]
        assert item["nonAiLinesAdded"] == max(0, item["totalLinesAdded"] - ai_lines)


async def test_csv_of_changes_holds_the_metadata_as_json() -> None:
    """The nested column reads back to what the pages say."""
    reader = Reader(simulator())
    items = await reader.pages(CHANGES, startDate="2d")
    table = await reader.table(CHANGES, startDate="2d")
    assert [json.loads(row["metadata_json"]) for row in table] == [i["metadata"] for i in items]
    assert [row["model"] for row in table] == [item["model"] or "" for item in items]


async def test_rows_run_newest_first_and_inside_the_asked_range() -> None:
    """A bare date is midnight UTC, and the end is not part of the range."""
    reader = Reader(simulator())
    items = await reader.pages(COMMITS, startDate="2026-01-01", endDate="2026-01-03")
    moments = [item["createdAt"] for item in items]
    assert moments == sorted(moments, reverse=True)
    assert "2026-01-01T00" <= moments[-1] <= moments[0] < "2026-01-03T00"
    everything = await reader.pages(COMMITS, startDate="2026-01-01", endDate="now")
    assert [i for i in everything if i["createdAt"] < "2026-01-03"] == items


async def test_dates_can_filter_on_the_time_of_the_commit() -> None:
    """With the option a late ingested commit is listed by when it was made."""
    options = CursorOptions(requests_per_minute=None, date_column="commitTs")
    reader = Reader(simulator(cursor=options))
    items = await reader.pages(COMMITS, startDate="2025-12-29", endDate="2025-12-31")
    moments = [item["commitTs"] or item["createdAt"] for item in items]
    assert "2025-12-29T00" <= min(moments) <= max(moments) < "2025-12-31T00"
    assert max(item["createdAt"] for item in items) > "2025-12-31T00"


async def test_page_size_is_clamped_and_the_default_range_is_a_week() -> None:
    """The envelope tells what was really served."""
    reader = Reader(simulator())
    body = (await reader.cursor(COMMITS, pageSize=5000)).json()
    assert (body["page"], body["pageSize"]) == (1, 1000)
    assert (await reader.cursor(COMMITS)).json()["pageSize"] == 100
    assert body == (await reader.cursor(COMMITS, startDate="7d", pageSize=1000)).json()


async def test_a_user_can_be_named_in_three_ways() -> None:
    """E-mail, encoded id and number lead to the same rows."""
    app = simulator()
    reader = Reader(app)
    person = app.world.developers[3]
    answers = [
        await reader.pages(COMMITS, user=name)
        for name in (person.email, person.user_id, str(person.numeric_id))
    ]
    assert answers[0] == answers[1] == answers[2]
    assert {item["userId"] for item in answers[0]} == {person.user_id}


async def test_the_sixth_request_of_a_minute_is_refused_for_each_endpoint() -> None:
    """The limit holds per endpoint, starts anew each minute, and can tell how long to wait."""
    wall = Wall()
    reader = Reader(simulator(cursor=CursorOptions(retry_after=True), wall=wall))
    statuses = [(await reader.cursor(COMMITS)).status_code for _ in range(5)]
    refused = await reader.cursor(COMMITS)
    assert statuses == [200] * 5
    assert refused.status_code == 429
    assert refused.json()["error"] == "Too Many Requests"
    wait = int(refused.headers["retry-after"])
    assert 1 <= wait <= 60
    assert (await reader.cursor(CHANGES)).status_code == 200
    wall.now += wait
    assert (await reader.cursor(COMMITS)).status_code == 200


async def test_an_unchanged_answer_costs_nothing() -> None:
    """304 has no body and does not use up the limit."""
    reader = Reader(simulator(cursor=CursorOptions(requests_per_minute=2)))
    for path in (COMMITS, f"{CHANGES}.csv"):
        tag = (await reader.cursor(path)).headers["etag"]
        for _ in range(4):
            again = await reader.http.get(path, auth=CURSOR_AUTH, headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b"")
    await reader.control("commits", items=[{"message": "one more"}])
    changed = await reader.http.get(COMMITS, auth=CURSOR_AUTH, headers={"If-None-Match": tag})
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer sim-cursor-key", 401),
        ("Basic !!!", 401),
        ("Basic " + base64.b64encode(b"wrong:").decode(), 401),
        ("Basic " + base64.b64encode(b"sim-cursor-key-without-enterprise:").decode(), 403),
        ("Basic " + base64.b64encode(b"sim-cursor-key:").decode(), 200),
    ],
)
async def test_the_key_decides(authorization: str, status: int) -> None:
    """A wrong key is 401, a team without the plan is 403, both in Cursor's form."""
    reader = Reader(simulator())
    response = await reader.http.get(COMMITS, headers={"Authorization": authorization})
    assert response.status_code == status
    assert status == 200 or set(response.json()) == {"error", "message"}


@pytest.mark.parametrize("parameters", [{"startDate": "soon"}, {"page": "x"}])
async def test_what_cannot_be_read_is_a_bad_request(parameters: dict[str, str]) -> None:
    """400 names the parameter."""
    response = await Reader(simulator()).cursor(COMMITS, **parameters)
    assert response.status_code == 400
    assert next(iter(parameters)) in response.json()["message"]
