"""GitHub's API Insights: request statistics of an organization over a time range."""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from exporter.model import HOUR, MINUTE, floor
from exporter.simulator.answers import BadTimeError, format_seconds, parse_milliseconds
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest, paged
from exporter.simulator.world.traffic import BUCKET, Unit
from exporter.simulator.world.world import World

ACTOR_TYPES = {
    "installation": "installations",
    "classic_pat": "classic_pats",
    "fine_grained_pat": "fine_grained_pats",
    "oauth_app": "oauth_apps",
    "github_app_user_to_server": "github_apps_user_to_server",
}
INCREMENTS = {"5m": 5 * MINUTE, "10m": 10 * MINUTE, "1h": HOUR}
DEFAULT_SORT = "total_request_count"

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_COMMON_SORTS = (
    "last_rate_limited_timestamp",
    "last_request_timestamp",
    "rate_limited_request_count",
    "total_request_count",
)


@dataclass(slots=True)
class _Statistics:
    """The sums of one row of an answer."""

    first: Unit
    total: int = 0
    limited: int = 0
    last_request: int = 0
    last_limited: int = 0

    def add(self, unit: Unit) -> None:
        self.total += unit.total
        self.limited += unit.limited
        self.last_request = max(self.last_request, unit.last_request)
        if unit.last_limited is not None:
            self.last_limited = max(self.last_limited, unit.last_limited)

    def fields(self) -> dict[str, Any]:
        return {
            "total_request_count": self.total,
            "rate_limited_request_count": self.limited,
            "last_request_timestamp": format_seconds(self.last_request),
            "last_rate_limited_timestamp": (
                format_seconds(self.last_limited) if self.last_limited else None
            ),
        }


Belongs = Callable[[Unit], bool]


