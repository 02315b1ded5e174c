"""Cursor's lists of events in numbered pages: Bugbot's reviews and the audit log."""

import re
from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY
from exporter.simulator.answers import format_milliseconds, json_response
from exporter.simulator.cursor.rest import CursorRest, RefusedError, cached, moment, number
from exporter.simulator.world.bugbot import Review
from exporter.simulator.world.team_audit import TeamAuditEvent
from exporter.simulator.world.world import World

LONGEST = 30 * DAY * 1000
REVIEWS_A_PAGE, EVENTS_A_PAGE = 250, 500

E = TypeVar("E")

_UNIX = re.compile(r"\d{10}(\d{3})?", re.ASCII)


class EventsApi:
    """Newest first, as Cursor lists them."""

    def __init__(self, world: World, rest: CursorRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        reviews = self._rest.endpoint(self._reviews, 100, group="analytics", scope="read:*")
        return [
            Route("/analytics/team/bugbot-reviews", reviews),
            Route("/teams/audit-logs", self._rest.endpoint(self._audit_log, 20)),
        ]

    async def _reviews(self, request: Request) -> Response:
        day = DAY * 1000
        start, last = (ms // day * day for ms in self._range(request, "startDate", "endDate"))
        found = self._world.reviews.between(start, last + day, self._world.clock.time())
        found.reverse()
        response = page_of(request, "data", "totalItems", REVIEWS_A_PAGE, found, _review)
        return cached(request, response, bytes(response.body))

    async def _audit_log(self, request: Request) -> Response:
        found = self.audited(request)
        found.reverse()
        return page_of(request, "events", "totalCount", EVENTS_A_PAGE, found, audit_event)

    def audited(self, request: Request) -> list[TeamAuditEvent]:
        """The audit events that a request asks for, oldest first."""
        start, end = self._range(request, "startTime", "endTime")
        return self._world.team_audit.between(start, end, self._world.clock.time())

    def _range(self, request: Request, first: str, last: str) -> tuple[int, int]:
        now_ms = int(self._world.clock.time() * 1000)
        query = request.query_params
        start, end = (
            _moment(name, query.get(name, default), now_ms)
            for name, default in ((first, "7d"), (last, "now"))
        )
        if end - start > LONGEST:
            raise RefusedError(400, "Bad Request", "Date range cannot exceed 30 days")
        return start, end


def _moment(name: str, text: str, now_ms: int) -> int:
    if _UNIX.fullmatch(text):
        return int(text) * (1 if len(text) > 10 else 1000)
    return moment(name, text, now_ms)


def page_of(
    request: Request,
    name: str,
    total: str,
    largest: int,
    events: Sequence[E],
    shown: Callable[[E], dict[str, Any]],
) -> Response:
    """The page that a query asks for of these rows, which are called `name`, and their number `total`."""
    query = request.query_params
    page = max(1, number("page", query.get("page"), 1))
    size = max(1, min(largest, number("pageSize", query.get("pageSize"), 100)))
    pages = ceil(len(events) / size)
    rows = events[(page - 1) * size : page * size]
    pagination = {
        "page": page,
        "pageSize": size,
        total: len(events),
        "totalPages": pages,
        "hasNextPage": page < pages,
        "hasPreviousPage": page > 1,
    }
    return json_response(
        {name: [shown(row) for row in rows], "pagination": pagination, "params": {"teamId": 1}}
    )


def _review(review: Review) -> dict[str, Any]:
    found = {
        "request_id": review.id,
        "timestamp": format_milliseconds(review.created_ms),
        "repo": review.repository,
        "repo_node_id": None,
        "pr_number": review.pull_request,
        "commit_sha": None,
        "bugs_found": review.bugs_found,
        "cost_cents": review.cost_cents,
        "dry_run": False,
        "publication_status": "published",
        "bugs": [
            {"comment_id": f"c{place}", "resolution_status": "open", "severity": severity}
            for place, severity in enumerate(review.severities)
        ],
    }
    return found if review.billed is None else found | {"billed": review.billed}


def audit_event(event: TeamAuditEvent) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "timestamp": format_milliseconds(event.created_ms),
        "ip_address": "203.0.113.7",
        "user_email": event.email,
        "event_type": event.type,
        "event_data": {},
    }
