"""The simulator's own endpoints: the truth, the clock, injected data, faults, request counts."""

import math
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, Window, floor
from exporter.simulator.answers import BadTimeError, json_response
from exporter.simulator.control.faults import Fault, FaultInjector
from exporter.simulator.control.injection import (
    AssistanceInput,
    AuditEventInput,
    ChangeInput,
    CommitInput,
    CopilotUseInput,
    Injector,
    MergeInput,
    RenameInput,
    RepositoryInput,
    TeamInput,
    TrafficInput,
    UnknownUserError,
)
from exporter.simulator.control.request_log import RequestLog
from exporter.simulator.world.assistance import BeforeTheWorldError
from exporter.simulator.world.billing_input import ExportsInput, UsageInput
from exporter.simulator.world.claude_input import ClaudeBillInput, ClaudeCodeInput
from exporter.simulator.world.console import UnknownWorkspaceError
from exporter.simulator.world.membership import UnknownTeamError
from exporter.simulator.world.model_use_input import ModelUseInput
from exporter.simulator.world.pull_request_input import PullRequestsInput
from exporter.simulator.world.traffic import UnknownUnitError
from exporter.simulator.world.truth import View, totals
from exporter.simulator.world.usage_event_input import UsageEventInput
from exporter.simulator.world.world import World

_T = TypeVar("_T")
_Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class _Items(msgspec.Struct, forbid_unknown_fields=True):
    items: list[msgspec.Raw]


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    seconds: Annotated[float, msgspec.Meta(ge=0)]


