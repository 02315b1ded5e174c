"""Cursor's AI Code Tracking API: commits and changes, as pages of JSON and streams of CSV."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import json_response
from exporter.simulator.cursor.rest import CursorRest, cached, moment, number
from exporter.simulator.cursor.rows import CHANGES, COMMITS, COMMITS_WITH_SOURCE, RowFormat
from exporter.simulator.world.changes import Change
from exporter.simulator.world.commits import Commit
from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.world import World

DEFAULT_DAYS = 7
DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000
CSV_SLICE = 500

_E = TypeVar("_E", Commit, Change)


@dataclass(frozen=True, slots=True)
class _Query:
    start_ms: int
    end_ms: int
    page: int
    page_size: int
    user_id: str | None


class TrackingApi:
    """AI code tracking of one team; the limit holds for each endpoint."""

    def __init__(self, world: World, rest: CursorRest) -> None:
        self._options = rest.options
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
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
        ]

    def _endpoint(
        self,
        listing: "_Listing[_E]",
        answer: Callable[[Request, "_Listing[_E]", Sequence[_E], _Query], Response],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            query = self._query(request)
            return answer(request, listing, self._select(listing, query), query)

        return self._rest.endpoint(answered, self._options.requests_per_minute or 0)

    def _query(self, request: Request) -> _Query:
        parameters = request.query_params
        now_ms = int(self._world.clock.time() * 1000)
        return _Query(
            start_ms=moment("startDate", parameters.get("startDate", f"{DEFAULT_DAYS}d"), now_ms),
            # What is there at this very moment belongs to a range that ends now.
            end_ms=moment("endDate", parameters.get("endDate", "now"), now_ms + 1),
            page=max(1, number("page", parameters.get("page"), 1)),
            page_size=min(
                LARGEST_PAGE_SIZE,
                max(1, number("pageSize", parameters.get("pageSize"), DEFAULT_PAGE_SIZE)),
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
        return cached(request, response, bytes(response.body))

    def _csv(
        self, request: Request, listing: "_Listing[_E]", rows: Sequence[_E], _query: _Query
    ) -> Response:
        response = StreamingResponse(
            _csv_slices(listing.format, rows), media_type="text/csv; charset=utf-8"
        )
        return cached(request, response, msgspec.msgpack.encode(rows))


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


def _commit_moment(row: Commit | Change) -> int:
    commit_ms = row.commit_ms if isinstance(row, Commit) else None
    return row.created_ms if commit_ms is None else commit_ms
