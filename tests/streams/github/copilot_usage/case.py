"""The closed Copilot usage API, as a server that still speaks it answers."""

from datetime import datetime
from typing import Any

import httpx

from exporter.simulator.world.people import TEAMS
from tests.streams.harness import Asked, Case, Counted, Place, Route
from tests.streams.views import linked_page


def legacy_days(body: Any, asked: Asked) -> httpx.Response:
    """The days that `since` and `until` name, in pages chained by Link headers."""
    since, until = (_date(asked.query[name]) for name in ("since", "until"))
    days = [row for row in body if since <= _day_of(row, since) <= until]
    return linked_page(days, asked)


def _day_of(row: dict[str, Any], default: str) -> str:
    """The row's day, or the default where a test has spoilt it."""
    day = row.get("day")
    return day if isinstance(day, str) and day[:1].isdigit() else default


def _date(text: str) -> str:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").date().isoformat()


CASE = Case(
    vendor="github",
    stream="copilot_usage",
    now="2023-10-17T10:30:00Z",
    target={"enterprise": "acme"},
    options={"teams": ["platform"]},
    routes=(
        Route("/enterprises/acme/copilot/usage", "days", legacy_days),
        Route("/enterprises/acme/team/platform/copilot/usage", "team_days", legacy_days),
    ),
    parts={"the team 'platform'": "/enterprises/acme/team/platform/copilot/usage"},
    required=Place("days", (0, "day")),
    counted=Counted(
        Place("days", (0, "total_chat_turns")), "github_copilot_usage_chat_turns_total"
    ),
    empty={"days": [], "team_days": []},
    whole=False,
    paged="/enterprises/acme/copilot/usage",
    forms=({"teams": [TEAMS[0]]},),
)
