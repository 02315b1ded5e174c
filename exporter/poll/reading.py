"""One read of a stream in progress."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from exporter.model import Window
from exporter.poll.baseline import Known, Scope, known
from exporter.poll.ledger import ERASED, Losses
from exporter.store.store import StreamState, Walk


@dataclass(slots=True)
class Reading:
    """One read of a stream in progress: when it began, which window it covers, what was known before.

    `walk_began` is when its walk began, which may have been in an earlier poll. `unpaid` is what its
    commits took back so far, and what was erased: another one may tell where it moved to. `started` are
    the metrics that it reads in the whole account; it has read them when it has ended. `yielded` says that
    anything came.
    """

    began: float
    walk_began: float
    window: Window
    known: Known
    unpaid: Losses
    started: set[Scope] = field(default_factory=set)
    walked: bool = False
    yielded: bool = False

    def start(self, state: StreamState, read: Iterable[Scope]) -> set[Scope]:
        """Note what is read for the first time; returns what of it need not wait for the read's end."""
        fresh = {scope for scope in read if scope not in state.started}
        self.started |= {scope for scope in fresh if not scope[1]}
        partitions = {scope for scope in fresh if scope[1]}
        state.started |= dict.fromkeys(partitions, self.walk_began)
        return partitions


def begin(state: StreamState, now: float, window: Window, walk: Walk | None) -> Reading:
    """A read that goes on with `walk`, or begins now."""
    return Reading(
        began=now,
        walk_began=now if walk is None else walk.began,
        window=window,
        known=known(state.started, None if walk is None else walk.began),
        unpaid={place: {ERASED: amount} for place, amount in state.erased.items()},
        walked=walk is not None,
    )
