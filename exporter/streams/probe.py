"""What a vendor declares for the doctor: a cheap request of each stream, and remedies for refusals."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from exporter.client.client import Client, Request
from exporter.client.errors import PollError
from exporter.streams.payload import decode

TargetT = TypeVar("TargetT")


@dataclass(frozen=True, slots=True)
class Asking(Generic[TargetT]):
    """What a probe is given: the client, what is configured, and the time."""

    client: Client
    target: TargetT
    options: Any
    now: float


Probe = Callable[[Asking[Any]], Awaitable[None]]
"""Makes one cheap request of a stream; raises PollError where the vendor refuses it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What kind of credential is configured, never its value.

    `problem` is what is wrong with it, `usable` whether it may work all the same.
    """

    kind: str
    problem: str | None = None
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Refusal(Generic[TargetT]):
    """A refused request: of a stream, or without one that for the credential itself.

    `status` and `headers` are those of the answer; None and empty where there was none.
    """

    target: TargetT
    stream: str | None
    error: PollError
    status: int | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about a refusal, and the vendor's document that says so."""

    text: str
    document: str


@dataclass(frozen=True, slots=True)
class Diagnosis(Generic[TargetT]):
    """A vendor's part of the doctor; `probes` has an entry for every stream."""

    probes: Mapping[str, Probe]
    identify: Callable[[TargetT], Identity]
    remedy: Callable[[Refusal[TargetT]], Remedy]


def once(request: Callable[[Asking[Any]], Request], kind: Any, *, none: bool = False) -> Probe:
    """A probe that is one request, answered by a `kind` as `ask` tells."""

    async def probe(asking: Asking[Any]) -> None:
        await ask(asking, request(asking), kind, none=none)

    return probe


async def ask(asking: Asking[Any], request: Request, kind: Any, *, none: bool = False) -> Any:
    """The answer as the stream's own `kind` of record; SchemaError where somebody else answers.

    `none` where the stream takes a 204, which has no body, for an answer.
    """
    answer = await asking.client.get(request)
    if none and answer.status == 204:
        return None
    return decode(answer.body, kind, request.endpoint.path)
