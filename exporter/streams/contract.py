"""The contract of streams: what a stream declares, and what a read of it yields."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from exporter.client.errors import PollError
from exporter.model import DAY, Coverage, GroupSizes, Metric, Sample
from exporter.streams.options import StreamOptions
from exporter.streams.probe import Probe
from exporter.streams.source import Source

TargetT = TypeVar("TargetT")
OptionsT = TypeVar("OptionsT", bound=StreamOptions)


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of what a read found, committed whole or not at all.

    `covers` is what the answers speak for. `group_sizes` are the people in each group among the label
    values; one that is missing is unknown. `partition` is up to where the read has come, in the order of
    `Source.partitions`: a later poll goes on after it. `memory` replaces what the stream remembers.
    """

    samples: Sequence[Sample]
    covers: Sequence[Coverage] = ()
    group_sizes: GroupSizes = field(default_factory=dict)
    partition: str | None = None
    memory: Mapping[str, Any] | None = None


Batches: TypeAlias = AsyncGenerator[Batch, None]

Read: TypeAlias = Callable[[Source[Any, Any]], Batches]
"""An async generator. A yield is a commit point: what was yielded stays when a later request fails.

A normal end says that the whole window was read.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """About how many requests one poll makes to an endpoint group, where each list fits a page or two."""

    group: str
    requests: float


def _unexplained(error: PollError) -> PollError:
    return error


@dataclass(frozen=True, slots=True)
class Stream(Generic[TargetT, OptionsT]):
    """One thing read from a vendor: a declaration and the function that reads it.

    `bucket` is the size in seconds of the coarsest slice that it counts in, None for a stream that reads
    the present; `retention` how far back the vendor answers. Longer than `silence` without any usage, it is taken
    to have none, and no longer asked whether some of it came late. `probe` is a cheap request for the doctor,
    `right` what the vendor's remedies need to know of the right that the stream takes. `of_account` says
    that an answer shows that the account can be read, and not only that the vendor is there. `explain`
    adds to an error what only this stream knows of it. `inapplicable` says why a target cannot have this
    stream, or None. `label_sizes` is about how many values a label has beside the other labels of a
    metric, where that is known. `counts` is what it counts that another stream of the vendor can count as well,
    in words, each with what to write so that it does not: of one account only one of them may. `first_read` is what the first poll makes, where it takes far more requests
    than a later one.
    """

    name: str
    summary: str
    metrics: tuple[Metric, ...]
    options: type[OptionsT]
    read: Callable[[Source[TargetT, OptionsT]], Batches]
    plan: Callable[[TargetT, OptionsT], Sequence[Cost]]
    probe: Probe
    right: Any = None
    bucket: int | None = DAY
    retention: int = 365 * DAY
    silence: int = 90 * DAY
    by_default: bool = True
    of_account: bool = True
    inapplicable: Callable[[TargetT], str | None] = lambda _: None
    label_sizes: Callable[[TargetT, OptionsT], Mapping[str, int]] = lambda _, __: {}
    counts: Callable[[OptionsT], Mapping[str, str]] = lambda _: {}
    first_read: Callable[[TargetT, OptionsT], Sequence[Cost]] = lambda _, __: ()
    explain: Callable[[PollError], PollError] = _unexplained

    def hidden(self, *, people: bool) -> str | None:
        """Why nothing of the stream is shown, where families of people are not; or None."""
        if people or not all(metric.people for metric in self.metrics):
            return None
        return (
            "shows nothing but people and privacy.users is off: set it to pseudonym or plain, or "
            "remove the stream"
        )


AnyStream: TypeAlias = Stream[Any, Any]
