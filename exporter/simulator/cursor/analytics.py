"""Cursor's Analytics API: what a team does by day, a metric for each path."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import json_response
from exporter.simulator.cursor.rest import CursorRest, RefusedError, cached, moment
from exporter.simulator.world.member_days import TOPICS, PersonDay, Work
from exporter.simulator.world.member_days_truth import agent_lines, tab_lines
from exporter.simulator.world.world import World

BASE = "/analytics/team"
PER_MINUTE = 100
INSIGHTS_PER_MINUTE = 20
LONGEST_DAYS = 30

_Rows = Iterator[dict[str, Any]]
_People = Sequence[PersonDay]


class AnalyticsApi:
    """The team's metrics; days without data have no row."""

    def __init__(self, world: World, rest: CursorRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        metrics = [
            Route(
                f"{BASE}/{name}",
                self._rest.endpoint(self._daily(name, rows), PER_MINUTE, group="analytics"),
            )
            for name, rows in METRICS.items()
        ]
        insights = self._rest.endpoint(self._insights, INSIGHTS_PER_MINUTE)
        return [*metrics, Route(f"{BASE}/conversation-insights", insights)]

    def _daily(self, name: str, rows: Callable[[str, _People], _Rows]) -> Any:
        async def answer(request: Request) -> Response:
            start, end = self._days(request)
            now = self._world.clock.time()
            data = [
                row
                for day in range(start, end + DAY, DAY)
                if (people := self._world.member_days.analysed(day, now))
                for row in rows(_date(day), people)
            ]
            return _answered(request, name, data, start, end)

        return answer

    async def _insights(self, request: Request) -> Response:
        if not self._rest.options.conversation_insights:
            message = "Conversation insights are not enabled for this team"
            raise RefusedError(401, "Unauthorized", message)
        start, end = self._days(request)
        now = self._world.clock.time()
        people = [
            each
            for day in range(start, end + DAY, DAY)
            for each in self._world.member_days.analysed(day, now)
        ]
        asked = request.query_params.get("include", "").split(",")
        data = {
            aspect: {"distribution": _distribution(people, place)}
            for place, aspect in enumerate(TOPICS)
            if aspect in asked
        }
        return _answered(request, "conversation-insights", data, start, end)

    def _days(self, request: Request) -> tuple[int, int]:
        """The first and the last day that are asked for."""
        now_ms = int(self._world.clock.time() * 1000)
        query = request.query_params
        first = moment("startDate", query.get("startDate", "7d"), now_ms)
        last = moment("endDate", query.get("endDate", "now"), now_ms)
        start, end = (ms // 1000 // DAY * DAY for ms in (first, last))
        if end - start > LONGEST_DAYS * DAY:
            raise RefusedError(400, "Bad Request", "Date range cannot exceed 30 days")
        return start, end


def _answered(request: Request, name: str, data: Any, start: int, end: int) -> Response:
    days = {"startDate": _date(start), "endDate": _date(end)}
    response = json_response({"data": data, "params": {"metric": name, "teamId": 1, **days}})
    return cached(request, response, bytes(response.body))


def _date(day: int) -> str:
    return datetime.fromtimestamp(day, UTC).date().isoformat()


def _total(people: _People) -> Work:
    total = Work()
    for each in people:
        total = total.plus(each.work)
    return total


def _lines(lines: dict[str, tuple[int, int, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for colour, (suggested, accepted, rejected) in zip(
        ("green", "red"), lines.values(), strict=True
    ):
        found[f"total_{colour}_lines_suggested"] = suggested
        found[f"total_{colour}_lines_accepted"] = accepted
        found[f"total_{colour}_lines_rejected"] = rejected
    suggested, accepted = (sum(line[place] for line in lines.values()) for place in (0, 1))
    return found | {"total_lines_suggested": suggested, "total_lines_accepted": accepted}


def _agent_edits(date: str, people: _People) -> _Rows:
    total = _total(people)
    yield {
        "event_date": date,
        "total_suggested_diffs": total.applies,
        "total_accepted_diffs": total.accepts,
        "total_rejected_diffs": total.rejects,
        **_lines(agent_lines(total)),
    }


def _tabs(date: str, people: _People) -> _Rows:
    total = _total(people)
    yield {
        "event_date": date,
        "total_suggestions": total.tabs_shown,
        "total_accepts": total.tabs_accepted,
        "total_rejects": total.tabs_rejected,
        **_lines(tab_lines(total)),
    }


def _dau(date: str, people: _People) -> _Rows:
    yield {
        "date": date,
        "dau": len(people),
        "cli_dau": sum(each.habits.cli for each in people),
        "cloud_agent_dau": sum(each.work.agent > 0 for each in people),
        "bugbot_dau": sum(each.work.bugbot > 0 for each in people),
    }


def _models(date: str, people: _People) -> _Rows:
    messages, users = Counter[str](), Counter[str]()
    for each in people:
        messages[each.habits.model] += each.work.conversations
        users[each.habits.model] += 1
    models = {name: {"messages": messages[name], "users": users[name]} for name in messages}
    yield {"date": date, "model_breakdown": models}


def _client_versions(date: str, people: _People) -> _Rows:
    for version, users in Counter(each.habits.version for each in people).items():
        yield {
            "event_date": date,
            "client_version": version,
            "user_count": users,
            "percentage": round(users / len(people), 3),
        }


def _uses(names: tuple[str, ...], habit: str, work: str) -> Callable[[str, _People], _Rows]:
    """A row for each value of a habit, with what was done."""

    def rows(date: str, people: _People) -> _Rows:
        uses: Counter[Any] = Counter()
        for each in people:
            uses[getattr(each.habits, habit)] += getattr(each.work, work)
        for value, number in uses.items():
            values = value if isinstance(value, tuple) else (value,)
            yield {"event_date": date, **dict(zip(names, values, strict=True)), "usage": number}

    return rows


def _distribution(people: _People, place: int) -> list[dict[str, Any]]:
    found: Counter[str] = Counter()
    for each in people:
        found[each.habits.topics[place]] += each.work.conversations
    return [{"value": value, "count": count} for value, count in found.items()]


METRICS: dict[str, Callable[[str, _People], _Rows]] = {
    "dau": _dau,
    "agent-edits": _agent_edits,
    "tabs": _tabs,
    "models": _models,
    "client-versions": _client_versions,
    "mcp": _uses(("mcp_server_name", "tool_name"), "tool", "tool_calls"),
    "commands": _uses(("command_name",), "command", "command_uses"),
    "skills": _uses(("skill_name",), "skill", "skill_uses"),
    "plans": _uses(("model",), "model", "plans"),
    "ask-mode": _uses(("model",), "model", "asks"),
}
