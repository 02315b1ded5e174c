"""The cases of the closed Copilot APIs, and how a server that still speaks them answers."""

from datetime import datetime
from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Counted, Place, Route, answer


def legacy_days(body: Any, asked: Asked) -> httpx.Response:
    """The days that `since` and `until` name, in pages chained by Link headers."""
    since, until = (_date(asked.query[name]) for name in ("since", "until"))
    days = [row for row in body if since <= _day_of(row, since) <= until]
    size = min(int(asked.query["per_page"]), asked.most)
    page = int(asked.query.get("page", "1"))
    shown = days[(page - 1) * size : page * size]
    if page * size >= len(days):
        return answer(shown)
    following = asked.url.copy_set_param("page", str(page + 1))
    return answer(shown, link=f'<{following}>; rel="next"')


def _day_of(row: dict[str, Any], default: str) -> str:
    """The row's day, or the default where a test has spoilt it."""
    day = row.get("day", row.get("date"))
    return day if isinstance(day, str) and day[:1].isdigit() else default


def _date(text: str) -> str:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").date().isoformat()


COPILOT_USAGE = Case(
    vendor="github",
    stream="copilot_usage",
    now="2023-10-17T10:30:00Z",
    target={"enterprise": "acme"},
    options={"teams": ["platform"]},
    routes=(
        Route("/enterprises/acme/copilot/usage", "days", legacy_days),
        Route("/enterprises/acme/team/platform/copilot/usage", "team_days", legacy_days),
    ),
    required=Place("days", (0, "day")),
    counted=Counted(
        Place("days", (0, "total_chat_turns")), "github_copilot_usage_chat_turns_total"
    ),
    empty={"days": [], "team_days": []},
    paged="/enterprises/acme/copilot/usage",
)

COPILOT_METRICS = Case(
    vendor="github",
    stream="copilot_metrics",
    now="2024-06-25T10:30:00Z",
    target={"org": "acme"},
    options={"teams": ["platform"]},
    routes=(
        Route("/orgs/acme/copilot/metrics", "days", legacy_days),
        Route("/orgs/acme/team/platform/copilot/metrics", "team_days", legacy_days),
    ),
    required=Place("days", (0, "date")),
    counted=Counted(
        Place("days", (1, "copilot_dotcom_chat", "models", 0, "total_chats")),
        "github_copilot_metrics_dotcom_chats_total",
        {"model": "default"},
    ),
    empty={"days": [], "team_days": []},
    paged="/orgs/acme/copilot/metrics",
)

CASES = (COPILOT_USAGE, COPILOT_METRICS)
