"""The bill of an organization, of which the fake vendor tells the day that was asked for."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer
from tests.streams.views import plain

SPOILT = "2026-01-04"
_BILLING = "/organizations/acme/settings/billing"


def usage(body: Any, asked: Asked) -> httpx.Response:
    """The lines of the day that was asked for."""
    query = {name: int(asked.query[name]) for name in ("year", "month", "day")}
    day = "{year}-{month:02}-{day:02}".format(**query)
    items = [item for item in body["usageItems"] if _is_of(item.get("date"), day)]
    return answer({"usageItems": items})


def _is_of(date: Any, day: str) -> bool:
    """Whether a line is of a day; one whose date a test has spoilt is of the day that it had."""
    return date.startswith(day) if isinstance(date, str) else day == SPOILT


def budgets(body: Any, asked: Asked) -> httpx.Response:
    """A page of budgets."""
    size, page = min(int(asked.query["per_page"]), asked.most), int(asked.query["page"])
    rows = body["budgets"]
    shown = rows[(page - 1) * size : page * size]
    more = page * size < len(rows)
    return answer({"budgets": shown, "has_next_page": more, "total_count": len(rows)})


CASE = Case(
    vendor="github",
    stream="billing_usage",
    now="2026-01-06T10:30:00Z",
    target={"org": "acme"},
    routes=(
        Route(f"{_BILLING}/usage", "usage", usage),
        Route(f"{_BILLING}/usage/summary", "summary", plain),
        Route(f"{_BILLING}/budgets", "budgets", budgets),
    ),
    parts={"the budgets": f"{_BILLING}/budgets", "the month": f"{_BILLING}/usage/summary"},
    required=Place("usage", ("usageItems", 0, "date")),
    counted=Counted(
        Place("usage", ("usageItems", 0, "quantity")),
        "github_billing_quantity_total",
        {
            "product": "Actions",
            "sku": "Actions Linux",
            "organization": "acme",
            "unit": "minutes",
        },
    ),
    empty={
        "usage": {"usageItems": []},
        "summary": {"usageItems": []},
        "budgets": {"budgets": []},
    },
    people=("octo-jane", "hubber-ali"),
    paged=f"{_BILLING}/budgets",
    whole=False,
    month=Month({"lookback": "8d"}),
    forms=({"budget_details": True},),
)