class _Quiet(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    since: float | None


class _Workspace(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str = ""


class Control:
    """Everything under `/_simulator/`."""

    def __init__(self, world: World, faults: FaultInjector, requests: RequestLog) -> None:
        self._world = world
        self._faults = faults
        self._requests = requests
        self._injector = Injector(world)

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below `/_simulator`."""
        return [
            Route("/clock", _guarded(self._clock)),
            Route("/truth", _guarded(self._truth)),
            Route("/freeze", _guarded(self._freeze), methods=["POST"]),
            Route("/thaw", _guarded(self._thaw), methods=["POST"]),
            Route("/advance", _guarded(self._advance), methods=["POST"]),
            Route("/commits", _guarded(self._commits), methods=["POST"]),
            Route("/changes", _guarded(self._changes), methods=["POST"]),
            Route("/traffic", _guarded(self._traffic), methods=["POST"]),
            Route("/traffic/revise", _guarded(self._revise), methods=["POST"]),
            Route("/assistance", _guarded(self._assistance), methods=["POST"]),
            Route("/assistance/revise", _guarded(self._revise_assistance), methods=["POST"]),
            Route("/copilot-uses", _guarded(self._copilot_use), methods=["POST"]),
            Route("/pull-requests", _guarded(self._pull_requests), methods=["POST"]),
            Route("/audit-events", _guarded(self._audit_events), methods=["POST"]),
            Route("/usage-events", _guarded(self._usage_events), methods=["POST"]),
            Route("/claude-code", _guarded(self._claude_code), methods=["POST"]),
            Route("/claude-bill", _guarded(self._claude_bill), methods=["POST"]),
            Route("/teams", _guarded(self._form_team), methods=["POST"]),
            Route("/teams/rename", _guarded(self._rename_team), methods=["POST"]),
            Route("/repositories/rename", _guarded(self._rename_repository), methods=["POST"]),
            Route("/branches/merge", _guarded(self._merge), methods=["POST"]),
            Route("/copilot-reports/withhold", _guarded(self._withhold), methods=["POST"]),
            Route("/billing", _guarded(self._bill), methods=["POST"]),
            Route("/exports", _guarded(self._exports)),
            Route("/exports", _guarded(self._set_exports), methods=["POST"]),
            Route("/model-use", _guarded(self._model_use), methods=["POST"]),
            Route("/model-use/withhold", _guarded(self._withhold_model_use), methods=["POST"]),
            Route("/workspaces/rename", _guarded(self._rename_workspace), methods=["POST"]),
            Route("/workspaces/archive", _guarded(self._archive_workspace), methods=["POST"]),
            Route("/quiet", _guarded(self._quiet), methods=["POST"]),
            Route("/faults", _guarded(self._add_fault), methods=["POST"]),
            Route("/faults", _guarded(self._lift_faults), methods=["DELETE"]),
            Route("/requests", _guarded(self._request_counts)),
        ]

    async def _clock(self, _request: Request) -> Response:
        return json_response({"now": self._world.clock.time()})

    async def _truth(self, request: Request) -> Response:
        as_of = _seconds(request, "at", self._world.clock.time())
        window = Window(
            math.floor(_seconds(request, "since", self._world.first)),
            math.ceil(_seconds(request, "until", as_of + 1)),
        )
        metrics = [total._asdict() for total in totals(View(self._world, window, as_of))]
        return json_response({"as_of": as_of, "metrics": metrics})

    async def _freeze(self, request: Request) -> Response:
        self._world.clock.freeze()
        return await self._clock(request)

    async def _thaw(self, request: Request) -> Response:
        self._world.clock.thaw()
        return await self._clock(request)

    async def _advance(self, request: Request) -> Response:
        self._world.clock.advance(_decoded(await request.body(), _Advance).seconds)
        return await self._clock(request)

    async def _commits(self, request: Request) -> Response:
        items = _decoded(await request.body(), _Items).items
        rows = [self._injector.commit(_decoded(bytes(item), CommitInput)) for item in items]
        self._world.commits.inject(rows, self._world.clock.time())
        return json_response({"added": len(rows)})

    async def _changes(self, request: Request) -> Response:
        items = _decoded(await request.body(), _Items).items
        rows = [self._injector.change(_decoded(bytes(item), ChangeInput)) for item in items]
        self._world.changes.inject(rows, self._world.clock.time())
        return json_response({"added": len(rows)})

    async def _traffic(self, request: Request) -> Response:
        posted = _decoded(await request.body(), TrafficInput)
        self._world.traffic.inject(posted.timestamp, posted.unit(), self._world.clock.time())
        return json_response({"added": 1})

    async def _revise(self, request: Request) -> Response:
        posted = _decoded(await request.body(), TrafficInput)
        self._world.traffic.revise(posted.timestamp, posted.unit(), self._world.clock.time())
        return json_response({"revised": 1})

    async def _assistance(self, request: Request) -> Response:
        posted = _decoded(await request.body(), AssistanceInput)
        now, person = self._world.clock.time(), self._injector.person(posted)
        moment = now if posted.timestamp is None else posted.timestamp
        self._world.assistance.inject(moment, person, posted.figures(), now)
        return json_response({"added": 1})

    async def _revise_assistance(self, request: Request) -> Response:
        posted = _decoded(await request.body(), AssistanceInput)
        now, person = self._world.clock.time(), self._injector.person(posted)
        moment = now if posted.timestamp is None else posted.timestamp
        self._world.assistance.revise(moment, person, posted.figures(), now)
        return json_response({"revised": 1})

    async def _copilot_use(self, request: Request) -> Response:
        posted = _decoded(await request.body(), CopilotUseInput)
        now, person = self._world.clock.time(), self._injector.copilot_user(posted)
        self._world.copilot.inject(floor(posted.timestamp, DAY), person, posted.use(), now)
        return json_response({"added": 1})

    async def _pull_requests(self, request: Request) -> Response:
        posted = _decoded(await request.body(), PullRequestsInput)
        now, days = self._world.clock.time(), self._world.copilot.repositories
        place = days.place(posted.repository, posted.visibility)
        days.inject(floor(posted.timestamp, DAY), place, posted.requests(), now)
        return json_response({"added": 1})

    async def _audit_events(self, request: Request) -> Response:
        items = _decoded(await request.body(), _Items).items
        rows = [self._injector.audit_event(_decoded(bytes(i), AuditEventInput)) for i in items]
        self._world.audit.inject(rows, self._world.clock.time())
        return json_response({"added": len(rows)})

    async def _usage_events(self, request: Request) -> Response:
        items, now = _decoded(await request.body(), _Items).items, self._world.clock.time()
        somebody = self._world.developers[0].email
        rows = [_decoded(bytes(item), UsageEventInput).event(somebody, now) for item in items]
        self._world.usage_events.inject(rows, now)
        return json_response({"added": len(rows)})

    async def _claude_code(self, request: Request) -> Response:
        posted = _decoded(await request.body(), ClaudeCodeInput)
        posted.apply(self._world.claude_code, self._world.clock.time())
        return json_response({"told": 1})

    async def _claude_bill(self, request: Request) -> Response:
        posted = _decoded(await request.body(), ClaudeBillInput)
        posted.apply(self._world.claude_enterprise, self._world.clock.time())
        return json_response({"billed": 1})

    async def _rename_team(self, request: Request) -> Response:
        posted = _decoded(await request.body(), RenameInput)
        self._world.membership.rename(posted.team_id, posted.name, self._world.clock.time())
        return json_response({"renamed": 1})

    async def _form_team(self, request: Request) -> Response:
        posted = _decoded(await request.body(), TeamInput)
        return json_response(
            {"id": self._world.membership.form_team(posted.name, posted.members).id}
        )

    async def _rename_repository(self, request: Request) -> Response:
        posted = _decoded(await request.body(), RepositoryInput)
        self._world.repository_moves.rename(
            posted.repository, posted.name, self._world.clock.time()
        )
        return json_response({"renamed": 1})

    async def _merge(self, request: Request) -> Response:
        posted = _decoded(await request.body(), MergeInput)
        self._world.repository_moves.merge(
            posted.repository, posted.branch, self._world.clock.time()
        )
        return json_response({"merged": 1})

    async def _withhold(self, request: Request) -> Response:
        """Publish no Copilot report of a day from `from` on; null publishes them all."""
        self._world.copilot.quiet(_decoded(await request.body(), _Quiet).since)
        return json_response({"withheld": True})

    async def _bill(self, request: Request) -> Response:
        items, now = _decoded(await request.body(), _Items).items, self._world.clock.time()
        self._world.billing.inject([_decoded(bytes(i), UsageInput).item(now) for i in items])
        return json_response({"added": len(items)})

    async def _exports(self, _request: Request) -> Response:
        made = self._world.exports.all(self._world.clock.time())
        told = [
            {"report_type": one.report_type, "created": one.created, "last": one.last}
            for one in made
        ]
        return json_response({"exports": told})

    async def _set_exports(self, request: Request) -> Response:
        _decoded(await request.body(), ExportsInput).apply(self._world.exports)
        return await self._exports(request)

    async def _model_use(self, request: Request) -> Response:
        items, now = _decoded(await request.body(), _Items).items, self._world.clock.time()
        uses = [_decoded(bytes(item), ModelUseInput).use(now) for item in items]
        self._world.model_usage.inject(uses, now)
        return json_response({"added": len(uses)})

    async def _withhold_model_use(self, request: Request) -> Response:
        """Leave the buckets from `from` on out of Anthropic's reports; null gives them all."""
        since = _decoded(await request.body(), _Quiet).since
        self._world.model_usage.withheld_since = since
        return json_response({"withheld": since is not None})

    async def _rename_workspace(self, request: Request) -> Response:
        posted = _decoded(await request.body(), _Workspace)
        self._world.console.rename(posted.id, posted.name, self._world.clock.time())
        return json_response({"renamed": 1})

    async def _archive_workspace(self, request: Request) -> Response:
        posted = _decoded(await request.body(), _Workspace)
        self._world.console.archive(posted.id, self._world.clock.time())
        return json_response({"archived": 1})

    async def _quiet(self, request: Request) -> Response:
        self._world.quiet(_decoded(await request.body(), _Quiet).since)
        return json_response({"quiet": True})

    async def _add_fault(self, request: Request) -> Response:
        self._faults.faults.append(_decoded(await request.body(), Fault))
        return json_response({"faults": self._faults.faults})

    async def _lift_faults(self, _request: Request) -> Response:
        self._faults.faults.clear()
        return json_response({"faults": []})

    async def _request_counts(self, _request: Request) -> Response:
        return json_response({"requests": self._requests.counts()})


def _guarded(handler: _Handler) -> _Handler:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except _BAD_REQUESTS as error:
            return json_response({"error": f"{request.url.path}: {error}"}, 400)
        except _UNKNOWN as error:
            return json_response({"error": str(error)}, 404)

    return endpoint


class _BadParameterError(ValueError):
    """A query parameter that is not a number."""


_UNKNOWN = (UnknownUnitError, UnknownUserError, UnknownTeamError, UnknownWorkspaceError)
_BAD_REQUESTS = (msgspec.DecodeError, BadTimeError, BeforeTheWorldError, _BadParameterError)


def _seconds(request: Request, name: str, default: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError as error:
        raise _BadParameterError(f"{name} must be Unix seconds, not {text!r}") from error
    if not math.isfinite(number):
        raise _BadParameterError(f"{name} must be Unix seconds, not {text!r}")
    return number


def _decoded(body: bytes, kind: type[_T]) -> _T:
    return msgspec.json.decode(body, type=kind)
