"""A client on a fake transport, and what it did."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

import httpx

from exporter.client.auth import Bearer, Credential, Secret
from exporter.client.client import Client, ClientSettings, Endpoint
from exporter.client.pace import Limit
from exporter.client.reaching import Unreached
from tests.clock import ManualClock

BASE = "https://api.example.com"
THINGS = Endpoint("/orgs/{org}/things", "core")
LIST = Endpoint("/list", "core")
TOKEN = "s3cret-token"
ENVIRON = {"TOKEN": TOKEN}

Handler = Callable[[httpx.Request], httpx.Response]


class Watch:
    """An observer that keeps everything."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.endpoints: Counter[str] = Counter()
        self.waits: list[float] = []
        self.problems: list[Unreached | None] = []
        self.answers: list[float] = []
        self.ends: list[float | None] = []

    def requested(self, endpoint: Endpoint, code: str) -> None:
        self.endpoints[endpoint.path] += 1
        self.codes.append(code)

    def waited(self, seconds: float) -> None:
        self.waits.append(seconds)

    def reached(self, problem: Unreached | None) -> None:
        self.problems.append(problem)

    def answered(self, seconds: float) -> None:
        self.answers.append(seconds)

    def credential_ends(self, moment: float | None) -> None:
        self.ends.append(moment)


class Transport(httpx.AsyncByteStream):
    """A body that arrives in these chunks, and may break."""

    def __init__(self, chunks: Iterable[bytes], broken: Exception | None = None) -> None:
        self.chunks = list(chunks)
        self.broken = broken
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk
        if self.broken is not None:
            raise self.broken

    async def aclose(self) -> None:
        self.closed = True


class Vendor:
    """Answers from a script, one entry a request; the last one stays. Exceptions are raised."""

    def __init__(self, *script: httpx.Response | Exception | Handler) -> None:
        self.script = list(script)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, httpx.Response) else step(request)


class Setup:
    """A client with its clock, observer and vendor."""

    def __init__(
        self,
        *script: httpx.Response | Exception | Handler,
        limits: Mapping[str, Sequence[Limit]] | None = None,
        credential: Credential | None = None,
        base_url: str = BASE,
        **settings: Any,
    ) -> None:
        self.clock = ManualClock()
        self.watch = Watch()
        self.vendor = Vendor(*script)
        self.client = Client(
            ClientSettings(
                base_url, {"Accept": "application/json"}, "usage-exporter/1", **settings
            ),
            credential or Bearer(Secret.from_env("TOKEN", ENVIRON)),
            limits or {"core": []},
            self.watch,
            self.clock,
            Random(7),
            httpx.MockTransport(self.vendor),
        )


def bare_client(settings: ClientSettings, watch: Watch) -> Client:
    """A client without credential and limits, over real sockets."""
    return Client(settings, None, {"core": []}, watch, ManualClock(), Random(1))


def answer(content: object = (), **headers: str) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(
        200, json=content, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def wired(wire: Transport, status: int = 200, **headers: str) -> httpx.Response:
    """An answer whose bytes are given raw."""
    return httpx.Response(
        status, stream=wire, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
