"""GitHub's Copilot usage reports: links by day, and the files behind them, away from the API."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, HOUR
from exporter.simulator.answers import BadTimeError, parse_milliseconds
from exporter.simulator.github.report_records import (
    Record,
    date_of,
    entity_record,
    repository_records,
    team_records,
    user_records,
)
from exporter.simulator.github.rest import Answer, GitHubError, GitHubRest
from exporter.simulator.world.copilot_activity import DayReport
from exporter.simulator.world.world import World

FILES = "/copilot-reports"
"""Where the files are, on the same host."""
LINK_SECONDS = HOUR
SHARDS = {"users": 3, "repositories": 2}

_REPORTS = {
    "enterprise-1-day": "entity",
    "organization-1-day": "entity",
    "users-1-day": "users",
    "user-teams-1-day": "teams",
    "repos-1-day": "repositories",
}


class Signer:
    """Makes and checks links that end after a while; they end in the caller's time, not the world's."""

    def __init__(self, seed: int, wall: Callable[[], float]) -> None:
        self._key = f"copilot-reports:{seed}".encode()
        self._wall = wall

    def query(self, path: str, as_of: int) -> str:
        """The query that lets whoever has it read a file as told at `as_of`."""
        ends = int(self._wall()) + LINK_SECONDS
        return f"at={as_of}&se={ends}&sig={self._signature(path, str(as_of), str(ends))}"

    def accepts(self, path: str, as_of: str, ends: str, signature: str) -> bool:
        if not (ends.isdecimal() and as_of.isdecimal()) or self._wall() >= int(ends):
            return False
        return hmac.compare_digest(signature, self._signature(path, as_of, ends))

    def _signature(self, path: str, as_of: str, ends: str) -> str:
        text = f"{path}\n{as_of}\n{ends}".encode()
        return hashlib.blake2b(text, key=self._key, digest_size=16).hexdigest()


class ReportsApi:
    """The endpoints that give links.

    A day without a report is 204; 404 where an enterprise asks for another one than that of repositories.
    """

    def __init__(self, world: World, rest: GitHubRest, wall: Callable[[], float]) -> None:
        self._world = world
        self._rest = rest
        self._signer = Signer(world.settings.seed, wall)

    def routes(self) -> list[BaseRoute]:
        """The endpoints, below the API's base URL."""
        return [
            Route(
                f"/{scope}/{{name}}/copilot/metrics/reports/{{report}}",
                self._rest.endpoint(self._links),
            )
            for scope in ("enterprises", "orgs")
        ]

    def _links(self, request: Request) -> Answer:
        enterprise = "/enterprises/" in request.url.path
        report, name = request.path_params["report"], request.path_params["name"].lower()
        ours = self._world.enterprise if enterprise else self._world.organization
        wrong = "organization-1-day" if enterprise else "enterprise-1-day"
        if name != ours or report == wrong or report not in _REPORTS:
            raise GitHubError(404, "Not Found")
        day = _day(request.query_params.get("day", ""))
        now = int(self._world.clock.time())
        kind = _REPORTS[report]
        told = self._world.copilot.report(day, now)
        if told is None or (kind == "repositories" and not told.repositories):
            if enterprise and kind != "repositories":
                raise GitHubError(404, "Not Found")
            return Answer(None)
        scope = "enterprise" if enterprise else "organization"
        base = f"{request.url.scheme}://{request.url.netloc}"
        links = []
        for shard in range(SHARDS.get(kind, 1)):
            path = f"{FILES}/{scope}/{kind}/{date_of(day)}/part-{shard:05}.json"
            links.append(f"{base}{path}?{self._signer.query(path, now)}")
        return Answer({"download_links": links, "report_day": date_of(day)})


class ReportFiles:
    """Serves the files to whoever has a link, and to nobody who shows a credential besides."""

    def __init__(self, world: World, wall: Callable[[], float] = time.time) -> None:
        self._world = world
        self._signer = Signer(world.settings.seed, wall)

    def routes(self) -> list[BaseRoute]:
        """The one endpoint, below `FILES`."""
        return [Route("/{scope}/{kind}/{day}/part-{shard:int}.json", self._file)]

    async def _file(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return _refused(400, "InvalidAuthenticationInfo")
        as_of, ends, signature = (request.query_params.get(n, "") for n in ("at", "se", "sig"))
        if not self._signer.accepts(request.url.path, as_of, ends, signature):
            return _refused(403, "AuthenticationFailed")
        report = self._world.copilot.report(_day(request.path_params["day"]), int(as_of))
        if report is None:
            return _refused(404, "BlobNotFound")
        rows = list(self._records(request, report, int(as_of)))
        shards = SHARDS.get(request.path_params["kind"], 1)
        lines = [msgspec.json.encode(row) for row in rows[request.path_params["shard"] :: shards]]
        return Response(
            b"".join(line + b"\n" for line in lines), media_type="application/octet-stream"
        )

    def _records(self, request: Request, report: DayReport, as_of: int) -> Iterator[Record]:
        enterprise = request.path_params["scope"] == "enterprise"
        activity, developers = self._world.copilot, self._world.developers
        kind = request.path_params["kind"]
        if kind == "entity":
            yield entity_record(activity, report, enterprise=enterprise)
        elif kind == "users":
            yield from user_records(report, developers, enterprise=enterprise)
        elif kind == "teams":
            yield from team_records(activity, report, developers, enterprise=enterprise)
        else:
            called = partial(self._world.repository_moves.name, as_of=as_of)
            yield from repository_records(activity, report, called, enterprise=enterprise)


def _day(text: str) -> int:
    try:
        moment = parse_milliseconds(text) // 1000
    except BadTimeError as error:
        raise GitHubError(422, f"day: {error}") from error
    if len(text) != len("2026-01-05") or moment % DAY:
        raise GitHubError(422, f"day must be YYYY-MM-DD, not {text!r}")
    return moment


def _refused(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'
    return Response(body, status, media_type="application/xml")
