"""GitHub's two closed Copilot APIs, for tests of servers that still speak them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, floor
from exporter.simulator.answers import BadTimeError, parse_milliseconds
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest, paged
from exporter.simulator.world.legacy_copilot import (
    CUSTOM_MODELS,
    Code,
    PersonDay,
    breakdown,
    told_breakdown,
)
from exporter.simulator.world.world import World

USAGE_DAYS = 28
METRICS_DAYS = 100

_Day: TypeAlias = Callable[[int, Sequence[PersonDay]], dict[str, Any]]


class LegacyCopilotApi:
    """Both APIs of the enterprise, the organization and their teams; closed unless the options say."""

    def __init__(self, world: World, rest: GitHubRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL; none of a closed API."""
        if not self._rest.options.legacy_copilot:
            return []
        return [
            self._route(f"{scope}{team}/copilot/{name}", most, day)
            for scope in ("/orgs/{org}", "/enterprises/{enterprise}")
            for team in ("", "/team/{team_slug}")
            for name, most, day in (
                ("usage", USAGE_DAYS, _usage_day),
                ("metrics", METRICS_DAYS, _metrics_day),
            )
        ]

    def _route(self, path: str, most: int, day: _Day) -> Route:
        def answer(request: Request) -> Answer:
            since, until = self._range(request, most)
            people = self._world.legacy_copilot.told(
                since, until, self._team(request), self._world.clock.time()
            )
            rows = [day(start, persons) for start, persons in people]
            shown, headers = paged(request, rows, default=most, largest=most)
            return Answer(shown, headers)

        return Route(path, self._rest.endpoint(answer))

    def _team(self, request: Request) -> str | None:
        known = {"org": self._world.organization, "enterprise": self._world.enterprise}
        for scope, name in known.items():
            if request.path_params.get(scope, name).lower() != name:
                raise GitHubError(404, "Not Found")
        team: str | None = request.path_params.get("team_slug")
        if team is not None and team not in self._world.legacy_copilot.teams:
            raise GitHubError(404, "Not Found")
        return team

    def _range(self, request: Request, most: int) -> tuple[float, float]:
        """The moments that were asked for; by default and at most so many days back."""
        now = self._world.clock.time()
        oldest = floor(now, DAY) - most * DAY
        since = _moment(request, "since", oldest)
        until = _moment(request, "until", now)
        if since < oldest or until < since:
            raise GitHubError(422, f"since must lie within {most} days, and until after it")
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


def _usage_day(day: int, people: Sequence[PersonDay]) -> dict[str, Any]:
    rows = breakdown(people)
    told = told_breakdown(day, rows)
    total = _sum(rows.values())
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


def _metrics_day(day: int, people: Sequence[PersonDay]) -> dict[str, Any]:
    """A section that nobody used is null."""
    sections = {
        "copilot_ide_code_completions": ([p for p in people if p.code], _completions),
        "copilot_ide_chat": ([p for p in people if p.chats], _chat),
        "copilot_dotcom_chat": ([p for p in people if p.dotcom_chats], _dotcom_chat),
        "copilot_dotcom_pull_requests": ([p for p in people if p.summaries], _pull_requests),
    }
    return {
        "date": _date(day),
        "total_active_users": len(people),
        "total_engaged_users": sum(1 for person in people if person.engaged),
        **{
            name: {"total_engaged_users": len(users), **section(users)} if users else None
            for name, (users, section) in sections.items()
        },
    }


def _completions(people: Sequence[PersonDay]) -> dict[str, Any]:
    def languages(users: Sequence[PersonDay]) -> dict[str, Any]:
        return {"languages": [_language(name, users) for name in _languages(users)]}

    return {
        "languages": [
            {
                "name": name,
                "total_engaged_users": sum(1 for person in people if name in person.code),
            }
            for name in _languages(people)
        ],
        "editors": _by_editor(people, languages),
    }


def _language(name: str, people: Sequence[PersonDay]) -> dict[str, Any]:
    told = [person.code[name] for person in people if name in person.code]
    code = _sum(told)
    return {
        "name": name,
        "total_engaged_users": len(told),
        "total_code_suggestions": code.suggestions,
        "total_code_acceptances": code.acceptances,
        "total_code_lines_suggested": code.lines_suggested,
        "total_code_lines_accepted": code.lines_accepted,
    }


def _chat(people: Sequence[PersonDay]) -> dict[str, Any]:
    def events(users: Sequence[PersonDay]) -> dict[str, Any]:
        return {
            "total_chats": sum(person.chats for person in users),
            "total_chat_insertion_events": sum(person.insertions for person in users),
            "total_chat_copy_events": sum(person.copies for person in users),
        }

    return {"editors": _by_editor(people, events)}


def _dotcom_chat(people: Sequence[PersonDay]) -> dict[str, Any]:
    def chats(users: Sequence[PersonDay]) -> dict[str, Any]:
        return {"total_chats": sum(person.dotcom_chats for person in users)}

    return {"models": _by_model(people, chats)}


def _pull_requests(people: Sequence[PersonDay]) -> dict[str, Any]:
    repositories = sorted({name for person in people for name in person.summaries})
    return {"repositories": [_repository(name, people) for name in repositories]}


def _repository(name: str, people: Sequence[PersonDay]) -> dict[str, Any]:
    def summaries(users: Sequence[PersonDay]) -> dict[str, Any]:
        return {"total_pr_summaries_created": sum(person.summaries[name] for person in users)}

    users = [person for person in people if name in person.summaries]
    return {
        "name": name,
        "total_engaged_users": len(users),
        "models": _by_model(users, summaries),
    }


def _by_editor(
    people: Sequence[PersonDay], fields: Callable[[Sequence[PersonDay]], dict[str, Any]]
) -> list[dict[str, Any]]:
    rows = []
    for editor in sorted({person.editor for person in people}):
        users = [person for person in people if person.editor == editor]
        rows.append(
            {
                "name": editor,
                "total_engaged_users": len(users),
                "models": _by_model(users, fields),
            }
        )
    return rows


def _by_model(
    people: Sequence[PersonDay], fields: Callable[[Sequence[PersonDay]], dict[str, Any]]
) -> list[dict[str, Any]]:
    rows = []
    for model in sorted({person.model for person in people}):
        users = [person for person in people if person.model == model]
        rows.append(
            {
                "name": model,
                "is_custom_model": model in CUSTOM_MODELS,
                "custom_model_training_date": CUSTOM_MODELS.get(model),
                "total_engaged_users": len(users),
                **fields(users),
            }
        )
    return rows


def _languages(people: Sequence[PersonDay]) -> list[str]:
    return sorted({language for person in people for language in person.code})


def _sum(codes: Iterable[Code]) -> Code:
    total = Code()
    for code in codes:
        total = total.plus(code)
    return total
