"""Anthropic's API: its endpoints, put together."""

from collections.abc import Callable

from starlette.routing import BaseRoute, Route

from exporter.simulator.anthropic.claude_code import ClaudeCodeApi
from exporter.simulator.anthropic.enterprise import EnterpriseApi
from exporter.simulator.anthropic.lists import ListsApi
from exporter.simulator.anthropic.reports import ReportsApi
from exporter.simulator.anthropic.rest import AnthropicOptions, AnthropicRest, not_found
from exporter.simulator.world.world import World


class AnthropicApi:
    """Answers for one organization, to a key of either kind."""

    def __init__(self, world: World, options: AnthropicOptions, wall: Callable[[], float]) -> None:
        rest = AnthropicRest(options, wall)
        self._parts = (
            ListsApi(world, rest),
            ReportsApi(world, rest),
            ClaudeCodeApi(world, rest),
            EnterpriseApi(world, rest),
        )

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        found = [route for part in self._parts for route in part.routes()]
        return [*found, Route("/{path:path}", not_found)]
