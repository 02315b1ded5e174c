"""The simulated Anthropic against the world's truth and what is known of the service."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.world.model_use import LATEST
from tests.simulator.support import START, Reader, Wall, simulator

ROOT = "/anthropic/v1/organizations"
OPTIONS = AnthropicOptions(requests_per_hour=None, requests_per_minute=None)
VERSION = {"anthropic-version": "2023-06-01"}


def anthropic(**options: Any) -> Simulator:
    return simulator(anthropic=replace(OPTIONS, **options))


async def get(
    app: Simulator, path: str, key: str = OPTIONS.admin_key, **query: Any
) -> httpx.Response:
    headers = {"x-api-key": key, **VERSION}
    return await Reader(app).http.get(f"{ROOT}/{path}", params=query, headers=headers)


@pytest.mark.parametrize("path", ["workspaces", "api_keys", "users"])
async def test_a_list_is_read_after_the_last_id(path: str) -> None:
    """To its end, each row once; without a limit a page has 20 rows."""
    app = anthropic()
    whole = (await get(app, path, limit=1_000)).json()
    assert (whole["has_more"], whole["last_id"]) == (False, whole["data"][-1]["id"])
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await get(app, path, limit=2, **after)).json()
        found += page["data"]
        if not page["has_more"]:
            break
        after = {"after_id": page["last_id"]}
    assert found == whole["data"]
    assert len((await get(app, path)).json()["data"]) == min(20, len(found))


async def test_a_workspace_is_renamed_and_one_is_archived() -> None:
    """Archived ones are told where they are asked for; the default one never is."""
    app = anthropic()
    before = {row["id"]: row for row in (await get(app, "workspaces")).json()["data"]}
    app.world.clock.advance(3 * 86_400)
    active = (await get(app, "workspaces")).json()["data"]
    every = (await get(app, "workspaces", include_archived="true")).json()["data"]
    assert [row["id"] for row in every] == list(before)
    assert len(active) == len(every) - 1
    assert every[-1]["archived_at"] is not None
    assert sum(row["name"] != before[row["id"]]["name"] for row in every) == 1


async def test_a_request_needs_the_right_kind_of_key_and_a_version() -> None:
    app = anthropic()
    for key in ("nobody", OPTIONS.analytics_key):
        refused = await get(app, "me", key=key)
        assert refused.status_code == 401
        assert refused.json()["error"] == {
            "type": "authentication_error",
            "message": "invalid x-api-key",
        }
    bare = await Reader(app).http.get(f"{ROOT}/me", headers={"x-api-key": OPTIONS.admin_key})
    assert (bare.status_code, bare.json()["type"]) == (400, "error")
    assert (await get(app, "me")).json()["type"] == "organization"
    assert (await get(app, "elsewhere")).status_code == 404


@pytest.mark.parametrize("told", [True, False])
async def test_more_than_the_limit_is_refused_until_the_hour_is_over(told: bool) -> None:
    wall = Wall()
    options = AnthropicOptions(requests_per_hour=2, retry_after=told)
    app = simulator(anthropic=options, wall=wall)
    assert [(await get(app, "me")).status_code for _ in range(3)] == [200, 200, 429]
    assert ((await get(app, "me")).headers.get("retry-after") is not None) is told
    assert (await get(app, "workspaces")).status_code == 200
    wall.now += 3_600
    assert (await get(app, "me")).status_code == 200


HOURS = {"bucket_width": "1h", "starting_at": "2026-01-04T00:00:00Z"}
MESSAGES, BILL = "usage_report/messages", "cost_report"


async def buckets(app: Simulator, path: str, **query: Any) -> list[dict[str, Any]]:
    """All buckets of a report, page by page."""
    found: list[dict[str, Any]] = []
    page: dict[str, str] = {}
    while True:
        answer = await get(app, path, **query, **page)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["data"]
        if not body["has_more"]:
            return found
        page = {"page": body["next_page"]}


async def test_every_hour_has_a_bucket_and_pages_lead_through_all_of_them() -> None:
    """The open one too, which grows; without a limit a page has 24."""
    app = anthropic()
    app.world.clock.advance(30 * 60)
    found = await buckets(app, MESSAGES, **HOURS, limit=5)
    assert [hour["starting_at"][11:13] for hour in found] == [
        f"{hour:02}" for hour in (*range(24), *range(9))
    ]
    assert len((await get(app, MESSAGES, **HOURS)).json()["data"]) == 24
    assert any(not hour["results"] for hour in found)
    ended = await buckets(app, MESSAGES, **HOURS, ending_at="2026-01-05T08:30:00Z")
    assert ended[-1]["ending_at"] == "2026-01-05T08:00:00Z"


async def test_what_is_grouped_adds_up_to_what_is_not() -> None:
    """Tokens of the usage report; cents of the bill, whose lines have types only where they are asked for."""
    app = anthropic()
    by = ["workspace_id", "model", "service_tier"]
    grouped = await buckets(app, MESSAGES, **HOURS, **{"group_by[]": by})
    whole = await buckets(app, MESSAGES, **HOURS)
    for one, other in zip(grouped, whole, strict=True):
        assert sum(row["output_tokens"] for row in one["results"]) == sum(
            row["output_tokens"] for row in other["results"]
        )
    days = {"starting_at": "2025-12-20T00:00:00Z", "limit": 31}
    lines = await buckets(app, BILL, **days, **{"group_by[]": ["workspace_id", "description"]})
    sums = await buckets(app, BILL, **days)
    assert _cents(lines) == _cents(sums) > 0
    types = {row["cost_type"] for day in lines for row in day["results"]}
    assert {"tokens", "web_search", "code_execution", "session_usage", None} == types
    assert {row["cost_type"] for day in sums for row in day["results"]} == {None}


def _cents(days: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["amount"]) for day in days for row in day["results"]), Decimal(0))


async def test_hours_are_told_late_and_corrected() -> None:
    """What was told of a day is not what is told of it two days later; then it stays."""
    app = simulator(anthropic=OPTIONS, developers=80)
    app.world.clock.advance(16 * 3_600)
    day = {**HOURS, "starting_at": "2026-01-05T00:00:00Z", "ending_at": "2026-01-06T00:00:00Z"}
    told = []
    for _ in range(3):
        told.append(await buckets(app, MESSAGES, **day))
        app.world.clock.advance(LATEST)
    assert told[0] != told[1] == told[2]


async def test_withheld_buckets_are_missing_and_not_empty() -> None:
    app = anthropic()
    control = Reader(app).control
    await control("model-use/withhold", **{"from": START - 3 * 3_600})
    assert (await buckets(app, MESSAGES, **HOURS))[-1]["starting_at"] == "2026-01-05T04:00:00Z"
    await control("model-use/withhold", **{"from": None})
    await control(
        "model-use", items=[{"timestamp": START - 3_600, "output": 10**12, "cents": 10**9}]
    )
    [*_, hour] = await buckets(app, MESSAGES, **HOURS)
    assert sum(row["output_tokens"] for row in hour["results"]) >= 10**12


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 169},
        {"bucket_width": "2h"},
        {"group_by[]": "description"},
        {"page": "page_of-something-else"},
        {"starting_at": "yesterday"},
    ],
)
async def test_what_the_reports_do_not_know_is_refused(query: dict[str, Any]) -> None:
    answer = await get(anthropic(), MESSAGES, **{**HOURS, **query})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
