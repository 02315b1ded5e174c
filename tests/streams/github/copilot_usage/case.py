"""The closed Copilot usage API, as a server that still speaks it answers."""

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
    required=Place("days", (0, "day")),
    counted=Counted(
        Place("days", (0, "total_chat_turns")), "github_copilot_usage_chat_turns_total"
    ),
    empty={"days": [], "team_days": []},
    paged="/enterprises/acme/copilot/usage",
)
