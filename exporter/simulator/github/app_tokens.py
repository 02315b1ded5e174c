"""GitHub's endpoints for an App itself: its installations and their tokens."""

from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds, json_response
from exporter.simulator.github.accounts import enterprise, user
from exporter.simulator.github.rest import GitHubError, GitHubRest
from exporter.simulator.world.world import World

INSTALLATION_ID = 51_000_042
APP_ID = 178_012
LONGEST_CLAIM = 600

_API = "https://api.github.com"
_INSTALLED = 1_700_000_000
_PERMISSIONS = {"organization_copilot_seat_management": "read"}


class AppApi:
    """Takes the App's JWT where other endpoints take a token; one installation serves them all."""

    def __init__(self, world: World, rest: GitHubRest, wall: Callable[[], float]) -> None:
        self._world = world
        self._rest = rest
        self._wall = wall

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        return [
            Route("/app/installations", self._guarded(self._list)),
            Route(
                "/app/installations/{installation_id}/access_tokens",
                self._guarded(self._issue),
                methods=["POST"],
            ),
            Route("/orgs/{org}/installation", self._guarded(self._of_organization)),
            Route("/enterprises/{enterprise}/installation", self._guarded(self._of_enterprise)),
        ]

    def _guarded(
        self, handler: Callable[[Request], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                self._check(self._rest.credential(request))
                return handler(request)
            except GitHubError as refused:
                return refused.response()

        return endpoint

    def _check(self, token: str) -> None:
        options = self._rest.options
        known = options.app_public_key
        try:
            claims = jwt.decode(
                token,
                known or "",
                algorithms=["RS256"],
                options={
                    "verify_signature": known is not None,
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidTokenError as error:
            raise GitHubError(401, "A JSON web token could not be decoded") from error
        now = self._wall()
        if claims.get("iss") != options.app_client_id:
            raise GitHubError(404, "Integration not found")
        if claims.get("iat", now + 1) > now:
            raise GitHubError(401, "'Issued at' claim ('iat') must be in the past")
        if not now < claims.get("exp", 0) <= now + LONGEST_CLAIM:
            raise GitHubError(401, "'Expiration time' claim ('exp') is too far in the future")

    def _list(self, _: Request) -> Response:
        return json_response([self._installation(enterprise(self._world.enterprise))])

    def _of_organization(self, request: Request) -> Response:
        name = request.path_params["org"].lower()
        if name not in self._world.copilot_seats.organizations:
            raise GitHubError(404, "Not Found")
        return json_response(self._installation(user(name, len(name), "Organization")))

    def _of_enterprise(self, request: Request) -> Response:
        name = request.path_params["enterprise"].lower()
        if name != self._world.enterprise:
            raise GitHubError(404, "Not Found")
        return json_response(self._installation(enterprise(name)))

    def _issue(self, request: Request) -> Response:
        if request.path_params["installation_id"] != str(INSTALLATION_ID):
            raise GitHubError(404, "Not Found")
        token, end = self._rest.installation_tokens.issue(str(APP_ID))
        body = {
            "token": token,
            "expires_at": format_seconds(int(end)),
            "permissions": _PERMISSIONS,
            "repository_selection": "all",
        }
        return json_response(body, 201)

    def _installation(self, account: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": INSTALLATION_ID,
            "app_id": APP_ID,
            "app_slug": "usage-reader",
            "client_id": self._rest.options.app_client_id,
            "target_id": account["id"],
            "target_type": account.get("type", "Enterprise"),
            "account": account,
            "repository_selection": "all",
            "access_tokens_url": f"{_API}/app/installations/{INSTALLATION_ID}/access_tokens",
            "repositories_url": f"{_API}/installation/repositories",
            "html_url": f"{account['html_url']}/settings/installations/{INSTALLATION_ID}",
            "permissions": _PERMISSIONS,
            "events": [],
            "single_file_name": None,
            "created_at": format_seconds(_INSTALLED),
            "updated_at": format_seconds(_INSTALLED),
            "suspended_by": None,
            "suspended_at": None,
        }
