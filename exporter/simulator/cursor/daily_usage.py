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
from exporter.simulator.cursor.walks import Walks
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
        self._walks = Walks()

    def routes(self) -> list[BaseRoute]:
        endpoint = self._rest.endpoint(self._answer, PER_MINUTE)
        return [Route(PATH, endpoint, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        return json_response(self.answer(await request.json()))

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The days that a body asks for."""
        start, end = (_milliseconds(body, name) for name in ("startDate", "endDate"))
        if not 0 <= end - start <= LONGEST * 1000:
            raise RefusedError(400, "Bad Request", "Date range cannot exceed 30 days")
        days = list(
            self._world.member_days.days(start / 1000, (end + 1) / 1000, self._world.clock.time())
        )
        found: dict[str, Any] = {"period": {"startDate": start, "endDate": end}}
        if "page" not in body or "pageSize" not in body:
            rows = [row for row in self._rows(days, self._members(days)) if row["isActive"]]
            return {"data": rows, **found}
        return {**found, **self._page(days, body["page"], body["pageSize"])}

    def _page(self, days: Sequence[int], page: int, size: int) -> dict[str, Any]:
        """The days of a page of members; whoever joins while pages are read moves those that follow."""
        page, size = max(1, page), max(1, min(LARGEST_PAGE, size))
        if self._walks.moved(page, ceil(len(self._members(days)) / size)):
            self._world.cursor_team.join(self._world.clock.time())
        members = self._members(days)
        pages = ceil(len(members) / size)
        return {
            "data": self._rows(days, members[(page - 1) * size : page * size]),
            "pagination": {
                "page": page,
                "pageSize": size,
                "totalUsers": len(members),
                "totalPages": pages,
                "hasNextPage": page < pages,
                "hasPreviousPage": page > 1,
            },
        }

    def _members(self, days: Sequence[int]) -> Sequence[int]:
        """Who was a member on one of the days, by place among the developers."""
        everybody = range(len(self._world.developers))
        return [member for member in everybody if days and self._was_member(member, days[-1])]

    def _was_member(self, member: int, day: int) -> bool:
        return self._world.cursor_team.has(member, day + DAY - 1)

    def _rows(self, days: Sequence[int], members: Sequence[int]) -> list[dict[str, Any]]:
        usage, now = self._world.member_days, self._world.clock.time()
        rows = []
        for day in days:
            busy = {each.person: each for each in usage.told(day, now)}
            rows += [
                self._row(day, member, busy.get(member))
                for member in members
                if self._was_member(member, day)
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
