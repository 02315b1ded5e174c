"""GitHub's closed Copilot usage API, for tests of servers that still speak it."""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, floor
from exporter.simulator.answers import BadTimeError, parse_milliseconds
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest, paged
from exporter.simulator.world.legacy_copilot import Code, PersonDay, breakdown, told_breakdown
from exporter.simulator.world.world import World

DAYS = 28


class LegacyCopilotApi:
    """The days of the enterprise, the organization and their teams; closed unless the options say."""

    def __init__(self, world: World, rest: GitHubRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL; none of a closed API."""
        if not self._rest.options.legacy_copilot:
            return []
        return [
            Route(f"{scope}{team}/copilot/usage", self._rest.endpoint(self._answer))
            for scope in ("/orgs/{org}", "/enterprises/{enterprise}")
            for team in ("", "/team/{team_slug}")
        ]

    def _answer(self, request: Request) -> Answer:
        since, until = self._range(request)
        people = self._world.legacy_copilot.told(
            since, until, self._team(request), self._world.clock.time()
        )
        rows = [_day(start, persons) for start, persons in people]
        shown, headers = paged(request, rows, default=DAYS, largest=DAYS)
        return Answer(shown, headers)

    def _team(self, request: Request) -> str | None:
        known = {"org": self._world.organization, "enterprise": self._world.enterprise}
        for scope, name in known.items():
            if request.path_params.get(scope, name).lower() != name:
                raise GitHubError(404, "Not Found")
        team: str | None = request.path_params.get("team_slug")
        if team is not None and team not in self._world.legacy_copilot.teams:
            raise GitHubError(404, "Not Found")
        return team

    def _range(self, request: Request) -> tuple[float, float]:
        """The moments that were asked for; by default and at most so many days back."""
        now = self._world.clock.time()
        oldest = floor(now, DAY) - DAYS * DAY
        since = _moment(request, "since", oldest)
        until = _moment(request, "until", now)
        if since < oldest or until < since:
            raise GitHubError(422, f"since must lie within {DAYS} days, and until after it")
        return floor(since, DAY), until + 1


def _moment(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return parse_milliseconds(text) / 1000
    except BadTimeError as error:
        raise GitHubError(422, f"{name}: {error}") from error


def _date(day: int) -> str:
    return datetime.fromtimestamp(day, UTC).date().isoformat()


def _day(day: int, people: Sequence[PersonDay]) -> dict[str, Any]:
    rows = breakdown(people)
    told = told_breakdown(day, rows)
    total = functools.reduce(Code.plus, rows.values(), Code())
    return {
        "day": _date(day),
        "total_suggestions_count": total.suggestions,
        "total_acceptances_count": total.acceptances,
        "total_lines_suggested": total.lines_suggested,
        "total_lines_accepted": total.lines_accepted,
        "total_active_users": sum(1 for person in people if person.code),
        "total_chat_acceptances": sum(person.insertions for person in people),
        "total_chat_turns": sum(person.chats for person in people),
        "total_active_chat_users": sum(1 for person in people if person.chats),
        "breakdown": None
        if told is None
        else [
            {
                "language": language,
                "editor": editor,
                "suggestions_count": code.suggestions,
                "acceptances_count": code.acceptances,
                "lines_suggested": code.lines_suggested,
                "lines_accepted": code.lines_accepted,
                "active_users": sum(
                    1 for person in people if person.editor == editor and language in person.code
                ),
            }
            for (language, editor), code in sorted(told.items())
        ],
    }
