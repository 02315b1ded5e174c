"""Cursor's AI Code Tracking API: commits and changes, as pages of JSON and streams of CSV."""

import base64
import binascii
import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, MINUTE
from exporter.simulator.answers import (
    BadTimeError,
    etag,
    json_response,
    parse_milliseconds,
    unchanged,
)
from exporter.simulator.cursor.rows import CHANGES, COMMITS, COMMITS_WITH_SOURCE, RowFormat
from exporter.simulator.quota import Quota
from exporter.simulator.world.changes import Change
from exporter.simulator.world.commits import Commit
from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.world import World

DEFAULT_DAYS = 7
DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000
CSV_SLICE = 500
CACHE_CONTROL = "public, max-age=900"

_RELATIVE = re.compile(r"(\d{1,4})d", re.ASCII)
_E = TypeVar("_E", Commit, Change)


@dataclass(frozen=True, slots=True)
class CursorOptions:
    """Where the documentation leaves room, or the team's plan decides."""

    key: str = "sim-cursor-key"
    key_without_plan: str = "sim-cursor-key-without-enterprise"
    requests_per_minute: int | None = 5
    retry_after: bool = False
    commit_source: bool = True
    date_column: Literal["createdAt", "commitTs"] = "createdAt"


@dataclass(frozen=True, slots=True)
class _Query:
    start_ms: int
    end_ms: int
    page: int
    page_size: int
    user_id: str | None


class _RefusedError(Exception):
    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error

    def response(self, headers: dict[str, str] | None = None) -> Response:
        return json_response({"error": self.error, "message": str(self)}, self.status, headers)


class CursorApi:
    """Answers for one team; the limit holds for each endpoint."""

    def __init__(self, world: World, options: CursorOptions, wall: Callable[[], float]) -> None:
        self._options = options
        self._world = world
        self._quota = Quota(self._options.requests_per_minute, MINUTE, wall, aligned=True)

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        commits = _Listing(
            self._world.commits, COMMITS_WITH_SOURCE if self._options.commit_source else COMMITS
        )
        changes = _Listing(self._world.changes, CHANGES)
        base = "/analytics/ai-code"
        return [
            Route(f"{base}/commits", self._endpoint(commits, self._page)),
            Route(f"{base}/commits.csv", self._endpoint(commits, self._csv)),
            Route(f"{base}/changes", self._endpoint(changes, self._page)),
            Route(f"{base}/changes.csv", self._endpoint(changes, self._csv)),
            Route("/{path:path}", _not_found),
        ]

    def _endpoint(
        self,
        listing: "_Listing[_E]",
        answer: Callable[[Request, "_Listing[_E]", Sequence[_E], _Query], Response],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            path = request.url.path
            try:
                self._authorize(request)
                query = self._query(request)
                response = answer(request, listing, self._select(listing, query), query)
                if response.status_code != 304:
                    self._spend(path)
            except _RefusedError as refused:
                headers = {}
                if refused.status == 429 and self._options.retry_after:
                    headers["Retry-After"] = str(self._quota.wait(path))
                return refused.response(headers)
            return response

        return endpoint

    def _authorize(self, request: Request) -> None:
        key = _basic_user(request.headers.get("authorization", ""))
        if key == self._options.key_without_plan:
            raise _RefusedError(403, "Forbidden", "Enterprise access required")
        if key != self._options.key:
            raise _RefusedError(401, "Unauthorized", "Invalid API key")

    def _spend(self, path: str) -> None:
        if self._quota.exhausted(path):
            raise _RefusedError(
                429, "Too Many Requests", "Rate limit exceeded. Please try again later."
            )
        self._quota.use(path)

    def _query(self, request: Request) -> _Query:
        parameters = request.query_params
        now_ms = int(self._world.clock.time() * 1000)
        return _Query(
            start_ms=_moment("startDate", parameters.get("startDate", f"{DEFAULT_DAYS}d"), now_ms),
            # What is there at this very moment belongs to a range that ends now.
            end_ms=_moment("endDate", parameters.get("endDate", "now"), now_ms + 1),
            page=max(1, _number("page", parameters.get("page"), 1)),
            page_size=min(
                LARGEST_PAGE_SIZE,
                max(1, _number("pageSize", parameters.get("pageSize"), DEFAULT_PAGE_SIZE)),
            ),
            user_id=self._user(parameters.get("user")),
        )

    def _user(self, name: str | None) -> str | None:
        if not name:
            return None
        for developer in self._world.developers:
            if name in (developer.email, str(developer.numeric_id)):
                return developer.user_id
        return name

    def _select(self, listing: "_Listing[_E]", query: _Query) -> Sequence[_E]:
        as_of = self._world.clock.time()
        if self._options.date_column == "createdAt":
            rows = listing.log.between(query.start_ms, query.end_ms, as_of)
        else:
            rows = [
                row
                for row in listing.log.between(query.start_ms, int(as_of * 1000) + 1, as_of)
                if query.start_ms <= _commit_moment(row) < query.end_ms
            ]
        if query.user_id is not None:
            rows = [row for row in rows if query.user_id in (row.user_id, row.user_email)]
        rows.reverse()
        return rows

    def _page(
        self, request: Request, listing: "_Listing[_E]", rows: Sequence[_E], query: _Query
    ) -> Response:
        first = (query.page - 1) * query.page_size
        response = json_response(
            {
                "items": [
                    listing.format.to_json(row) for row in rows[first : first + query.page_size]
                ],
                "totalCount": len(rows),
                "page": query.page,
                "pageSize": query.page_size,
            }
        )
        headers = {"ETag": etag(bytes(response.body)), "Cache-Control": CACHE_CONTROL}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        response.headers.update(headers)
        return response

    def _csv(
        self, request: Request, listing: "_Listing[_E]", rows: Sequence[_E], _query: _Query
    ) -> Response:
        headers = {"ETag": etag(repr(rows).encode()), "Cache-Control": CACHE_CONTROL}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return StreamingResponse(
            _csv_slices(listing.format, rows), headers=headers, media_type="text/csv; charset=utf-8"
        )


@dataclass(frozen=True, slots=True)
class _Listing(Generic[_E]):
    log: EventLog[_E]
    format: RowFormat[_E]


async def _csv_slices(form: RowFormat[_E], rows: Sequence[_E]) -> AsyncIterator[bytes]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(form.header)
    for first in range(0, len(rows), CSV_SLICE):
        writer.writerows(map(form.to_csv, rows[first : first + CSV_SLICE]))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()


async def _not_found(_request: Request) -> Response:
    return _RefusedError(404, "Not Found", "Unknown endpoint").response()


def _basic_user(authorization: str) -> str | None:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, _password = base64.b64decode(credentials, validate=True).partition(b":")
        return user.decode() if colon else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _moment(name: str, text: str, now_ms: int) -> int:
    if text in ("now", "0d"):
        return now_ms
    if relative := _RELATIVE.fullmatch(text):
        return now_ms - int(relative[1]) * DAY * 1000
    try:
        return parse_milliseconds(text)
    except BadTimeError as error:
        raise _RefusedError(400, "Bad Request", f"Invalid {name}: {error}") from error


def _number(name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise _RefusedError(400, "Bad Request", f"Invalid {name}: {text!r}") from error


def _commit_moment(row: Commit | Change) -> int:
    commit_ms = row.commit_ms if isinstance(row, Commit) else None
    return row.created_ms if commit_ms is None else commit_ms
