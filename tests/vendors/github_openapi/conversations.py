"""What the exporter asks GitHub's API, and what the simulator answers, as it was overheard."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeAlias
from unittest.mock import patch

import httpx

from exporter.client.errors import State
from exporter.client.request import Request
from exporter.model import DAY
from exporter.poll.transform.privacy import Users
from exporter.preflight.doctor.finding import Finding
from exporter.preflight.doctor.target_check import TargetCheck
from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from exporter.streams.dates import iso
from exporter.streams.source import Source
from exporter.vendors.github import VENDOR
from tests.accounts import Account
from tests.clock import ManualClock
from tests.doctor.world import target
from tests.simulator.support import START, Wall, simulator
from tests.streams.cases import CASES
from tests.streams.harness import SECRET, Case, Pipeline, unix
from tests.streams.simulated import Simulated, SimulatedVendor
from tests.vendors.github_openapi.description import HOST

ACCOUNT = "acme"
SCOPES = ("org", "enterprise")
STREAMS = {stream.name: stream for stream in VENDOR.streams}
GITHUB_CASES = tuple(case for case in CASES if case.vendor == VENDOR.name)

_SIMULATOR = "http://127.0.0.1:8080"
_BASE = f"{_SIMULATOR}/github"
"""Where the simulator has GitHub's API."""
_LINKED = (f"/enterprises/{ACCOUNT}/metered_exports/", "/_storage/")
"""Where files are that the API only links to, in the simulator on the same host; nothing describes them."""


Read: TypeAlias = dict[str, tuple[Any, Any]]
"""By operation, the type that its answers are read as, and the one that has all known fields."""


class Exchange(NamedTuple):
    """A request to GitHub's API, and its answer."""

    request: httpx.Request
    response: httpx.Response


class Overheard(httpx.AsyncBaseTransport):
    """Notes what is said to the simulated API."""

    def __init__(self, simulated: Simulator) -> None:
        self._transport = httpx.ASGITransport(simulated)
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._transport.handle_async_request(request)
        await self.note(request, response)
        return response

    async def note(self, request: httpx.Request, response: httpx.Response) -> None:
        """Note an exchange, unless it is of a file."""
        await response.aread()
        url = str(request.url)
        if url.startswith(_BASE):
            asked = _to_api(request, HOST + url.removeprefix(_BASE))
            if asked is not None:
                self.exchanges.append(Exchange(asked, response))


class Conversing(Simulated):
    """The pipeline of a stream against the simulator, with every option that can be switched on."""

    def __init__(self, case: Case, scope: str, options: Mapping[str, Any], directory: Path) -> None:
        case = replace(case, target={scope: ACCOUNT})
        first = iso(unix(case.now) - 60 * DAY)
        super().__init__(case, directory, first=first, users=Users.PLAIN, options=options)
        github = GitHubOptions(token=SECRET, requests_per_hour=None, legacy_copilot=True)
        simulated = Simulator(self.world, github=github, wall=lambda: self.clock.now)
        self.overheard = Overheard(simulated)
        self.vendor = SimulatedVendor(case, simulated)
        self.vendor.around = self.overheard.note


def applies(stream: str, scope: str) -> bool:
    """Whether an organization or an enterprise can have a stream."""
    of_account: dict[str, Any] = {scope: ACCOUNT}
    account = VENDOR.target.model_construct(**of_account)
    return STREAMS[stream].inapplicable(account) is None


def forms(case: Case) -> Iterator[Mapping[str, Any]]:
    """The options under which a stream asks for all that it can ask for, where its account can have them."""
    account = Account(VENDOR, case.target)
    month = case.month.options if case.month else {}
    for form in case.forms or ({},):
        if account.allows(case.stream, form):
            yield {**switched_on(case.stream), **month, **form}


def switched_on(stream: str) -> Mapping[str, bool]:
    """Every option of a stream that is a switch."""
    fields = STREAMS[stream].options.model_fields
    return {name: True for name, field in fields.items() if field.annotation is bool}


async def asked_of_fixtures(case: Case, directory: Path) -> list[httpx.Request]:
    """What a stream asks under contract, where every list has a page for each row."""
    asked: list[httpx.Request] = []
    for number, options in enumerate(forms(case)):
        place = directory / str(number)
        place.mkdir()
        async with Pipeline(case, place, users=Users.PLAIN, options=options) as run:
            run.vendor.most = 1
            await run.poll()
            asked += run.vendor.requests
    of_api = (_to_api(one, str(one.url)) for one in asked if str(one.url).startswith(HOST))
    return [request for request in of_api if request is not None]


class Conversation(NamedTuple):
    """What a stream and the simulator have said, and as what the stream has read it."""

    said: list[Exchange]
    read: Read


async def said_by_stream(case: Case, scope: str, directory: Path) -> Conversation:
    """Two polls under each form of the options."""
    found = Conversation([], {})
    for number, options in enumerate(forms(replace(case, target={scope: ACCOUNT}))):
        place = directory / str(number)
        place.mkdir()
        async with Conversing(case, scope, options, place) as run:
            with _noted(found.read):
                await run.poll()
                await run.poll(after=run.job.options.interval)
            assert (run.status.state, run.status.reason) == (State.OK, "")
            found.said.extend(run.overheard.exchanges)
    return found


async def said_by_doctor(
    scope: str, directory: Path, *, account: str = ACCOUNT, token: str = SECRET, **more: Any
) -> tuple[list[Exchange], list[Finding]]:
    """What the doctor and the simulator say of every stream of an account, and what it found."""
    wall = Wall()
    wall.now = START
    github = GitHubOptions(token=SECRET, legacy_copilot=True)
    overheard = Overheard(simulator(github=github, wall=wall))
    streams = {name: switched_on(name) for name in STREAMS if applies(name, scope)}
    configured = target(
        "github", directory, token, base_url=_BASE, streams=streams, **{scope: account}, **more
    )
    check = TargetCheck(configured, ManualClock(START), Random(1))
    return overheard.exchanges, await check.ask(overheard)


@contextmanager
def _noted(read: Read) -> Iterator[None]:
    """Note as what the answers are read meanwhile."""
    decoded = Source._decoded

    def noting(source: Any, body: bytes, kind: Any, request: Request, known: Any = None) -> Any:
        read[f"{request.method} {request.endpoint.path}"] = (kind, known or kind)
        return decoded(source, body, kind, request, known)

    with patch.object(Source, "_decoded", noting):
        yield


def _to_api(request: httpx.Request, url: str) -> httpx.Request | None:
    """The request as GitHub would get it; None if it is for a file."""
    if httpx.URL(url).path.startswith(_LINKED):
        return None
    headers = {"content-type": request.headers.get("content-type", "")}
    return httpx.Request(request.method, url, headers=headers, content=request.content)
