"""What all of GitHub's REST endpoints share: credentials, rate limit, ETags, pages and errors."""

import itertools
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from exporter.model import DAY, HOUR
from exporter.simulator.answers import etag, json_response, unchanged
from exporter.simulator.github.installation_tokens import InstallationTokens
from exporter.simulator.quota import Allowance, Quota

HOURLY_LIMIT = 5000
DEFAULT_PAGE_SIZE = 30
LARGEST_PAGE_SIZE = 100
DOCUMENTATION = "https://docs.github.com/rest"

_CREDENTIAL = re.compile(r"(?:bearer|token) +(\S+)", re.IGNORECASE)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class GitHubOptions:
    """Where the documentation leaves room; `forbidden_token` lacks every permission."""

    token: str = "sim-github-token"  # noqa: S105 - a made-up credential for loopback
    forbidden_token: str = "sim-github-token-without-permission"  # noqa: S105 - as above
    token_days: int = 60
    """In how many days the token ends."""
    requests_per_hour: int | None = HOURLY_LIMIT
    actor_types: Literal["both", "singular", "plural"] = "both"
    app_client_id: str = "Iv23simulatedclient"
    app_public_key: str | None = None
    """The App's key (PEM); without it the signatures of its statements are not checked."""
    legacy_copilot: bool = False
    """Whether the Copilot usage API that GitHub closed is spoken; otherwise it is 404."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A body to be written as JSON (None: 204, without one), with further headers."""

    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


Handler: TypeAlias = Callable[[Request], Answer]


class GitHubError(Exception):
    """A refusal in GitHub's form."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """The refusal as an answer."""
        body = {
            "message": str(self),
            "documentation_url": DOCUMENTATION,
            "status": str(self.status),
        }
        return json_response(body, self.status, headers)


class GitHubRest:
    """Guards endpoints: each token has one `core` allowance an hour."""

    def __init__(self, options: GitHubOptions, wall: Callable[[], float] = time.time) -> None:
        self.options = options
        self._wall = wall
        self._quota = Quota(options.requests_per_hour, HOUR, wall, aligned=False)
        self._request_ids = itertools.count(1)
        self.installation_tokens = InstallationTokens(wall)
        end = datetime.fromtimestamp(wall() + options.token_days * DAY, UTC)
        self._token_end = f"{end:%Y-%m-%d %H:%M:%S} UTC"

    def endpoint(
        self, handler: Handler, *, free: bool = False
    ) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint around `handler`; a `free` one does not count against the rate limit."""

        async def endpoint(request: Request) -> Response:
            headers = {"X-GitHub-Request-Id": f"{next(self._request_ids):08X}"}
            try:
                token = self._token(request)
            except GitHubError as refused:
                return refused.response(headers)
            response = self._answer(request, handler, token, free=free)
            response.headers.update(headers | _rate_headers(self.core(token)))
            if token == self.options.token:
                response.headers["GitHub-Authentication-Token-Expiration"] = self._token_end
            return response

        return endpoint

    def core(self, token: str) -> Allowance:
        """What a token may still ask for in its hour."""
        allowance = self._quota.look(token)
        return allowance or Allowance(HOURLY_LIMIT, 0, int(self._wall()) + HOUR)

    def credential(self, request: Request) -> str:
        """The token of a request, whether it is good or not."""
        match = _CREDENTIAL.fullmatch(request.headers.get("authorization", ""))
        return match[1] if match else ""

    def _token(self, request: Request) -> str:
        token = self.credential(request)
        if not token:
            raise GitHubError(401, "Requires authentication")
        known = token in (self.options.token, self.options.forbidden_token)
        if not known and not self.installation_tokens.good(token):
            raise GitHubError(401, "Bad credentials")
        return token

    def _answer(self, request: Request, handler: Handler, token: str, *, free: bool) -> Response:
        try:
            if token == self.options.forbidden_token and not free:
                raise GitHubError(403, "Resource not accessible by personal access token")
            answer = handler(request)
            if answer.body is None:
                response = Response(status_code=204, headers=answer.headers)
            else:
                response = json_response(answer.body, answer.status, answer.headers)
        except GitHubError as refused:
            response = refused.response()
        if response.status_code == 200:
            tag = etag(bytes(response.body))
            if unchanged(request, tag):
                return Response(status_code=304, headers={"ETag": tag})
            response.headers["ETag"] = tag
        if free:
            return response
        if self._quota.exhausted(token):
            return GitHubError(403, "API rate limit exceeded for user ID 1.").response()
        self._quota.use(token)
        return response


def paged(
    request: Request,
    rows: Sequence[_T],
    *,
    default: int = DEFAULT_PAGE_SIZE,
    largest: int = LARGEST_PAGE_SIZE,
) -> tuple[Sequence[_T], dict[str, str]]:
    """The rows of the page that was asked for, and its `Link` header."""
    page = max(1, _number(request, "page", 1))
    size = min(largest, max(1, _number(request, "per_page", default)))
    last = max(1, -(-len(rows) // size))
    relations: list[tuple[str, int]] = []
    if page > 1:
        relations += [("prev", min(page - 1, last)), ("first", 1)]
    if page < last:
        relations += [("next", page + 1), ("last", last)]
    links = ", ".join(
        f'<{request.url.include_query_params(page=number)}>; rel="{relation}"'
        for relation, number in relations
    )
    return rows[(page - 1) * size : page * size], {"Link": links} if links else {}


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _rate_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(allowance.limit),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Used": str(allowance.used),
        "X-RateLimit-Reset": str(allowance.reset),
        "X-RateLimit-Resource": "core",
    }
