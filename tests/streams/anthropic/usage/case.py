"""Hours with a batch in the default workspace, one without use, and the open one."""

from tests.streams.anthropic.views import report
from tests.streams.harness import Case, Counted, Month, Place, Route

PATH = "/v1/organizations/usage_report/messages"
FIRST = ("data", 0, "results", 0)

CASE = Case(
    vendor="anthropic",
    stream="usage",
    now="2026-11-27T10:30:00Z",
    routes=(Route(PATH, "usage", report, etag=False),),
    required=Place("usage", (*FIRST, "output_tokens")),
    counted=Counted(
        Place("usage", (*FIRST, "output_tokens")),
        "anthropic_tokens_total",
        {
            "workspace": "wrkspc_01ExampleAlpha000000001",
            "model": "claude-example-5",
            "service_tier": "standard",
            "token_kind": "output",
        },
    ),
    empty={"usage": {"data": []}},
    paged=PATH,
    whole=False,
    options={"recent": "2d"},
    month=Month(options={"recent": "31d", "lookback": "36h"}),
    forms=({"page_size": 5},),
)
