"""An organization of two teams, one with a budget, in the first year of its contract."""

from tests.streams.cursor.team_views import spend
from tests.streams.harness import Case, Place, Route
from tests.streams.views import plain

POOL, SPEND = "/organizations/pooled-usage", "/organizations/spend"

CASE = Case(
    vendor="cursor",
    stream="pool",
    now="2026-06-05T18:30:00Z",
    routes=(
        Route(POOL, "pool", plain, etag=False),
        Route(SPEND, "spend", spend, etag=False),
    ),
    required=Place("pool", ("teams", 0, "teamId")),
    counted=None,
    empty={},
    parts={"the members' spending": SPEND},
    people=("dev@example.com", "ops@example.com", "ann@example.com"),
    paged=SPEND,
    whole=False,
    target={"organization_id": "org_acme"},
    forms=({"interval": "30m"},),
)
