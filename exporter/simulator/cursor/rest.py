"""What the endpoints of Cursor's APIs share: keys, limits, errors, ETags, dates."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from exporter.model import DAY, MINUTE
from exporter.simulator.answers import (
    BadTimeError,
    etag,
    json_response,
    parse_milliseconds,
    unchanged,
)
from exporter.simulator.quota import Quota

ORGANIZATION_KEYS = {
    "sim-cursor-organization-key": "admin:*",
    "sim-cursor-usage-key": "usage:*",
    "sim-cursor-members-key": "members:read",
}
"""The organization's keys, each with the only scope that it has."""
CACHE_CONTROL = "public, max-age=900"

_RELATIVE = re.compile(r"(\d{1,4})d", re.ASCII)


@dataclass(frozen=True, slots=True)
class CursorOptions:
    """Where the documentation leaves room, or the team's plan decides.

    `organization` is that above the team, None where there is none, with its `organization_keys` by scope.
    `requests_per_minute` is the limit of AI code tracking, for each endpoint; None switches all limits off.
    """

    key: str = "sim-cursor-key"
    key_without_plan: str = "sim-cursor-key-without-enterprise"
    key_without_scope: str = "sim-cursor-key-without-scope"
    organization: str | None = "org_acme"
    organization_keys: Mapping[str, str] = field(default_factory=lambda: ORGANIZATION_KEYS)
    requests_per_minute: int | None = 5
    retry_after: bool = False
    commit_source: bool = True
    date_column: Literal["createdAt", "commitTs"] = "createdAt"
    conversation_insights: bool = True


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error

    def response(self, headers: dict[str, str] | None = None) -> Response:
        return json_response({"error": self.error, "message": str(self)}, self.status, headers)


class OrganizationRefusedError(RefusedError):
    """The same by the Organization API, whose bodies have another form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, "error", message)

    def response(self, headers: dict[str, str] | None = None) -> Response:
        code = {} if self.status == 404 else {"code": "error"}
        body = {**code, "error" if self.status == 404 else "message": str(self)}
        return json_response(body, self.status, headers)


class CursorRest:
    """Lets a team's requests through: with its key, and so many a minute for each group of endpoints."""

    def __init__(self, options: CursorOptions, wall: Callable[[], float]) -> None:
        self.options = options
        self._wall = wall
        self._quotas: dict[str, Quota] = {}

    def endpoint(
        self,
        answer: Callable[[Request], Awaitable[Response]],
        per_minute: int,
        *,
        group: str = "",
        scope: str = "admin:*",
    ) -> Callable[[Request], Awaitable[Response]]:
        """What answers requests; a 304 is free of the limit, which the paths of a group share."""
        return self._endpoint(answer, per_minute, group, lambda key: self._authorize(key, scope))

    def organization_endpoint(
        self, answer: Callable[[Request], Awaitable[Response]], per_minute: int, scope: str
    ) -> Callable[[Request], Awaitable[Response]]:
        """The same for the keys of the organization."""
        return self._endpoint(
            answer, per_minute, "", lambda key: self._authorize_member(key, scope)
        )

    def check_organization(self, name: str | None) -> None:
        """Refuse a body that does not name the organization of the key."""
        if name is None:
            raise OrganizationRefusedError(400, "organizationId is required")
        if self.options.organization is None:
            raise OrganizationRefusedError(404, "Organization not found")
        if name != self.options.organization:
            raise OrganizationRefusedError(403, "Not authorized")

    def _endpoint(
        self,
        answer: Callable[[Request], Awaitable[Response]],
        per_minute: int,
        group: str,
        authorize: Callable[[str | None], None],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            quota, key = self._quota(group or request.url.path, per_minute), group
            try:
                authorize(_basic_user(request.headers.get("authorization", "")))
                response = await answer(request)
                if response.status_code != 304:
                    _spend(quota, key)
            except RefusedError as refused:
                headers = {}
                if refused.status == 429 and self.options.retry_after:
                    headers["Retry-After"] = str(quota.wait(key))
                return refused.response(headers)
            return response

        return endpoint

    def _quota(self, name: str, per_minute: int) -> Quota:
        limit = None if self.options.requests_per_minute is None else per_minute
        if name not in self._quotas:
            self._quotas[name] = Quota(limit, MINUTE, self._wall, aligned=True)
        return self._quotas[name]

    def _authorize_member(self, key: str | None, scope: str) -> None:
        found = self.options.organization_keys.get(key or "")
        if found is None:
            raise OrganizationRefusedError(401, "Invalid Organization API Key")
        if found not in (scope, "admin:*"):
            message = f"Organization API key missing required scope: {scope}"
            raise OrganizationRefusedError(401, message)

    def _authorize(self, key: str | None, scope: str) -> None:
        if key == self.options.key_without_plan:
            raise RefusedError(403, "Forbidden", "Enterprise access required")
        if key == self.options.key_without_scope:
            raise RefusedError(401, "Unauthorized", f"API key missing required scope: {scope}")
        if key != self.options.key:
            raise RefusedError(401, "Unauthorized", "Invalid API key")


def cached(request: Request, response: Response, content: bytes) -> Response:
    """The response under an ETag of `content`, or 304 where the caller has it already."""
    headers = {"ETag": etag(content), "Cache-Control": CACHE_CONTROL}
    if unchanged(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


async def not_found(_request: Request) -> Response:
    return RefusedError(404, "Not Found", "Unknown endpoint").response()


def moment(name: str, text: str, now_ms: int) -> int:
    """Unix milliseconds of a date in a query: `now`, `7d` or ISO 8601."""
    if text in ("now", "0d"):
        return now_ms
    if relative := _RELATIVE.fullmatch(text):
        return now_ms - int(relative[1]) * DAY * 1000
    try:
        return parse_milliseconds(text)
    except BadTimeError as error:
        raise RefusedError(400, "Bad Request", f"Invalid {name}: {error}") from error


def number(name: str, text: str | None, default: int) -> int:
    """A whole number of a query."""
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise RefusedError(400, "Bad Request", f"Invalid {name}: {text!r}") from error


def _spend(quota: Quota, key: str) -> None:
    if quota.exhausted(key):
        raise RefusedError(429, "Too Many Requests", "Rate limit exceeded. Please try again later.")
    quota.use(key)


def _basic_user(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, _password = base64.b64decode(credentials, validate=True).partition(b":")
        return user.decode() if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None
