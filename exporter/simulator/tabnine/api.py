"""Tabnine's API: all of its reading endpoints that the simulator speaks."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.tabnine.audit import AuditApi
from exporter.simulator.tabnine.organization import OrganizationApi
from exporter.simulator.tabnine.repositories import RepositoriesApi
from exporter.simulator.tabnine.rest import TabnineOptions, TabnineRest, plain_error
from exporter.simulator.tabnine.usage import UsageApi
from exporter.simulator.world.world import World


class TabnineApi:
    """The endpoints of one organization; the token chooses what kind of installation answers."""

    def __init__(self, world: World, options: TabnineOptions, wall: Callable[[], float]) -> None:
        rest = TabnineRest(options, wall)
        self._apis = (
            UsageApi(world, rest),
            AuditApi(world, rest),
            OrganizationApi(world, rest),
            RepositoriesApi(world, rest),
        )

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL; what would change something is refused."""
        # Usage comes before the routes whose path holds any team's or user's id.
        return [
            *(route for api in self._apis for route in api.routes()),
            Route("/{path:path}", _not_found),
        ]


async def _not_found(_request: Request) -> Response:
    return plain_error(404, "Not Found").response()
