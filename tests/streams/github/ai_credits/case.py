"""AI credits and premium requests of an organization, of which the fake vendor tells the asked day."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Counted, Month, Place, Route, answer

_BILLING = "/organizations/acme/settings/billing"
_YESTERDAY = "2026-06-19"


def of_day(body: Any, asked: Asked) -> httpx.Response:
    """The lines of the day that was asked for, without its date: GitHub repeats the question beside them."""
    period = {name: int(asked.query[name]) for name in ("year", "month", "day")}
    day = "{year}-{month:02}-{day:02}".format(**period)
    items = body.get(day, {"usageItems": []})
    return answer({"timePeriod": period, "organization": "acme", **items})


CASE = Case(
    vendor="github",
    stream="ai_credits",
    now="2026-06-20T10:30:00Z",
    target={"org": "acme"},
    # Each poll of a contract test reads all days again.
    options={"recent": "30d"},
    routes=(
        Route(f"{_BILLING}/ai_credit/usage", "credits", of_day),
        Route(f"{_BILLING}/premium_request/usage", "requests", of_day),
    ),
    parts={"the premium requests": f"{_BILLING}/premium_request/usage"},
    required=Place("credits", (_YESTERDAY, "usageItems", 0, "product")),
    counted=Counted(
        Place("credits", (_YESTERDAY, "usageItems", 0, "grossQuantity")),
        "github_ai_credit_quantity_total",
        {
            "model": "Claude Haiku 4.5",
            "organization": "acme",
            "cost_center": "",
            "selection": "auto",
        },
    ),
    empty={"credits": {}, "requests": {}},
    whole=False,
    month=Month({"lookback": "8d", "recent": "30d", "by": "cost_center"}, blank=("organization",)),
    forms=(
        {"by": "model"},
        {"by": "organization", "organizations": ["acme", "acme-labs"]},
        {"by": "cost_center"},
    ),
)
