"""The usage of teams by day."""

from tests.streams.harness import Case, Counted, Month, Route
from tests.streams.tabnine.routes import EACH_TEAM
from tests.streams.tabnine.usage.case import ACTIVE, COMPLETIONS, NOTHING
from tests.streams.views import tabnine_usage

CASE = Case(
    vendor="tabnine",
    stream="team_usage",
    now="2026-01-07T12:00:00Z",
    routes=(*EACH_TEAM, Route("/api/v1/team/usage", "usage", tabnine_usage)),
    required=ACTIVE,
    counted=Counted(COMPLETIONS, "tabnine_team_completions_total", {"team_name": "Platform"}),
    whole=False,
    empty={"usage": NOTHING},
    month=Month(left_out=("tabnine_team_agent_", "tabnine_team_instructions_")),
    members=("/api/v1/team/usage",),
)
