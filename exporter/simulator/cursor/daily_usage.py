"""Cursor's daily usage data: what each member of the team did on each day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import json_response
from exporter.simulator.cursor.rest import CursorRest, RefusedError
from exporter.simulator.world.member_days import PersonDay, Work
from exporter.simulator.world.world import World

PATH = "/teams/daily-usage-data"
PER_MINUTE = 20
LONGEST = 30 * DAY
LARGEST_PAGE = 1_000


class DailyUsageApi:
    """Every member in pages, or without paging only those who were active."""

    def __init__(self, world: World, rest: CursorRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        endpoint = self._rest.endpoint(self._answer, PER_MINUTE)
        return [Route(PATH, endpoint, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        body = await request.json()
        start, end = (_milliseconds(body, name) for name in ("startDate", "endDate"))
        if not 0 <= end - start <= LONGEST * 1000:
            raise RefusedError(400, "Bad Request", "Date range cannot exceed 30 days")
        days = list(
            self._world.member_days.days(start / 1000, (end + 1) / 1000, self._world.clock.time())
        )
        found: dict[str, Any] = {"period": {"startDate": start, "endDate": end}}
        if "page" not in body or "pageSize" not in body:
            rows = [row for row in self._rows(days, self._members(days)) if row["isActive"]]
            return json_response({"data": rows, **found})
        page, size = max(1, body["page"]), max(1, min(LARGEST_PAGE, body["pageSize"]))
        members = self._members(days)
        shown = members[(page - 1) * size : page * size]
        pages = ceil(len(members) / size)
        found["pagination"] = {
            "page": page,
            "pageSize": size,
            "totalUsers": len(members),
            "totalPages": pages,
            "hasNextPage": page < pages,
            "hasPreviousPage": page > 1,
        }
        return json_response({"data": self._rows(days, shown), **found})

    def _members(self, days: Sequence[int]) -> Sequence[int]:
        """Who was a member on one of the days, by place among the developers."""
        return sorted(self._world.member_days.rollout.people(days[-1])) if days else []

    def _rows(self, days: Sequence[int], members: Sequence[int]) -> list[dict[str, Any]]:
        usage, now = self._world.member_days, self._world.clock.time()
        rows = []
        for day in days:
            busy = {each.person: each for each in usage.told(day, now)}
            rows += [
                self._row(day, member, busy.get(member))
                for member in members
                if usage.rollout.begun(member, day)
            ]
        return rows

    def _row(self, day: int, member: int, busy: PersonDay | None) -> dict[str, Any]:
        person = self._world.developers[member]
        work = Work() if busy is None else busy.work
        return {
            "userId": person.numeric_id,
            "day": datetime.fromtimestamp(day, UTC).date().isoformat(),
            "date": day * 1000,
            "isActive": busy is not None,
            "totalLinesAdded": work.lines_added,
            "totalLinesDeleted": work.lines_deleted,
            "acceptedLinesAdded": work.accepted_added,
            "acceptedLinesDeleted": work.accepted_deleted,
            "totalApplies": work.applies,
            "totalAccepts": work.accepts,
            "totalRejects": work.rejects,
            "totalTabsShown": work.tabs_shown,
            "totalTabsAccepted": work.tabs_accepted,
            "composerRequests": work.composer,
            "chatRequests": work.chat,
            "agentRequests": work.agent,
            "cmdkUsages": work.cmdk,
            "subscriptionIncludedReqs": work.included,
            "apiKeyReqs": work.api_key,
            "usageBasedReqs": work.usage_based,
            "bugbotUsages": work.bugbot,
            "mostUsedModel": None if busy is None else busy.habits.model,
            "applyMostUsedExtension": None if busy is None else f".{person.languages[0]}",
            "tabMostUsedExtension": None if busy is None else f".{person.languages[-1]}",
            "clientVersion": None if busy is None else busy.habits.version,
            "email": person.email,
        }


def _milliseconds(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int):
        raise RefusedError(400, "Bad Request", f"{name} must be a number of milliseconds")
    return value
