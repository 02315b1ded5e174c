"""GitHub's REST API: all of its endpoints that the simulator speaks."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import MINUTE
from exporter.simulator.github.app_tokens import AppApi
from exporter.simulator.github.billing import BillingApi
from exporter.simulator.github.exports import ExportsApi
from exporter.simulator.github.insights import InsightsApi
from exporter.simulator.github.legacy import LegacyCopilotApi
from exporter.simulator.github.reports import ReportsApi
from exporter.simulator.github.rest import Answer, GitHubError, GitHubOptions, GitHubRest
from exporter.simulator.github.seats import SeatsApi
from exporter.simulator.quota import Allowance
from exporter.simulator.world.world import World

VERSION_WITHOUT_RATE = "2026-03-10"
_OTHER_LIMITS = {"search": 30, "graphql": 5000, "code_search": 10, "scim": 15000}


class GitHubApi:
    """The endpoints of one host, with one rate limit for them all."""

    def __init__(self, world: World, options: GitHubOptions, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._rest = GitHubRest(options, wall)
        self._insights = InsightsApi(world, self._rest)
        self._billing = BillingApi(world, self._rest)
        self._exports = ExportsApi(world, self._rest, wall)
        self._seats = SeatsApi(world, self._rest)
        self._app = AppApi(world, self._rest, wall)
        self._legacy = LegacyCopilotApi(world, self._rest)
        self._reports = ReportsApi(world, self._rest, wall)

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        return [
            Route("/rate_limit", self._rest.endpoint(self._rate_limit, free=True)),
            *self._insights.routes(),
            *self._billing.routes(),
            *self._exports.routes(),
            *self._seats.routes(),
            *self._app.routes(),
            *self._legacy.routes(),
            *self._reports.routes(),
            Route("/{path:path}", _not_found),
        ]

    def _rate_limit(self, request: Request) -> Answer:
        core = _allowance(self._rest.core(self._rest.credential(request)))
        next_minute = int(self._wall() // MINUTE + 1) * MINUTE
        resources: dict[str, Any] = {"core": core}
        for resource, limit in _OTHER_LIMITS.items():
            resources[resource] = _allowance(Allowance(limit, 0, next_minute))
        if request.headers.get("x-github-api-version") == VERSION_WITHOUT_RATE:
            return Answer({"resources": resources})
        return Answer({"resources": resources, "rate": core})


def _allowance(allowance: Allowance) -> dict[str, int]:
    return {
        "limit": allowance.limit,
        "used": allowance.used,
        "remaining": allowance.remaining,
        "reset": allowance.reset,
    }


async def _not_found(_request: Request) -> Response:
    return GitHubError(404, "Not Found").response()
