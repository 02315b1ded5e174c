"""An organization with all that the parts of its snapshot say."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Place, Route
from tests.streams.tabnine.routes import EACH_TEAM, TEAM_USERS
from tests.streams.views import plain, tabnine_list

PEOPLE = ("ann@example.com", "bo@example.com", "cy@example.com", "dee@example.com")


def unassigned(body: Any, asked: Asked) -> httpx.Response:
    """The users without a team who are active, or who are not."""
    active = asked.query["active"] == "true"
    rows = [row for row in body["data"] if (not row.get("deactivatedAt")) == active]
    return tabnine_list({"data": rows}, asked)


CASE = Case(
    vendor="tabnine",
    stream="organization",
    now="2026-01-07T12:00:00Z",
    routes=(
        *EACH_TEAM,
        Route("/api/v1/license", "license", plain),
        Route("/api/v1/organization/account-utilizations", "utilization", plain),
        Route("/api/v1/instance/permissions", "permissions", plain),
        Route("/api/v1/organization/users", "users", unassigned),
        Route("/api/v1/team/account-utilizations", "team_utilization", plain),
        TEAM_USERS,
    ),
    first_asked=2,
    parts={
        "the organization's details": "/api/v1/organization",
        "license": "/api/v1/license",
        "utilization": "/api/v1/organization/account-utilizations",
        "permissions": "/api/v1/instance/permissions",
        "unassigned_users": "/api/v1/organization/users",
        "teams": "/api/v1/organization/teams",
        "team_utilization": "/api/v1/team/account-utilizations",
        "team_users": TEAM_USERS.path,
    },
    required=Place("utilization", (2, "registered")),
    counted=None,
    empty={},
    people=PEOPLE,
    never_odd=("/api/v1/instance/permissions",),
    paged="/api/v1/organization/teams",
    whole=False,
)
