"""A team of three in the middle of a billing cycle."""

from tests.streams.cursor.team_views import spend
from tests.streams.harness import Case, Place, Route

CASE = Case(
    vendor="cursor",
    stream="spend",
    now="2026-01-05T18:30:00Z",
    routes=(Route("/teams/spend", "spend", spend, etag=False),),
    required=Place("spend", ("totalMembers",)),
    counted=None,
    empty={"spend": {"teamMemberSpend": [], "totalMembers": 0, "totalPages": 0}},
    people=("dev@example.com", "ops@example.com", "ann@example.com"),
    paged="/teams/spend",
)
