"""The usage of an organization by day, with what the agent consumed."""

from typing import Any

from tests.streams.harness import Case, Counted, Month, Place, Route
from tests.streams.tabnine.routes import ORGANIZATION
from tests.streams.views import tabnine_usage

NOTHING: dict[str, Any] = {"usage": {"granularity": "daily", "data": []}}
ACTIVE = Place("usage", ("usage", "data", 0, "activeUsers"))
COMPLETIONS = Place("usage", ("usage", "data", 0, "codeCompletions", "completions"))

CASE = Case(
    vendor="tabnine",
    stream="usage",
    now="2026-01-07T12:00:00Z",
    routes=(
        ORGANIZATION,
        Route("/api/v1/organization/usage", "usage", tabnine_usage),
        Route("/api/v2/organization/usage", "usage", tabnine_usage),
        Route("/api/v1/organization/agent-usage", "agent_usage", tabnine_usage),
    ),
    options={"agent_usage": "on"},
    parts={"agent usage": "/api/v1/organization/agent-usage"},
    required=ACTIVE,
    counted=Counted(COMPLETIONS, "tabnine_completions_total"),
    empty={"usage": NOTHING, "agent_usage": NOTHING},
    month=Month(left_out=("tabnine_agent_", "tabnine_instructions_")),
    forms=({"agent_usage": "on"},),
)
