"""Tabnine's audit logs: a list that grows at its head, as pages of JSON or CSV."""

import csv
import io
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds, json_response
from exporter.simulator.tabnine.rest import (
    Installation,
    TabnineRest,
    flat_error,
    optional_moment,
    page_parameters,
    paged,
    plain_error,
    validation_error,
)
from exporter.simulator.world.audit import AuditEvent
from exporter.simulator.world.world import World

DEFAULT_PAGE = 50
LARGEST_PAGE = 1000
_HEADER = (
    *("id", "timestamp", "eventType", "actorId", "actorType", "actorEmail"),
    *("resourceType", "resourceId", "resourceName", "metadata"),
)


class AuditApi:
    """The audit logs under both spellings of their path."""

    def __init__(self, world: World, rest: TabnineRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        spellings = {"hyphen": "audit-logs", "underscore": "audit_logs"}
        return [
            Route(f"/api/v1/organization/{path}", self._rest.endpoint(self._audit_logs))
            for name, path in spellings.items()
            if self._rest.options.audit_path in ("both", name)
        ]

    def _audit_logs(self, request: Request, installation: Installation) -> Response:
        if not installation.audit:
            raise flat_error(403, "forbidden", "Insufficient permissions", "req_0001")
        limit, offset = page_parameters(request, DEFAULT_PAGE, largest=LARGEST_PAGE + 1)
        if limit > LARGEST_PAGE:
            raise validation_error(f"limit: Number must be less than or equal to {LARGEST_PAGE}")
        events = self._select(request)
        if self._wants_csv(request):
            return _csv(events[offset : offset + limit])
        if self._rest.options.audit_page == "data":
            return json_response(paged(events, limit, offset, _to_json))
        return json_response(
            {
                "items": [_to_json(event) for event in events[offset : offset + limit]],
                "total": len(events),
                "limit": limit,
                "offset": offset,
            }
        )

    def _select(self, request: Request) -> list[AuditEvent]:
        now = self._world.clock.time()
        start = optional_moment(request, "from", self._world.first)
        end = optional_moment(request, "to", now + 1)
        events = self._world.audit.between(int(start * 1000), int(end * 1000), now)
        events.sort(key=lambda event: event[:2])
        for name, value in request.query_params.items():
            if name in _FILTERS:
                events = [event for event in events if _FILTERS[name](event) == value]
        order = request.query_params.get("sort", "desc")
        if order not in ("asc", "desc"):
            raise validation_error(f"sort: Invalid enum value, received '{order}'")
        return events if order == "asc" else events[::-1]

    def _wants_csv(self, request: Request) -> bool:
        switch, parameters = self._rest.options.csv_switch, request.query_params
        if switch != "csv-format" and "format" in parameters:
            if parameters["format"] not in ("json", "csv"):
                raise plain_error(400, "Unknown format")
            return parameters["format"] == "csv"
        return switch != "format" and "csv-format" in parameters


_FILTERS = {
    "eventType": lambda event: event.type,
    "actorId": lambda event: event.actor and event.actor.id,
    "actorEmail": lambda event: event.actor and event.actor.email,
    "resourceType": lambda event: event.resource_type,
    "resourceId": lambda event: event.resource_id,
}


def _metadata(event: AuditEvent) -> dict[str, str | None]:
    metadata = {} if event.user_id is None else {"userId": event.user_id}
    return {**metadata, "oldValue": event.before, "newValue": event.after}


def _to_json(event: AuditEvent) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": event.id,
        "timestamp": format_seconds(event.created_ms // 1000),
        "eventType": event.type,
    }
    if event.actor is None:
        return row
    return row | {
        "actor": {
            "id": event.actor.id,
            "type": "user",
            "email": event.actor.email,
            "displayName": event.actor.email.partition("@")[0],
        },
        "resource": {
            "id": event.resource_id,
            "type": event.resource_type,
            "name": event.resource_name,
        },
        "metadata": _metadata(event),
        "request": {
            "ipAddress": "203.0.113.42",
            "userAgent": "Mozilla/5.0",
            "clientId": None,
            "requestId": f"req_{event.id}",
        },
    }


def _csv(events: list[AuditEvent]) -> Response:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for event in events:
        actor = event.actor
        writer.writerow(
            (
                event.id,
                format_seconds(event.created_ms // 1000),
                event.type,
                actor.id if actor else "",
                "user" if actor else "",
                actor.email if actor else "",
                event.resource_type,
                event.resource_id,
                event.resource_name or "",
                msgspec.json.encode(_metadata(event)).decode() if actor else "",
            )
        )
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8")
