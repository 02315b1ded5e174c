"""Tabnine's organization: its teams, users, license, utilization, permissions."""

import math
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import format_milliseconds, format_seconds, json_response
from exporter.simulator.tabnine.rest import (
    Installation,
    TabnineRest,
    organization_parameter,
    page_parameters,
    paged,
    plain_error,
    required,
    validation_error,
)
from exporter.simulator.world.membership import Member, Team
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.world import World

DEFAULT_PAGE = 50
UTILIZATION_MONTHS = 12
LICENSE_DAYS = 365


class OrganizationApi:
    """The endpoints that tell the state of the organization."""

    def __init__(self, world: World, rest: TabnineRest) -> None:
        self._world = world
        self._rest = rest
        self._membership = world.membership

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        handlers = (
            ("/api/v1/organization", self._organization),
            ("/api/v1/organization/teams", self._teams),
            ("/api/v1/organization/users", self._users),
            ("/api/v1/organization/account-utilizations", self._utilization),
            ("/api/v1/license", self._license),
            ("/api/v1/instance/permissions", self._permissions),
            ("/api/v1/team/account-utilizations", self._team_utilization),
            ("/api/v1/team/{team_id}", self._team),
            ("/api/v1/team/{team_id}/users", self._team_users),
            ("/api/v1/user/{user_id}", self._user),
        )
        return [Route(path, self._rest.endpoint(handler)) for path, handler in handlers]

    def _now(self) -> float:
        return self._world.clock.time()

    def _organization(self, _request: Request, installation: Installation) -> Response:
        body: dict[str, Any] = {"id": self._membership.organization_id, "name": "Acme"}
        if not installation.legacy:
            body |= {
                "publicKey": "-----BEGIN PUBLIC KEY-----\nMIIBSIMULATED==\n-----END PUBLIC KEY-----\n",
                "samlEnabled": True,
                "smtpConfigured": True,
                "usernamePasswordEnabled": False,
                "oauthEnabled": False,
                "domains": ["acme.example"],
                "planType": "Enterprise",
            }
        return json_response(body)

    def _teams(self, request: Request, installation: Installation) -> Response:
        limit, offset = page_parameters(request, DEFAULT_PAGE)

        def to_json(team: Team) -> dict[str, Any]:
            return self._team_json(team, legacy=installation.legacy)

        return json_response(paged(self._membership.teams, limit, offset, to_json))

    def _team_json(self, team: Team, *, legacy: bool) -> dict[str, Any]:
        now = self._now()
        index = self._index(team.id)
        users = sum(member.active(now) for member in self._members(index))
        row: dict[str, Any] = {
            "id": team.id,
            "name": self._membership.name(index, now),
            "usersCount": users,
            "isDefaultTeam": team.is_default,
        }
        if not legacy:
            row |= {
                "organizationId": self._membership.organization_id,
                "syncedGroupId": None,
                "seatCap": None if index % 3 else 100,
                "pendingInvitationsCount": index % 4,
            }
        return row

    def _team(self, request: Request, _installation: Installation) -> Response:
        index = self._index(request.path_params["team_id"])
        team = self._membership.teams[index]
        return json_response({"id": team.id, "name": self._membership.name(index, self._now())})

    def _team_users(self, request: Request, _installation: Installation) -> Response:
        members = self._members(self._index(request.path_params["team_id"]))
        limit, offset = page_parameters(request)
        now = self._now()
        return json_response(paged(members, limit, offset, lambda member: _user_json(member, now)))

    def _users(self, request: Request, _installation: Installation) -> Response:
        if self._rest.options.users_need_organization:
            organization_parameter(request, self._membership.organization_id)
        limit, offset = page_parameters(request)
        now = self._now()
        members = [member for member in self._membership.members if member.registered <= now]
        in_team, active = _flag(request, "teamMember"), _flag(request, "active")
        if in_team is not None:
            members = [member for member in members if (member.team is not None) == in_team]
        if active is not None:
            members = [member for member in members if member.active(now) == active]

        def to_json(member: Member) -> dict[str, Any]:
            team = None
            if member.team is not None:
                name = self._membership.name(member.team, now)
                team = {"id": self._membership.teams[member.team].id, "name": name}
            return _user_json(member, now) | {"team": team}

        return json_response(paged(members, limit, offset, to_json, null_at_end=True))

    def _user(self, request: Request, _installation: Installation) -> Response:
        person = self._membership.person(request.path_params["user_id"])
        if person is None:
            raise plain_error(404, "User not found")
        member = self._membership.members[person]
        teams = None
        if member.team is not None:
            teams = {
                "team_id": self._membership.teams[member.team].id,
                "team_name": self._membership.name(member.team, self._now()),
            }
        user = {
            "organization_id": self._membership.organization_id,
            "user_id": member.id,
            "email": member.email,
            "role": member.role,
            "createdAt": format_seconds(member.registered),
            "updatedAt": _updated(member, self._now()),
        }
        return json_response({"user": user, "teams": teams})

    def _license(self, _request: Request, installation: Installation) -> Response:
        if installation.license == "missing":
            raise plain_error(500, "License not found")
        issued = self._world.first - 30 * DAY
        seats = math.ceil(len(self._membership.members) * 1.1)
        days = 31 if installation.license == "expired" else LICENSE_DAYS
        return json_response(
            {
                "license": {
                    "exp": issued + days * DAY,
                    "seats": seats,
                    "seatsCap": math.ceil(seats * 1.1),
                    "audience": "idp-new",
                    "features": ["chat", "chat_models", "remote_indexing"],
                    "settings": {"chatModel": {"type": "Private"}},
                    "iat": issued,
                }
            }
        )

    def _permissions(self, request: Request, _installation: Installation) -> Response:
        role = required(request, "role")
        if role not in ("Admin", "Manager", "TeamLead", "Member"):
            raise validation_error(f"role: Invalid enum value, received '{role}'")
        now = self._now()
        return json_response(
            [
                {"username": member.email, "organizationId": self._membership.organization_id}
                for member in self._membership.members
                if member.role == role and member.active(now)
            ]
        )

    def _utilization(self, request: Request, _installation: Installation) -> Response:
        now = self._now()
        current = _month(now)
        first = current - UTILIZATION_MONTHS + 1
        if "startDate" in request.query_params:
            text = request.query_params["startDate"]
            try:
                asked = _month(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).timestamp())
            except ValueError as error:
                raise validation_error("startDate: Invalid month") from error
            if asked > current:
                raise validation_error("startDate: Must not be in the future", status=422)
            tracked = _month(min(member.registered for member in self._membership.members))
            first = max(asked, tracked)
        return json_response([self._month_row(month, now) for month in range(first, current + 1)])

    def _month_row(self, month: int, now: float) -> dict[str, int]:
        start, end = _month_start(month), min(now, _month_start(month + 1) - 1)
        members = self._membership.members
        people = range(len(members))
        active: set[int] = set()
        for day in self._world.assistance.days(start, end + 1, now):
            told = self._world.assistance.told(day, people, now)
            active.update(person for person, figures in told if figures.active)
        chance = randomness(self._world.settings.seed, "invitations", month)
        return {
            "year": month // 12,
            # January is 0.
            "month": month % 12,
            "registered": sum(member.registered <= end for member in members),
            "deactivated": sum(member.deactivated_by(end) for member in members),
            "active": len(active),
            "pending": chance.randint(0, 9),
        }

    def _team_utilization(self, request: Request, _installation: Installation) -> Response:
        index = self._index(required(request, "teamId"))
        now = self._now()
        members = self._members(index)
        return json_response(
            {
                "registered": len(members),
                "deactivated": sum(member.deactivated_by(now) for member in members),
                "invited": index % 4,
            }
        )

    def _index(self, team_id: str) -> int:
        index = self._membership.team(team_id)
        if index is None:
            raise plain_error(404, "Team not found")
        return index

    def _members(self, team: int) -> list[Member]:
        return [self._membership.members[person] for person in self._membership.of_team(team)]


def _user_json(member: Member, now: float) -> dict[str, Any]:
    return {
        "id": member.id,
        "username": member.email,
        "email": member.email,
        "role": member.role,
        "verified": True,
        "deactivatedAt": _updated(member, now) if member.deactivated_by(now) else None,
        "updatedAt": _updated(member, now),
    }


def _updated(member: Member, now: float) -> str:
    """The moment of the last change, with two fractional digits as the service writes them."""
    moment = float(member.registered)
    if member.deactivated is not None and member.deactivated_by(now):
        moment = member.deactivated
    return f"{format_milliseconds(round(moment * 1000))[:-2]}Z"


def _flag(request: Request, name: str) -> bool | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if text not in ("true", "false"):
        raise validation_error(f"{name}: Expected boolean, received string")
    return text == "true"


def _month(moment: float) -> int:
    date = datetime.fromtimestamp(moment, UTC)
    return date.year * 12 + date.month - 1


def _month_start(month: int) -> int:
    return int(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp())
