"""What the endpoints of Anthropic's API share: keys of two kinds, the version, limits, errors, pages."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from exporter.model import HOUR, MINUTE
from exporter.simulator.answers import json_response
from exporter.simulator.quota import Quota

VERSIONS = ("2023-06-01", "2026-10-21")
Kind: TypeAlias = Literal["admin", "analytics"]
ADMIN: Kind = "admin"
ANALYTICS: Kind = "analytics"
_SCOPE = "read:analytics"
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    410: "invalid_request_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_REQUEST_ID = "req_011ExampleExampleExample"


@dataclass(frozen=True, slots=True)
class AnthropicOptions:
    """Where the documentation leaves room, or the organization's plan decides.

    `requests_per_hour` is how often each endpoint of the Admin API may be asked, `requests_per_minute` how
    often all that an Analytics key opens; None switches a limit off.
    `retry_after` says whether a 429 tells when to come back. With `subscriptions_only` the Claude Code report has
    nobody. `groups_shown` is how many groups the older reports show of a bucket; where not `newer_reports`, they
    are the only ones. Of every `expiring` walks over pages the cursor of one expires (0: of none).
    """

    admin_key: str = "sim-anthropic-admin-key"
    analytics_key: str = "sim-anthropic-analytics-key"
    key_without_scope: str = "sim-anthropic-key-without-scope"
    requests_per_hour: int | None = 60
    requests_per_minute: int | None = 60
    retry_after: bool = False
    subscriptions_only: bool = False
    newer_reports: bool = True
    groups_shown: int = 100
    expiring: int = 7


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def response(self, headers: Mapping[str, str]) -> Response:
        error = {"type": _ERRORS.get(self.status, "api_error"), "message": str(self)}
        body = {"type": "error", "error": error, "request_id": _REQUEST_ID}
        return json_response(body, self.status, dict(headers))


class AnthropicRest:
    """Lets requests through: with a key of the right kind, a version, and so many in a time."""

    def __init__(self, options: AnthropicOptions, wall: Callable[[], float]) -> None:
        self.options = options
        self._wall = wall
        self._quotas: dict[str, Quota] = {}

    def endpoint(
        self,
        answer: Callable[[QueryParams], Any],
        *kinds: Kind,
    ) -> Callable[[Request], Awaitable[Response]]:
        """What answers requests with keys of these kinds; `answer` makes the body of the query."""

        async def endpoint(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                kind = self._authorize(request.headers.get("x-api-key"), kinds)
                _check_version(request.headers.get("anthropic-version"))
                quota, name = self._quota(kind, request.url.path)
                if quota.exhausted(name):
                    headers = {"retry-after": str(quota.wait(name))}
                    raise RefusedError(429, "This request would exceed the rate limit.")
                quota.use(name)
                return json_response(answer(request.query_params))
            except RefusedError as refused:
                return refused.response(headers if self.options.retry_after else {})

        return endpoint

    def _authorize(self, key: str | None, kinds: Sequence[Kind]) -> Kind:
        options = self.options
        if key == options.key_without_scope and ANALYTICS in kinds:
            raise RefusedError(403, f"This API key has scopes [] but needs one of [{_SCOPE}]")
        keys: dict[str, Kind] = {options.admin_key: "admin", options.analytics_key: "analytics"}
        kind = keys.get(key or "")
        if kind is None or kind not in kinds:
            raise RefusedError(401, "invalid x-api-key")
        return kind

    def _quota(self, kind: Kind, path: str) -> tuple[Quota, str]:
        """Endpoints of the Admin API have a limit each, those of Analytics one together."""
        if kind == ADMIN:
            limit, span, name = self.options.requests_per_hour, HOUR, path
        else:
            limit, span, name = self.options.requests_per_minute, MINUTE, ANALYTICS
        quota = self._quotas.setdefault(name, Quota(limit, span, self._wall, aligned=False))
        return quota, name


def _check_version(version: str | None) -> None:
    if version not in VERSIONS:
        raise RefusedError(400, "anthropic-version: header is required and must be a known version")


async def not_found(_request: Request) -> Response:
    return RefusedError(404, "Not found").response({})


def number(query: QueryParams, name: str, default: int, most: int) -> int:
    """A whole number of the query, from 1 up to `most`."""
    text = query.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise RefusedError(400, f"{name}: must be a whole number from 1 to {most}")
    return int(text)


def listed(query: QueryParams, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A page of a list, after the id that the query names."""
    size, after = number(query, "limit", 20, 1_000), query.get("after_id")
    first = 0
    if after is not None:
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise RefusedError(400, "after_id: there is no such object")
        first = ids.index(after) + 1
    shown = rows[first : first + size]
    return {
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": first + size < len(rows),
    }


def page_token(question: str, start: int) -> str:
    """An opaque token for the page that begins with row or bucket `start` of a question."""
    text = base64.urlsafe_b64encode(f"{start}:{question}".encode()).decode()
    return f"page_{text}"


def page_start(query: QueryParams, question: str) -> int:
    """Where the page begins that the query asks for; a token of another question is refused."""
    token = query.get("page")
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token.removeprefix("page_")).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise RefusedError(400, "page: cursor is not valid") from error
    start, _, asked = text.partition(":")
    if asked != question or not start.isdecimal():
        raise RefusedError(400, "page: cursor does not match the query")
    return int(start)
