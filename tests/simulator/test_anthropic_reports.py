"""The simulated reports of Claude Code and of Claude Enterprise: pages, refusals, cuts, what is put into them."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from exporter.model import Window
from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.world.truth import View, totals
from tests.simulator.support import DAY, START, Reader, simulator

ROOT = "/anthropic/v1/organizations"
OPTIONS = AnthropicOptions(requests_per_hour=None, requests_per_minute=None, expiring=0)
FRIDAY = START // DAY * DAY - 3 * DAY
BY_MODEL = {"group_by[]": ["product", "model"]}
RANGE = {"starting_at": "2025-12-30T00:00:00Z", "ending_at": "2026-01-05T08:00:00Z"}


def anthropic(**options: Any) -> Simulator:
    return simulator(anthropic=replace(OPTIONS, **options), developers=30)


async def get(app: Simulator, path: str, **query: Any) -> httpx.Response:
    analytics = path.startswith("analytics")
    key = OPTIONS.analytics_key if analytics else OPTIONS.admin_key
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return await Reader(app).http.get(f"{ROOT}/{path}", params=query, headers=headers)


async def walk(app: Simulator, path: str, **query: Any) -> list[Any]:
    """The rows of all pages."""
    rows: list[Any] = []
    page: dict[str, Any] = {}
    while True:
        answer = await get(app, path, **query, **page)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        if answer.json()["next_page"] is None:
            return rows
        page = {"page": answer.json()["next_page"]}


def true(app: Simulator, name: str) -> Decimal:
    """The true sum of a family over a Friday."""
    window = Window(int(FRIDAY), int(FRIDAY) + DAY)
    found = totals(View(app.world, window, app.world.clock.time()))
    return sum((Decimal(each.value) for each in found if each.name == name), Decimal(0))


async def test_pages_of_a_day_have_every_row_once() -> None:
    app = anthropic()
    rows = await walk(app, "usage_report/claude_code", starting_at="2026-01-02", limit=3)
    assert len(rows) > 3
    assert sum(row["core_metrics"]["num_sessions"] for row in rows) == true(
        app, "anthropic_claude_code_sessions_total"
    )
    actors = Counter(row["actor"]["type"] for row in rows)
    assert set(actors) == {"user_actor", "api_actor"}


async def test_people_with_subscriptions_may_be_all_there_are() -> None:
    app = anthropic(subscriptions_only=True)
    assert await walk(app, "usage_report/claude_code", starting_at="2026-01-02") == []


async def test_a_day_is_built_at_ten_of_the_next() -> None:
    """Before that it is refused, and the refusal names the latest one."""
    app = anthropic()
    refused = await get(app, "analytics/users", date="2026-01-04")
    assert refused.status_code == 400
    said = refused.json()["error"]["message"]
    assert "2026-01-04 is not available yet" in said
    assert "latest available day is 2026-01-03." in said
    app.world.clock.advance(2 * 3_600)
    assert (await get(app, "analytics/users", date="2026-01-04")).status_code == 200
    people = await walk(app, "analytics/users", date="2026-01-02", limit=7)
    messages = sum(row["chat_metrics"]["message_count"] for row in people)
    assert messages == true(app, "anthropic_enterprise_chat_messages_total")
    summaries = (await get(app, "analytics/summaries", starting_date="2026-01-01")).json()
    assert [day["starting_at"][:10] for day in summaries["summaries"]][-1] == "2026-01-04"


@pytest.mark.parametrize("figure", ["amount", "list_amount"])
async def test_older_reports_show_the_largest_groups_and_newer_ones_all(figure: str) -> None:
    """Without groups the older ones have it all too, in whatever pages."""
    app = anthropic(groups_shown=3)
    cut = await walk(app, "analytics/cost_report", **RANGE, **BY_MODEL, limit=2)
    whole = await walk(app, "analytics/cost_report", **RANGE, limit=31)
    rows = await walk(app, "analytics/cost", **RANGE, **BY_MODEL, limit=5)
    assert all(len(bucket["results"]) == 3 for bucket in cut)
    sums = [
        sum(Decimal(row[figure]) for bucket in buckets for row in bucket["results"])
        for buckets in (cut, whole)
    ]
    assert sums[0] < sums[1] == sum(Decimal(row["cost"][figure]) for row in rows)


async def test_a_cursor_expires_now_and_then() -> None:
    """The next walk goes well."""
    app = anthropic(expiring=2)
    statuses = []
    for _ in range(2):
        first = await get(app, "analytics/users", date="2026-01-03", limit=5)
        token = first.json()["next_page"]
        second = await get(app, "analytics/users", date="2026-01-03", limit=5, page=token)
        statuses.append(second.status_code)
    assert sorted(statuses) == [200, 410]


async def test_what_is_put_into_the_world_is_told_and_true() -> None:
    """A later order replaces what an earlier one told of the same row."""
    app = anthropic()
    before = true(app, "anthropic_claude_code_sessions_total")
    bill = true(app, "anthropic_enterprise_cost_usd_total")
    orders = Reader(app).http
    for sessions in (50, 8):
        body = {"timestamp": FRIDAY, "api_key": "nightly", "sessions": sessions}
        assert (await orders.post("/_simulator/claude-code", json=body)).status_code == 200
    cents = {"product": "chat", "model": "new", "net": "12.5", "list": "20"}
    body = {"timestamp": FRIDAY, **cents}
    assert (await orders.post("/_simulator/claude-bill", json=body)).status_code == 200
    assert true(app, "anthropic_claude_code_sessions_total") == before + 8
    assert true(app, "anthropic_enterprise_cost_usd_total") == bill + Decimal("0.325")
    rows = await walk(app, "usage_report/claude_code", starting_at="2026-01-02", limit=1_000)
    [told] = [row for row in rows if row["actor"].get("api_key_name") == "nightly"]
    assert told["core_metrics"]["num_sessions"] == 8
