"""Cursor's API: its endpoints, put together."""

from collections.abc import Callable

from starlette.routing import BaseRoute, Route

from exporter.simulator.cursor.analytics import AnalyticsApi
from exporter.simulator.cursor.daily_usage import DailyUsageApi
from exporter.simulator.cursor.events import EventsApi
from exporter.simulator.cursor.organization import OrganizationApi
from exporter.simulator.cursor.rest import CursorOptions, CursorRest, not_found
from exporter.simulator.cursor.team import TeamApi
from exporter.simulator.cursor.tracking import TrackingApi
from exporter.simulator.world.world import World


class CursorApi:
    """Answers for one team, and for the organization that it is divided into teams in."""

    def __init__(self, world: World, options: CursorOptions, wall: Callable[[], float]) -> None:
        rest = CursorRest(options, wall)
        team, days, events = (
            TeamApi(world, rest),
            DailyUsageApi(world, rest),
            EventsApi(world, rest),
        )
        self._parts = (
            TrackingApi(world, rest),
            AnalyticsApi(world, rest),
            team,
            days,
            events,
            OrganizationApi(world, rest, team, days, events),
        )

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        found = [route for part in self._parts for route in part.routes()]
        return [*found, Route("/{path:path}", not_found)]
