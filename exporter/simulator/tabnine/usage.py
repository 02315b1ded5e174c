"""Tabnine's usage endpoints: v1, v2 and agent usage of the organization, a team or a user."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds, json_response
from exporter.simulator.tabnine.fields import Tally, agent_fields, v1_fields, v2_fields
from exporter.simulator.tabnine.rest import (
    Installation,
    TabnineError,
    TabnineRest,
    moment,
    organization_parameter,
    plain_error,
    required,
    validation_error,
)
from exporter.simulator.world.assistance import NOTHING
from exporter.simulator.world.world import World

_WHOLE_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", re.ASCII)


class _Bucket(NamedTuple):
    start: int
    end: int
    tally: Tally


class _Asked(NamedTuple):
    whose: dict[str, str]
    people: Iterable[int]
    start: float
    end: float
    granularity: str


class UsageApi:
    """The usage endpoints, below the API's base URL."""

    def __init__(self, world: World, rest: TabnineRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """Three kinds of usage for each of three scopes."""
        kinds = (
            ("/api/v1/{scope}/usage", self._v1),
            ("/api/v2/{scope}/usage", self._v2),
            ("/api/v1/{scope}/agent-usage", self._agent),
        )
        return [
            Route(path.format(scope=scope), self._rest.endpoint(handler))
            for path, handler in kinds
            for scope in ("organization", "team", "user")
        ]

    def _v1(self, request: Request, installation: Installation) -> Response:
        asked = self._asked(request)
        until = self._rest.options.v1_until
        end = asked.end if until is None else min(asked.end, until)
        buckets = self._buckets(asked._replace(end=end))
        if asked.granularity == "all":
            # Both ends of this bucket are the end of what was asked for.
            last = int(asked.end)
            buckets = (bucket._replace(start=last, end=last) for bucket in buckets)
        return self._answer(
            asked, buckets, lambda bucket: v1_fields(bucket.tally, legacy=installation.legacy)
        )

    def _v2(self, request: Request, installation: Installation) -> Response:
        if installation.legacy:
            raise plain_error(404, "Not Found")
        asked = self._asked(request)
        models = asked.granularity == "all" or self._rest.options.models_by_day
        return self._answer(
            asked, self._buckets(asked), lambda bucket: v2_fields(bucket.tally, models=models)
        )

    def _agent(self, request: Request, installation: Installation) -> Response:
        if installation.legacy:
            raise plain_error(404, "Not Found")
        if not installation.agent:
            body = {
                "error": "FEATURE_NOT_AVAILABLE",
                "message": "The Agent feature is not part of this account's license.",
            }
            raise TabnineError(self._rest.options.agent_refusal, body)
        if "startDate" in request.query_params:
            raise plain_error(500, "Internal Server Error")
        asked = self._asked(request)
        for name in ("from", "to"):
            if not _WHOLE_SECONDS.fullmatch(request.query_params[name]):
                raise validation_error(f"{name}: Invalid datetime")
        return self._answer(asked, self._buckets(asked), lambda bucket: agent_fields(bucket.tally))

    def _asked(self, request: Request) -> _Asked:
        membership = self._world.membership
        organization_parameter(request, membership.organization_id)
        start, end = moment(request, "from"), moment(request, "to")
        granularity = required(request, "granularity")
        if granularity not in ("all", "daily", "weekly", "monthly"):
            raise validation_error(f"granularity: Invalid enum value, received '{granularity}'")
        whose = {"organizationId": membership.organization_id}
        people: Iterable[int] = range(len(membership.members))
        scope = request.url.path.rsplit("/", 2)[1]
        if scope == "team":
            whose["teamId"] = required(request, "teamId")
            team = membership.team(whose["teamId"])
            if team is None:
                raise plain_error(404, "Team not found")
            people = membership.of_team(team)
        elif scope == "user":
            whose["userId"] = required(request, "userId")
            person = membership.person(whose["userId"])
            if person is None:
                raise plain_error(404, "User not found")
            people = (person,)
        return _Asked(whose, people, start, end, granularity)

    def _answer(
        self,
        asked: _Asked,
        buckets: Iterable[_Bucket],
        fields: Callable[[_Bucket], dict[str, Any]],
    ) -> Response:
        data = [
            {
                "from": format_seconds(bucket.start),
                "to": format_seconds(bucket.end),
                **fields(bucket),
            }
            for bucket in buckets
            if bucket.tally or self._rest.options.empty_buckets
        ]
        return json_response(
            {
                **asked.whose,
                "from": format_seconds(int(asked.start)),
                "to": format_seconds(int(asked.end)),
                "usage": {"granularity": asked.granularity, "data": data},
            }
        )

    def _buckets(self, asked: _Asked) -> Iterator[_Bucket]:
        """Oldest first; a day belongs to the range that holds its start."""
        as_of = self._world.clock.time()
        assistance = self._world.assistance
        bucket: _Bucket | None = None
        for day in assistance.days(asked.start, asked.end, as_of):
            start, end = _ends(asked, day)
            if bucket is None or bucket.start != start:
                if bucket is not None:
                    yield bucket
                bucket = _Bucket(start, end, {})
            for person, figures in assistance.told(day, asked.people, as_of):
                bucket.tally[person] = bucket.tally.get(person, NOTHING).plus(figures)
        if bucket is not None:
            yield bucket


def _ends(asked: _Asked, day: int) -> tuple[int, int]:
    date = datetime.fromtimestamp(day, UTC)
    if asked.granularity == "all":
        return int(asked.start), int(asked.end)
    if asked.granularity == "weekly":
        first = date - timedelta(days=date.weekday())
        after = first + timedelta(days=7)
    elif asked.granularity == "monthly":
        first = date.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        first, after = date, date + timedelta(days=1)
    return int(first.timestamp()), int(after.timestamp())
