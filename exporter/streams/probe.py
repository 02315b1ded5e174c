"""What the doctor needs of vendors: a cheap request of each stream, and remedies for refusals."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from exporter.client.client import Request
from exporter.client.errors import PollError
from exporter.streams.source import Source

TargetT = TypeVar("TargetT")

Probe: TypeAlias = Callable[[Source[Any, Any]], Awaitable[None]]
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

    `right` is what the stream declares of the right that it needs. `status` and `headers` are those of
    the answer; None and empty where there was none.
    """

    target: TargetT
    stream: str | None
    right: Any
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
    """A vendor's part of the doctor."""

    identify: Callable[[TargetT], Identity]
    remedy: Callable[[Refusal[TargetT]], Remedy]


def once(request: Callable[[Source[Any, Any]], Request], kind: Any, *, none: bool = False) -> Probe:
    """A probe that is one request, answered by a `kind` as the stream itself reads it.

    `none` where the stream takes a 204, which has no body, for an answer.
    """

    async def probe(source: Source[Any, Any]) -> None:
        asked = request(source)
        answer = await source.client.get(asked)
        if not (none and answer.status == 204):
            await source.decoded(answer, kind, asked)

    return probe
