"""GitHub's Copilot billing: the settings of an organization, and the lists of seats."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds
from exporter.simulator.github.accounts import organization, team, user
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest, paged
from exporter.simulator.world.seats import Grant, Seat, month_start, next_month
from exporter.simulator.world.world import World

DEFAULT_PAGE_SIZE = 50


class SeatsApi:
    """An organization lists a person once, an enterprise once for each grant."""

    def __init__(self, world: World, rest: GitHubRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        return [
            self._route("/orgs/{org}/copilot/billing", self._settings),
            self._route("/orgs/{org}/copilot/billing/seats", self._of_organization),
            self._route("/enterprises/{enterprise}/copilot/billing/seats", self._of_enterprise),
        ]

    def _route(self, path: str, answer: Callable[[Request], Answer]) -> Route:
        return Route(path, self._rest.endpoint(answer))

    def _organization(self, request: Request) -> str:
        name: str = request.path_params["org"].lower()
        if name not in self._world.copilot_seats.organizations:
            raise GitHubError(404, "Not Found")
        return name

    def _seats(self, organization: str | None) -> list[Seat]:
        now = self._world.clock.time()
        seats = self._world.copilot_seats.told(now)
        return [seat for seat in seats if organization is None or seat.of(organization)]

    def _settings(self, request: Request) -> Answer:
        organization = self._organization(request)
        seats = self._seats(organization)
        cycle = month_start(self._world.clock.time())
        active = sum((seat.last_active or 0) >= cycle for seat in seats)
        own = [grant for seat in seats if (grant := seat.of(organization))]
        main = organization == self._world.organization
        return Answer(
            {
                "seat_breakdown": {
                    "total": len(seats),
                    "added_this_cycle": sum(seat.created >= cycle for seat in seats),
                    "pending_invitation": self._world.copilot_seats.invited() if main else 0,
                    "pending_cancellation": sum(grant.cancelled for grant in own),
                    "active_this_cycle": active,
                    "inactive_this_cycle": len(seats) - active,
                },
                "seat_management_setting": "assign_selected",
                "ide_chat": "enabled",
                "platform_chat": "enabled",
                "cli": "enabled",
                "public_code_suggestions": "block",
                "plan_type": own[0].plan if own else "business",
            }
        )

    def _of_organization(self, request: Request) -> Answer:
        organization = self._organization(request)
        seats = self._seats(organization)
        rows = [self._row(seat, grant) for seat in seats if (grant := seat.of(organization))]
        return _listed(request, rows, len(seats))

    def _of_enterprise(self, request: Request) -> Answer:
        if request.path_params["enterprise"].lower() != self._world.enterprise:
            raise GitHubError(404, "Not Found")
        seats = self._seats(None)
        # A person's grants stand apart, so that they fall on different pages.
        grants = sorted(
            ((seat, grant) for seat in seats for grant in seat.grants),
            key=lambda each: (each[1].organization, str(each[1].team)),
        )
        return _listed(request, [self._row(*each) for each in grants], len(seats))

    def _row(self, seat: Seat, grant: Grant) -> dict[str, Any]:
        active = None if seat.last_active is None else format_seconds(seat.last_active)
        return {
            "created_at": format_seconds(seat.created),
            "updated_at": format_seconds(seat.created),
            "pending_cancellation_date": (
                next_month(self._world.clock.time()) if grant.cancelled else None
            ),
            "last_activity_at": active,
            "last_activity_editor": seat.editor,
            "last_authenticated_at": active,
            "plan_type": grant.plan,
            "assignee": user(seat.person.login, seat.person.numeric_id),
            "organization": organization(grant.organization),
            "assigning_team": grant.team and team(grant.team, grant.organization),
        }


def _listed(request: Request, rows: list[dict[str, Any]], total: int) -> Answer:
    shown, links = paged(request, rows, default=DEFAULT_PAGE_SIZE)
    return Answer({"total_seats": total, "seats": shown}, links)
