"""Usage and cost in rows, as the newer reports tell them, and in buckets, as the older ones do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import httpx

from tests.streams.anthropic.pages import page_of
from tests.streams.harness import Asked, Case, Counted, Month, Place, Route

ROOT = "/v1/organizations/analytics"
USAGE, COST = f"{ROOT}/usage", f"{ROOT}/cost"
USAGE_REPORT, COST_REPORT = f"{ROOT}/usage_report", f"{ROOT}/cost_report"
BETA = "analytics-usage-cost-2026-08-24"
MOST_GROUPS = 100


def newer(body: Any, asked: Asked) -> httpx.Response:
    """The rows of the days that are asked for."""
    assert asked.query["time_bucket_width"] == "1d"
    assert asked.url.params.get_list("group_by[]") == ["product", "model"]
    return page_of(body, asked, _in_range(body, asked))


def older(body: Any, asked: Asked, field: str, most: int = MOST_GROUPS) -> httpx.Response:
    """The same rows in buckets, by group, or without groups added up."""
    assert asked.query["bucket_width"] == "1d"
    buckets: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in _in_range(body, asked):
        figures = {**row[field], **row["group"]}
        buckets[row["starting_at"], row["ending_at"]].append(figures)
    grouped = bool(asked.url.params.get_list("group_by[]"))
    found = [
        {
            "starting_at": start,
            "ending_at": end,
            "results": rows[:most] if grouped else [_added_up(rows)],
        }
        for (start, end), rows in sorted(buckets.items())
    ]
    return page_of(body, asked, found)


def _in_range(body: Any, asked: Asked) -> list[Any]:
    start, end = asked.query["starting_at"], asked.query["ending_at"]
    return [row for row in body["data"] if start <= str(row.get("starting_at")) < end]


def _added_up(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A row of no group: what is null in one of them is null in all."""
    nobody = {"product": None, "model": None}
    found = {**rows[0], **nobody}
    for row in rows[1:]:
        found = {name: _sum(value, row.get(name)) for name, value in found.items()} | nobody
    return found


def _sum(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return None
    if isinstance(one, dict):
        return {name: _sum(one[name], other[name]) for name in one}
    if isinstance(one, str):
        return one if one == other == "USD" else str(Decimal(one) + Decimal(other))
    return one + other


CASE = Case(
    vendor="anthropic",
    stream="enterprise_usage",
    now="2026-11-26T12:00:00Z",
    routes=(
        Route(USAGE, "usage", newer, etag=False),
        Route(COST, "cost", newer, etag=False),
        Route(USAGE_REPORT, "usage", partial(older, field="usage"), etag=False),
        Route(COST_REPORT, "cost", partial(older, field="cost"), etag=False),
    ),
    required=Place("usage", ("data", 0, "usage")),
    counted=Counted(
        Place("usage", ("data", 0, "usage", "requests")),
        "anthropic_enterprise_requests_total",
        {"product": "claude_code", "model": "claude-example-5"},
    ),
    empty={
        name: {"data": [], "data_refreshed_at": "2026-11-26T08:10:00Z"}
        for name in ("usage", "cost")
    },
    paged=USAGE,
    target={"api": "analytics"},
    options={"beta": "on"},
    month=Month(),
    forms=({"beta": "off"},),
)
