"""One read of a stream in progress."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from exporter.client.errors import PartsError, SchemaError, State
from exporter.model import Window
from exporter.poll.baseline import Known, Scope, known
from exporter.poll.job import Job
from exporter.poll.ledger import ERASED, Losses
from exporter.poll.pieces import Piece, Pieces
from exporter.poll.told import corrected_from, cut
from exporter.store.store import StreamState, Walk
from exporter.streams.contract import Batch
from exporter.streams.rejects import Rejects
from exporter.streams.source import Source


@dataclass(slots=True)
class Reading:
    """One read of a stream in progress, into its state: when it began, and what was known before.

    `walk_began` is when its walk began, which may have been in an earlier poll. `unpaid` is what its
    commits took back so far, and what was erased: another one may tell where it moved to. `started` are
    the metrics that it reads in the whole account; it has read them when it has ended. `yielded` says that
    anything came. `told_until` is the end of the newest bucket that an answer spoke for, `cut` what lies
    between what was told before and the window.
    """

    job: Job
    state: StreamState
    source: Source[Any, Any]
    pieces: Pieces
    piece: Piece
    walk_began: float
    known: Known
    unpaid: Losses
    cut: Window | None = None
    told_until: float = 0
    rejected: Counter[str] = field(default_factory=Counter)
    started: set[Scope] = field(default_factory=set)
    walked: bool = False
    yielded: bool = False

    @property
    def began(self) -> float:
        return self.source.now

    @property
    def window(self) -> Window:
        return self.pieces.window

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

    @contextmanager
    def reading(self, piece: Piece) -> Iterator[None]:
        """While a piece is read: where its answers are odd, what they told is not the poll's."""
        self.piece, source = piece, self.source
        source.window, source.after, source.memory = piece.window, piece.after, self.state.memory
        records, failed, source.failed = source.records, source.failed, {}
        error: SchemaError | PartsError | None = None
        try:
            yield
        except SchemaError as found:
            error = found
        if self.pieces.looks_at_parts(piece) and error is None:
            odd = [part for part in source.failed.values() if part[0] is State.SCHEMA_ERROR]
            error = PartsError(odd) if odd else None
        if error is None:
            self.pieces.was_read(piece)
            source.failed = source.failed | failed
            self.rejected += source.rejects.fields
        else:
            source.records, source.failed = records, failed
        source.rejects = Rejects()
        if error is not None:
            self.pieces.was_odd(piece, error, str(self.job.stream.explain(error)))

    def of_piece(self, batch: Batch) -> Batch:
        """What a batch says of the piece that is read."""
        piece = self.piece
        if piece.window != self.window:
            batch = piece.of(batch)
        if piece.window.start < self.source.lookback_start and not piece.again:
            batch = corrected_from(batch, self.source.lookback_start)
        return batch

    def remember(self, batches: Iterable[Batch]) -> None:
        """Take what batches say of how far the walk is, and of what the stream remembers."""
        state, piece = self.state, self.piece
        for batch in batches:
            if batch.memory is not None:
                state.memory = dict(batch.memory)
            if batch.partition is not None:
                self.walked = True
                if piece.walked:
                    start, until = piece.window.start, piece.until
                    state.walk = Walk(self.walk_began, start, batch.partition, until)

    @property
    def has_odd_parts(self) -> bool:
        """Whether a part could not be read although the rest could."""
        return any(state is State.SCHEMA_ERROR for state, _ in self.source.failed.values())


def begin(job: Job, state: StreamState, source: Source[Any, Any], pieces: Pieces) -> Reading:
    """A read that goes on with the walk of its pieces, or begins now."""
    walk = pieces.walk
    return Reading(
        job=job,
        state=state,
        source=source,
        pieces=pieces,
        piece=Piece(pieces.window),
        cut=cut(pieces.window.start, state),
        walk_began=source.now if walk is None else walk.began,
        known=known(state.started, None if walk is None else walk.began),
        unpaid={place: {ERASED: amount} for place, amount in state.erased.items()},
        walked=walk is not None,
    )
