"""Tabnine's connected repositories of a team, and the status of their index."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds, json_response
from exporter.simulator.tabnine.rest import Installation, TabnineRest, plain_error
from exporter.simulator.world.indexing import Connection
from exporter.simulator.world.world import World


class RepositoriesApi:
    """The one endpoint."""

    def __init__(self, world: World, rest: TabnineRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoint, below the API's base URL."""
        path = "/api/team/v1/{team_id}/connections/repositories"
        return [Route(path, self._rest.endpoint(self._repositories))]

    def _repositories(self, request: Request, installation: Installation) -> Response:
        index = self._world.membership.team(request.path_params["team_id"])
        if index is None:
            raise plain_error(404, "Team not found")
        return json_response(
            [
                self._repository_json(connection, installation)
                for connection in self._world.indexing.connections(index)
            ]
        )

    def _repository_json(
        self, connection: Connection, installation: Installation
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "repository_link": connection.link,
            "repo_type": connection.kind,
            "authentication_method": connection.method,
            "authentication_credentials_name": connection.credentials,
        }
        row = {name: value for name, value in row.items() if value is not None}
        if connection.method == "https":
            row["view_source_link_pattern"] = (
                connection.link.removesuffix(".git") + "/blob/{sha}/{path}#L{line}"
            )
        if not installation.legacy:
            now = self._world.clock.time()
            last = self._world.indexing.last_success(connection, now)
            row["latest_status"] = self._world.indexing.status(connection, now)
            row["last_indexed_successfully"] = None if last is None else format_seconds(last)
        return row
