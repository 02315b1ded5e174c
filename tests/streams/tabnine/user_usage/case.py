"""The usage of users by day: those of teams, and those without one."""

from exporter.poll.transform.privacy import Users
from tests.streams.harness import Case, Counted, Route
from tests.streams.tabnine.routes import EACH_TEAM, TEAM_USERS
from tests.streams.tabnine.usage.case import ACTIVE, COMPLETIONS, NOTHING
from tests.streams.views import tabnine_list, tabnine_usage

CASE = Case(
    vendor="tabnine",
    stream="user_usage",
    now="2026-01-07T12:00:00Z",
    routes=(
        *EACH_TEAM,
        TEAM_USERS,
        Route("/api/v1/organization/users", "users", tabnine_list),
        Route("/api/v1/user/usage", "usage", tabnine_usage),
    ),
    required=ACTIVE,
    counted=Counted(COMPLETIONS, "tabnine_user_completions_total", {"user": "ann@example.com"}),
    empty={"usage": NOTHING},
    people=("ann@example.com",),
    users=Users.PLAIN,
    whole=False,
    forms=({},),
    members=("/api/v1/user/usage",),
)