class InsightsApi:
    """The nine endpoints; a range takes the buckets that start in [min, max)."""

    def __init__(self, world: World, rest: GitHubRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        scopes = ("", "/users/{user_id}", "/{actor_type}/{actor_id}")
        return [
            self._route("/subject-stats", self._subjects),
            self._route("/route-stats/{actor_type}/{actor_id}", self._routes),
            self._route("/user-stats/{user_id}", self._user),
            *(self._route(f"/summary-stats{scope}", self._summary) for scope in scopes),
            *(self._route(f"/time-stats{scope}", self._times) for scope in scopes),
        ]

    def _route(self, path: str, answer: Callable[[Request], Answer]) -> Route:
        def of_organization(request: Request) -> Answer:
            if request.path_params["org"].lower() != self._world.organization:
                raise GitHubError(404, "Not Found")
            return answer(request)

        return Route(f"/orgs/{{org}}/insights/api{path}", self._rest.endpoint(of_organization))

    def _subjects(self, request: Request) -> Answer:
        rows = []
        for statistics in self._grouped(
            request, lambda unit: (unit.caller.subject_type, unit.caller.subject_id)
        ):
            caller = statistics.first.caller
            row = {
                "subject_type": caller.subject_type,
                "subject_id": caller.subject_id,
                "subject_name": caller.subject_name,
            }
            rows.append(row | statistics.fields())
        return _listed(request, rows, "subject_name", {"subject_name": "subject_name"})

    def _routes(self, request: Request) -> Answer:
        rows = [
            {"http_method": statistics.first.method, "api_route": statistics.first.route}
            | statistics.fields()
            for statistics in self._grouped(request, lambda unit: (unit.method, unit.route))
        ]
        sorts = {"http_method": "http_method", "api_route": "api_route"}
        return _listed(request, rows, "api_route", sorts)

    def _user(self, request: Request) -> Answer:
        rows = []
        for statistics in self._grouped(
            request, lambda unit: (unit.caller.actor_type, unit.caller.actor_id)
        ):
            caller = statistics.first.caller
            row: dict[str, Any] = {
                "actor_type": caller.actor_type,
                "actor_id": caller.actor_id,
                "actor_name": caller.actor_name,
            }
            if caller.integration_id is not None:
                row["integration_id"] = caller.integration_id
            if caller.oauth_application_id is not None:
                row["oauth_application_id"] = caller.oauth_application_id
            rows.append(row | statistics.fields())
        # The documented sort value really is subject_name, though the rows are actors.
        return _listed(request, rows, "actor_name", {"subject_name": "actor_name"})

    def _summary(self, request: Request) -> Answer:
        total = limited = 0
        for _, units in self._units(request):
            for unit in units:
                total += unit.total
                limited += unit.limited
        return Answer({"total_request_count": total, "rate_limited_request_count": limited})

    def _times(self, request: Request) -> Answer:
        increment = INCREMENTS.get(request.query_params.get("timestamp_increment", ""))
        if increment is None:
            raise GitHubError(422, f"timestamp_increment must be one of {', '.join(INCREMENTS)}")
        start, end = self._range(request)
        first_bucket = -(-max(start, self._world.first) // BUCKET) * BUCKET
        slots = {
            floor(bucket, increment): [0, 0]
            for bucket in range(first_bucket, min(end, int(self._world.clock.time())), BUCKET)
        }
        for bucket, units in self._units(request):
            if not units:
                continue
            slot = slots.setdefault(floor(bucket, increment), [0, 0])
            for unit in units:
                slot[0] += unit.total
                slot[1] += unit.limited
        return Answer(
            [
                {
                    "timestamp": format_seconds(moment),
                    "total_request_count": total,
                    "rate_limited_request_count": limited,
                }
                for moment, (total, limited) in sorted(slots.items())
            ]
        )

    def _grouped(self, request: Request, key: Callable[[Unit], Hashable]) -> Sequence[_Statistics]:
        groups: dict[Hashable, _Statistics] = {}
        for _, units in self._units(request):
            for unit in units:
                name = key(unit)
                statistics = groups.get(name)
                if statistics is None:
                    statistics = groups[name] = _Statistics(unit)
                statistics.add(unit)
        return list(groups.values())

    def _units(self, request: Request) -> Iterator[tuple[int, Sequence[Unit]]]:
        start, end = self._range(request)
        belongs = self._scope(request)
        as_of = self._world.clock.time()
        for bucket, units in self._world.traffic.visible(start, end, as_of):
            yield bucket, units if belongs is None else [u for u in units if belongs(u)]

    def _range(self, request: Request) -> tuple[int, int]:
        start = _timestamp(request, "min_timestamp")
        if start is None:
            raise GitHubError(422, "min_timestamp is required")
        end = _timestamp(request, "max_timestamp")
        return start, int(self._world.clock.time()) if end is None else end

    def _scope(self, request: Request) -> Belongs | None:
        parameters = request.path_params
        if "user_id" in parameters:
            user_id = _identifier(parameters["user_id"])
            if not any(
                caller.subject_type == "user" and caller.subject_id == user_id
                for caller in self._world.traffic.callers()
            ) and not any(one.numeric_id == user_id for one in self._world.developers):
                raise GitHubError(404, "Not Found")
            return lambda unit: (
                unit.caller.subject_id == user_id and unit.caller.subject_type == "user"
            )
        if "actor_type" in parameters:
            actor_type = self._actor_type(parameters["actor_type"])
            actor_id = _identifier(parameters["actor_id"])
            return lambda unit: (
                unit.caller.actor_id == actor_id and unit.caller.actor_type == actor_type
            )
        return None

    def _actor_type(self, name: str) -> str:
        accepted = self._rest.options.actor_types
        for singular, plural in ACTOR_TYPES.items():
            if (name == singular and accepted != "plural") or (
                name == plural and accepted != "singular"
            ):
                return singular
        raise GitHubError(404, "Not Found")


def _timestamp(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not _TIMESTAMP.fullmatch(text):
        raise GitHubError(422, f"{name} must be YYYY-MM-DDTHH:MM:SSZ, not {text!r}")
    try:
        return parse_milliseconds(text) // 1000
    except BadTimeError as error:
        raise GitHubError(422, f"{name}: {error}") from error


def _identifier(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise GitHubError(404, "Not Found")
    return int(text)


def _listed(
    request: Request, rows: list[dict[str, Any]], name: str, sorts: dict[str, str]
) -> Answer:
    """Filter by substring, sort and cut to the page that was asked for."""
    substring = request.query_params.get(f"{name}_substring", "").lower()
    rows = [row for row in rows if substring in row[name].lower()]
    direction = request.query_params.get("direction", "desc")
    if direction not in ("asc", "desc"):
        raise GitHubError(422, f"direction must be asc or desc, not {direction!r}")
    known = {sort: sort for sort in _COMMON_SORTS} | sorts
    asked = [
        sort
        for key in ("sort", "sort[]")
        for value in request.query_params.getlist(key)
        for sort in value.split(",")
    ] or [DEFAULT_SORT]
    for sort in asked:
        if sort not in known:
            raise GitHubError(422, f"sort must be one of {', '.join(sorted(known))}, not {sort!r}")
    # A total order first, so that equal rows stay on their pages.
    rows.sort(key=lambda row: [str(value) for value in row.values()])
    rows.sort(
        key=lambda row: [_sortable(row[known[sort]]) for sort in asked],
        reverse=direction == "desc",
    )
    page, headers = paged(request, rows)
    return Answer(page, headers)


def _sortable(value: str | int | None) -> tuple[int, str]:
    return (value, "") if isinstance(value, int) else (0, value or "")
