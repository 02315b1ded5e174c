"""The simulator as one ASGI application: the vendors' APIs and the control endpoints."""

import time
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from exporter.simulator.anthropic.api import AnthropicApi
from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.control.endpoints import Control
from exporter.simulator.control.faults import FaultInjector
from exporter.simulator.control.request_log import RequestLog
from exporter.simulator.cursor.api import CursorApi
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.api import GitHubApi
from exporter.simulator.github.reports import FILES, ReportFiles
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.tabnine.api import TabnineApi
from exporter.simulator.tabnine.rest import TabnineOptions
from exporter.simulator.world.world import World


class Simulator:
    """Speaks for all vendors about one world.

    `wall` is the time that rate limits are kept in: clients wait in it, however fast the world runs.
    """

    def __init__(
        self,
        world: World,
        *,
        anthropic: AnthropicOptions | None = None,
        cursor: CursorOptions | None = None,
        github: GitHubOptions | None = None,
        tabnine: TabnineOptions | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.world = world
        vendors = Starlette(
            routes=[
                Mount(
                    "/anthropic",
                    routes=AnthropicApi(world, anthropic or AnthropicOptions(), wall).routes(),
                ),
                Mount("/cursor", routes=CursorApi(world, cursor or CursorOptions(), wall).routes()),
                Mount("/github", routes=GitHubApi(world, github or GitHubOptions(), wall).routes()),
                Mount(FILES, routes=ReportFiles(world, wall).routes()),
                Mount(
                    "/tabnine", routes=TabnineApi(world, tabnine or TabnineOptions(), wall).routes()
                ),
            ]
        )
        self.faults = FaultInjector(vendors)
        self.requests = RequestLog(self.faults)
        control = Control(world, self.faults, self.requests)
        self._app = Starlette(
            routes=[Mount("/_simulator", routes=control.routes()), Mount("/", app=self.requests)]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
