"""What all of Tabnine's endpoints share: tokens, parameters, pages, errors and the limit."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from exporter.model import MINUTE
from exporter.simulator.answers import BadTimeError, json_response, parse_milliseconds
from exporter.simulator.quota import Quota

LARGEST_PAGE = 200

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Installation:
    """What a token meets: the rights of its role, the license and the product's version."""

    audit: bool = True
    license: Literal["valid", "expired", "missing"] = "valid"
    agent: bool = True
    legacy: bool = False
    """A version without v2, agent usage, index status and most of the organization's fields."""


@dataclass(frozen=True, slots=True)
class TabnineOptions:
    """Where the documentation leaves room; a suffix to the token chooses another installation."""

    token: str = "sim-tabnine-token"  # noqa: S105 - a made-up credential for loopback
    requests_per_minute: int | None = None
    audit_path: Literal["both", "hyphen", "underscore"] = "both"
    csv_switch: Literal["both", "format", "csv-format"] = "both"
    audit_page: Literal["items", "data"] = "items"
    agent_refusal: Literal[403, 500] = 403
    users_need_organization: bool = False
    empty_buckets: bool = True
    models_by_day: bool = False
    v1_until: float | None = None
    """When the product was updated to the version that leaves v1 behind."""

    @property
    def installations(self) -> dict[str, Installation]:
        """The installations by token."""
        return {
            self.token: Installation(),
            f"{self.token}-without-audit": Installation(audit=False),
            f"{self.token}-without-license": Installation(license="missing"),
            f"{self.token}-expired": Installation(license="expired"),
            f"{self.token}-without-agent": Installation(agent=False),
            f"{self.token}-legacy": Installation(legacy=True),
        }


Handler: TypeAlias = Callable[[Request, Installation], Response]


class TabnineError(Exception):
    """A refusal, in one of the three forms that are seen."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """The refusal as an answer."""
        return json_response(self.body, self.status, headers)


def flat_error(status: int, error: str, message: str, request_id: str = "") -> TabnineError:
    body = {"error": error, "message": message, "status": status}
    return TabnineError(status, {**body, "requestId": request_id} if request_id else body)


def plain_error(status: int, message: str) -> TabnineError:
    return TabnineError(status, {"message": message, "status": status})


def validation_error(*errors: str, status: int = 400) -> TabnineError:
    nested = {"message": "Validation Error", "errors": list(errors), "status": status}
    return TabnineError(status, {"error": nested})


class TabnineRest:
    """Guards endpoints: the token first, then the limit if there is one."""

    def __init__(self, options: TabnineOptions, wall: Callable[[], float] = time.time) -> None:
        self.options = options
        self._installations = options.installations
        self._quota = Quota(options.requests_per_minute, MINUTE, wall, aligned=False)

    def endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint around `handler`."""

        async def endpoint(request: Request) -> Response:
            try:
                token, installation = self._authorize(request)
                if self._quota.exhausted(token):
                    refusal = flat_error(429, "too_many_requests", "Rate limit exceeded")
                    return refusal.response({"Retry-After": str(self._quota.wait(token))})
                self._quota.use(token)
                return handler(request, installation)
            except TabnineError as refused:
                return refused.response()

        return endpoint

    def _authorize(self, request: Request) -> tuple[str, Installation]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        installation = self._installations.get(token.strip())
        if scheme.lower() != "bearer" or installation is None:
            raise flat_error(401, "unauthorized", "Unauthorized: Invalid token.")
        return token.strip(), installation


def organization_parameter(request: Request, organization_id: str) -> None:
    """Refuse a missing or wrong `organizationId` with the 401 that is not about the token."""
    if request.query_params.get("organizationId") != organization_id:
        raise flat_error(401, "unauthorized", "Unauthorized: Invalid organization.")


def required(request: Request, name: str) -> str:
    """A query parameter that must be there."""
    value = request.query_params.get(name)
    if not value:
        raise validation_error(f"{name}: Required")
    return value


def moment(request: Request, name: str) -> float:
    """The Unix time of a required query parameter."""
    try:
        return parse_milliseconds(required(request, name)) / 1000
    except BadTimeError as error:
        raise validation_error(f"{name}: Invalid datetime") from error


def optional_moment(request: Request, name: str, default: float) -> float:
    return moment(request, name) if name in request.query_params else default


def page_parameters(
    request: Request, default: int | None = None, largest: int = LARGEST_PAGE
) -> tuple[int, int]:
    """`limit` and `offset`; without a default they must be there."""
    numbers = {"offset": math.nan, "limit": math.nan}
    if default is not None:
        numbers = {"offset": 0, "limit": default}
    for name in numbers:
        text = request.query_params.get(name)
        if text is not None:
            numbers[name] = int(text) if text.isascii() and text.isdigit() else math.nan
    errors = [
        f"{name}: Expected number, received nan"
        for name, number in numbers.items()
        if math.isnan(number)
    ]
    if errors:
        raise validation_error(*errors)
    if numbers["limit"] < 1:
        raise validation_error("limit: Number must be greater than or equal to 1")
    return min(largest, int(numbers["limit"])), int(numbers["offset"])


def paged(
    rows: Sequence[_T],
    limit: int,
    offset: int,
    to_json: Callable[[_T], dict[str, Any]],
    *,
    null_at_end: bool = False,
) -> dict[str, Any]:
    """A page; at the end `next` is left out, or null where a list does that."""
    page = rows[offset : offset + limit]
    meta: dict[str, Any] = {"count": len(page), "total": len(rows)}
    if offset + limit < len(rows):
        meta["next"] = {"limit": limit, "offset": offset + limit}
    elif null_at_end:
        meta["next"] = None
    return {"data": [to_json(row) for row in page], "meta": meta}
