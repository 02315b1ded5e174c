"""One read of a stream in progress."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from exporter.model import Window
from exporter.poll.baseline import Known, Scope, known
from exporter.poll.job import Job
from exporter.poll.ledger import ERASED, Losses
from exporter.store.store import StreamState, Walk
from exporter.streams.source import Source


@dataclass(slots=True)
class Reading:
    """One read of a stream in progress, into its state: when it began, and what was known before.

    `walk_began` is when its walk began, which may have been in an earlier poll. `unpaid` is what its
    commits took back so far, and what was erased: another one may tell where it moved to. `started` are
    the metrics that it reads in the whole account; it has read them when it has ended. `yielded` says that
    anything came.
    """

    job: Job
    state: StreamState
    source: Source[Any, Any]
    walk_began: float
    known: Known
    unpaid: Losses
    started: set[Scope] = field(default_factory=set)
    walked: bool = False
    yielded: bool = False

    @property
    def began(self) -> float:
        return self.source.now

    @property
    def window(self) -> Window:
        return self.source.window

    @property
    def resumed(self) -> bool:
        """Whether it goes on with the walk of an earlier poll."""
        return self.walk_began != self.began

    def start(self, read: Iterable[Scope]) -> set[Scope]:
        """Note what is read for the first time; returns what of it need not wait for the read's end."""
        started = self.state.started
        fresh = {scope for scope in read if scope not in started}
        self.started |= {scope for scope in fresh if not scope[1]}
        partitions = {scope for scope in fresh if scope[1]}
        started.update(dict.fromkeys(partitions, self.walk_began))
        return partitions


def begin(job: Job, state: StreamState, source: Source[Any, Any], walk: Walk | None) -> Reading:
    """A read that goes on with `walk`, or begins now."""
    return Reading(
        job=job,
        state=state,
        source=source,
        walk_began=source.now if walk is None else walk.began,
        known=known(state.started, None if walk is None else walk.began),
        unpaid={place: {ERASED: amount} for place, amount in state.erased.items()},
        walked=walk is not None,
    )
