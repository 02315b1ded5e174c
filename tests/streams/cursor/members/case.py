"""A team with an owner who has no seat, and somebody who has left."""

from tests.streams.harness import Case, Place, Route
from tests.streams.views import plain

CASE = Case(
    vendor="cursor",
    stream="members",
    now="2026-01-05T18:30:00Z",
    routes=(
        Route("/teams/members", "members", plain, etag=False),
        Route("/teams/groups", "groups", plain, etag=False),
    ),
    required=Place("members", ("teamMembers", 0, "role")),
    counted=None,
    empty={"members": {"teamMembers": []}, "groups": {"groups": []}},
    parts={"the billing groups": "/teams/groups"},
    whole=False,
    options={"billing_groups": True},
    forms=({"billing_groups": True},),
    people=("dev@example.com", "ops@example.com", "ann@example.com", "gone@example.com"),
)
