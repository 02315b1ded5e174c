"""Cursor's Admin API: usage events and spending, which are asked for by POST, and the members."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import json_response
from exporter.simulator.cursor.asking import Asking, PageAsked
from exporter.simulator.cursor.rest import CursorRest
from exporter.simulator.cursor.walks import Walks
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.seats import month_start
from exporter.simulator.world.spending import Spent, TeamMember
from exporter.simulator.world.usage_events import SERVICE_ACCOUNT, UsageEvent
from exporter.simulator.world.world import World

LONGEST_RANGE = 30 * DAY * 1000


class EventsAsked(PageAsked, rename="camel", kw_only=True):
    """Events of a window; both ends are inclusive."""

    start_date: int
    end_date: int
    email: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.end_date - self.start_date <= LONGEST_RANGE:
            raise ValueError("startDate and endDate must be at most 30 days apart")


class _SpendAsked(PageAsked, rename="camel", kw_only=True):
    search_term: str = ""
    sort_by: str = "date"
    sort_direction: str = "desc"


class TeamApi:
    """The Admin API of one team."""

    def __init__(self, world: World, rest: CursorRest) -> None:
        self._world = world
        self._rest = rest
        self._event_walks, self._spend_walks = Walks(), Walks()

    def routes(self) -> list[BaseRoute]:
        events = Asking(EventsAsked, self.events)
        spend = Asking(_SpendAsked, self._spend)
        endpoint = self._rest.endpoint
        return [
            Route("/teams/filtered-usage-events", endpoint(events, 60), methods=["POST"]),
            Route("/teams/spend", endpoint(spend, 20), methods=["POST"]),
            Route("/teams/members", endpoint(self._members, 20)),
            Route("/teams/groups", endpoint(self._groups, 20)),
        ]

    def events(self, asked: EventsAsked) -> dict[str, Any]:
        """A page of the events, newest first."""
        now = self._world.clock.time()
        rows = self._world.usage_events.between(asked.start_date, asked.end_date + 1, now)
        rows = [row for row in rows if asked.email in (None, row.user_email)]
        rows.reverse()
        pages = -(-len(rows) // asked.page_size)
        if self._event_walks.moved(asked.page, pages):
            # One came in front while the first page was read, and goes again.
            rows.insert(0, rows[0])
        first = (asked.page - 1) * asked.page_size
        return {
            "totalUsageEventsCount": len(rows),
            "pagination": {
                "numPages": pages,
                "currentPage": asked.page,
                "pageSize": asked.page_size,
                "hasNextPage": first + asked.page_size < len(rows),
                "hasPreviousPage": asked.page > 1,
            },
            "usageEvents": [_event(row) for row in rows[first : first + asked.page_size]],
            "period": {"startDate": asked.start_date, "endDate": asked.end_date},
        }

    def _spend(self, asked: _SpendAsked) -> dict[str, Any]:
        now, team = self._world.clock.time(), self._world.cursor_team
        spent = team.spent(now)
        pages = -(-len(self._listed(asked, now)) // asked.page_size)
        if self._spend_walks.moved(asked.page, pages):
            team.join(now)
        rows = self._listed(asked, now)
        first = (asked.page - 1) * asked.page_size
        return {
            "teamMemberSpend": [
                _member_spend(row, spent.get(row.person.email, Spent()))
                for row in rows[first : first + asked.page_size]
            ],
            "subscriptionCycleStart": month_start(now) * 1000,
            "totalMembers": len(rows),
            "totalPages": -(-len(rows) // asked.page_size),
        }

    def _listed(self, asked: _SpendAsked, now: float) -> list[TeamMember]:
        rows = [row for row in self._world.cursor_team.members(now) if not row.removed]
        rows = [row for row in rows if asked.search_term in row.person.email]
        rows.sort(key=lambda row: row.person.login, reverse=asked.sort_direction == "desc")
        return rows

    async def _members(self, _request: Request) -> Response:
        members = self._world.cursor_team.members(self._world.clock.time())
        return json_response({"teamMembers": [_member(row) for row in members]})

    async def _groups(self, _request: Request) -> Response:
        """A billing group for each team but the last, whose people are in none."""
        now, team = self._world.clock.time(), self._world.cursor_team
        spent = team.spent(now)
        people: defaultdict[str, list[Spent]] = defaultdict(list)
        for row in team.members(now):
            if not row.removed:
                people[row.person.team].append(spent.get(row.person.email, Spent()))
        groups = [_group(name, people[name]) for name in TEAMS[:-1]]
        unassigned = _group("Unassigned", people[TEAMS[-1]])
        return json_response({"groups": groups, "unassignedGroup": unassigned})


def _group(name: str, people: list[Spent]) -> dict[str, Any]:
    return {
        "id": f"group_{name}",
        "name": name,
        "type": "BILLING",
        "memberCount": len(people),
        "spendCents": sum((each.overall for each in people), Decimal(0)),
        "dailySpend": [],
    }


def _member(row: TeamMember) -> dict[str, Any]:
    return {
        "id": row.person.user_id,
        "name": row.person.login,
        "email": row.person.email,
        "role": row.role,
        "isRemoved": row.removed,
    }


def _member_spend(row: TeamMember, spent: Spent) -> dict[str, Any]:
    return {
        "userId": row.person.user_id,
        "spendCents": spent.on_demand,
        "overallSpendCents": spent.overall,
        "fastPremiumRequests": 0,
        "name": row.person.login,
        "email": row.person.email,
        "role": row.role,
        "hardLimitOverrideDollars": 0,
        "monthlyLimitDollars": row.limit or None,
        "effectivePerUserLimitDollars": row.limit,
    }


def _event(row: UsageEvent) -> dict[str, Any]:
    body: dict[str, Any] = {
        "timestamp": str(row.created_ms),
        "userEmail": row.user_email,
        "model": row.model,
        "kind": row.price.kind,
        "maxMode": False,
        "requestsCosts": row.price.units,
        "isTokenBasedCall": row.tokens is not None,
        "isChargeable": row.price.chargeable,
        "isHeadless": row.headless,
        "chargedCents": row.price.cents,
    }
    if row.service_account:
        body |= {"serviceAccountId": SERVICE_ACCOUNT[0], "serviceAccountName": SERVICE_ACCOUNT[1]}
    if row.cloud_agent is not None:
        body["cloudAgentId"] = row.cloud_agent
    if row.automation is not None:
        body["automationId"] = row.automation
    if row.tokens is not None:
        body["tokenUsage"] = {
            "inputTokens": row.tokens.input,
            "outputTokens": row.tokens.output,
            "cacheWriteTokens": row.tokens.cache_write,
            "cacheReadTokens": row.tokens.cache_read,
            "totalCents": row.tokens.cents,
        }
    return body
