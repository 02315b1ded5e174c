"""Cursor's Organization API: what the team's APIs tell, by the teams that it is divided into, and the pool."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import json_response
from exporter.simulator.cursor.asking import Asking, PageAsked
from exporter.simulator.cursor.daily_usage import DailyUsageApi
from exporter.simulator.cursor.events import EVENTS_A_PAGE, EventsApi, audit_event, page_of
from exporter.simulator.cursor.rest import CursorRest
from exporter.simulator.cursor.team import EventsAsked, TeamApi
from exporter.simulator.world.organization import BUDGETS, Linked
from exporter.simulator.world.team_audit import TeamAuditEvent
from exporter.simulator.world.world import World

PEOPLE_A_PAGE = 200
USAGE = "usage:*"


class _Named(msgspec.Struct, rename="camel", kw_only=True):
    organization_id: str | None = None


class _Events(EventsAsked, rename="camel", kw_only=True):
    organization_id: str | None = None
    page_size: int = 10


class _Spend(PageAsked, rename="camel", kw_only=True):
    organization_id: str | None = None
    sort_by: str = "email"
    sort_direction: str = "asc"


AskedT = TypeVar("AskedT", _Named, _Events, _Spend)


class OrganizationApi:
    """Answers to the keys of the organization."""

    def __init__(
        self,
        world: World,
        rest: CursorRest,
        team: TeamApi,
        days: DailyUsageApi,
        events: EventsApi,
    ) -> None:
        self._world = world
        self._rest = rest
        self._team, self._days, self._log = team, days, events

    def routes(self) -> list[BaseRoute]:
        posts: dict[str, tuple[Any, int]] = {
            "pooled-usage": (self._asking(_Named, self._pool), 20),
            "filtered-usage-events": (self._asking(_Events, self._events), 60),
            "spend": (self._asking(_Spend, self._spend), 20),
            "daily-usage-data": (self._daily_usage, 20),
        }
        endpoint = self._rest.organization_endpoint
        return [
            *(
                Route(f"/organizations/{name}", endpoint(answer, limit, USAGE), methods=["POST"])
                for name, (answer, limit) in posts.items()
            ),
            Route("/organizations/members", endpoint(self._members, 20, "members:read")),
            Route("/organizations/audit-logs", endpoint(self._audit_log, 20, "auditlogs:read")),
        ]

    def _asking(self, kind: type[AskedT], answer: Callable[[AskedT], Any]) -> Asking[AskedT]:
        def checked(asked: AskedT) -> Any:
            self._rest.check_organization(asked.organization_id)
            return answer(asked)

        return Asking(kind, checked)

    @property
    def _now(self) -> float:
        return self._world.clock.time()

    def _team_of(self, email: str) -> int:
        return self._world.cursor_organization.teams_of(email)[0]

    def _pool(self, _: _Named) -> dict[str, Any]:
        organization = self._world.cursor_organization
        used = organization.used(self._now)
        total = sum(used.values(), Decimal(0))
        return {
            "pool": {
                "limitCents": organization.limit,
                "usedCents": total,
                "remainingCents": organization.limit - total,
                "contractStartDate": _iso(organization.contract_start),
                "contractEndDate": _iso(organization.contract_end),
            },
            "teams": [
                {"teamId": team, "usedCents": cents, **_budget(team)}
                for team, cents in used.items()
            ],
        }

    def _events(self, asked: _Events) -> dict[str, Any]:
        found = self._team.events(asked)
        for event in found["usageEvents"]:
            event["teamId"] = self._team_of(event["userEmail"])
        return found

    def _spend(self, asked: _Spend) -> dict[str, Any]:
        organization = self._world.cursor_organization
        spent = organization.spent(self._now)
        rows = [
            {
                "userId": member.person.user_id,
                "teamId": team,
                "name": member.person.login,
                "email": member.person.email,
                "role": member.role,
                "spendCents": spent.get((team, member.person.email), Decimal(0)),
            }
            for member, teams in organization.people(self._now)
            for team in teams
        ]
        rows.sort(key=lambda row: (row["email"], row["teamId"]))
        first = (asked.page - 1) * asked.page_size
        return {
            "teamMemberSpend": rows[first : first + asked.page_size],
            "totalMembers": len(rows),
            "totalPages": -(-len(rows) // asked.page_size),
            "period": {
                "startDate": organization.contract_start * 1000,
                "endDate": organization.contract_end * 1000,
            },
        }

    async def _daily_usage(self, request: Request) -> Response:
        """A row for each member, and in a second team one without work; pages are always those of members."""
        body: dict[str, Any] = await request.json()
        self._rest.check_organization(body.get("organizationId"))
        found = self._days.answer({"page": 1, "pageSize": 1_000, **body})
        ids = {each.email: each.user_id for each in self._world.developers}
        found["data"] = [
            placed
            for row in found["data"]
            for placed in _in_teams(row, self._world.cursor_organization.teams_of(row["email"]))
        ]
        for row in found["data"]:
            row["userId"] = ids[row["email"]]
        return json_response(found)

    async def _members(self, request: Request) -> Response:
        people = self._world.cursor_organization.people(self._now)
        return page_of(request, "members", "totalCount", PEOPLE_A_PAGE, people, _person)

    async def _audit_log(self, request: Request) -> Response:
        found = self._log.audited(request)
        return page_of(request, "events", "totalCount", EVENTS_A_PAGE, found, self._audited)

    def _audited(self, event: TeamAuditEvent) -> dict[str, Any]:
        team = str(self._team_of(event.email))
        return {**audit_event(event), "team_id": team, "application_type": "cursor"}


def _budget(team: int) -> dict[str, Decimal]:
    return {"budgetLimitCents": BUDGETS[team]} if team in BUDGETS else {}


def _in_teams(row: dict[str, Any], teams: Sequence[int]) -> list[dict[str, Any]]:
    """The row in the first team, and one without work in each other one."""
    idle = {name: 0 for name, value in row.items() if type(value) is int and name != "date"}
    first, *others = teams
    return [
        {**row, "teamId": first},
        *({**row, **idle, "isActive": False, "teamId": team} for team in others),
    ]


def _person(linked: Linked) -> dict[str, Any]:
    person = linked.member.person
    return {
        "id": person.numeric_id,
        "email": person.email,
        "name": person.login,
        "organizationRole": "admin" if linked.member.role == "owner" else "member",
        "teams": [{"teamId": team, "teamRole": linked.member.role} for team in linked.teams],
    }


def _iso(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
