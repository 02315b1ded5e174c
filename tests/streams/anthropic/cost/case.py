"""Days with tokens, a search, a credit, and one that cost nothing."""

from tests.streams.anthropic.views import bill
from tests.streams.harness import Case, Counted, Month, Place, Route

PATH = "/v1/organizations/cost_report"
FIRST = ("data", 0, "results", 0)

CASE = Case(
    vendor="anthropic",
    stream="cost",
    now="2026-11-27T10:30:00Z",
    routes=(Route(PATH, "cost", bill, etag=False),),
    required=Place("cost", (*FIRST, "currency")),
    counted=Counted(
        Place("cost", (*FIRST, "amount")),
        "anthropic_cost_usd_total",
        {
            "workspace": "wrkspc_01ExampleAlpha000000001",
            "model": "claude-example-5",
            "cost_type": "tokens",
            "token_kind": "input_uncached",
        },
    ),
    empty={"cost": {"data": []}},
    paged=PATH,
    whole=False,
    month=Month(options={"recent": "31d"}),
    forms=({"page_size": 5},),
)
