"""The pieces that a window is read in: the whole of it, or all but the buckets whose answers are odd."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from exporter.client.errors import PollError
from exporter.model import DAY, HOUR, Window
from exporter.poll.windows import Reach
from exporter.store.store import LeftOut, OddAnswers, Walk
from exporter.streams.contract import Batch

FAILURES = 3
"""After so many polls in a row with answers that cannot be read, the odd buckets are searched for."""
SEARCH_AGAIN = 6 * HOUR
"""How long after a search there is no other one."""
TRY_AGAIN = DAY
"""How often what is left out is asked for again."""
MOST_FOUND = 7
"""Where more buckets of a window are odd, or more than half of them, the API has changed."""
MOST_LEFT_OUT = 31
"""How many buckets of a stream are asked for again; of more than that the oldest are given up."""


class Piece(NamedTuple):
    """A part of a window. `after` is the last partition that an earlier poll has read of it.

    `again` marks a bucket that was left out and is asked for once more. Only one that is `present` has a
    say in gauges. A later poll may go on with one that is `walked`, which ends at `until` or at present.
    """

    window: Window
    after: str = ""
    again: bool = False
    present: bool = False
    walked: bool = False
    until: int | None = None

    def of(self, batch: Batch) -> Batch:
        """What a batch says of the piece: the query for a part may also find some of what is beside it."""
        samples = [
            sample
            for sample in batch.samples
            if (self.present if sample.bucket is None else sample.bucket in self.window)
        ]
        covers = [each for each in batch.covers if self.present or each.window is not None]
        return replace(batch, samples=samples, covers=covers)


class Pieces:
    """What a poll reads of its window, piece by piece: usually the whole of it at once.

    A search halves what cannot be read, down to the odd buckets. It begins with the newest bucket: where
    that one cannot be read, it is not the past that stands in the way.
    """

    def __init__(
        self, window: Window, walk: Walk | None, reach: Reach, odd: OddAnswers, now: float
    ) -> None:
        self.window, self.walk = window, walk
        too_many, oldest = odd.left_out[:-MOST_LEFT_OUT], reach.oldest(now)
        self.given_up = [e for e in odd.left_out if e.start < oldest or e in too_many]
        self.found: list[LeftOut] = []
        self.mended: list[LeftOut] = []
        self._bucket, self._now, self._odd = reach.bucket, now, odd
        self._left_out = {each.window: each for each in odd.left_out}
        lately = odd.searched <= now < odd.searched + SEARCH_AGAIN
        suspect = [*window.buckets(self._bucket)] if odd.polls >= FAILURES and not lately else []
        self._most = min(MOST_FOUND, len(suspect) // 2)
        self.searches = self._most > 0
        self._ahead = deque(self._tried_again())
        if self.searches:
            self.walk = None
            older = Window(window.start, suspect[-1].start)
            self._ahead += map(Piece, (suspect[-1], *self._without_left_out(older)))
        else:
            self._ahead += self._walked()

    def __iter__(self) -> Iterator[Piece]:
        while self._ahead:
            yield self._ahead.popleft()

    @property
    def more(self) -> bool:
        """Whether others follow the piece that was given out last."""
        return bool(self._ahead)

    def looks_at_parts(self, piece: Piece) -> bool:
        """Whether a part of the answers that is odd makes a piece odd, although the rest counts."""
        return self.searches or piece.again

    def was_read(self, piece: Piece) -> None:
        """The answers for a piece could be read."""
        if piece.again:
            self.mended.append(self._left_out.pop(piece.window))

    def was_odd(self, piece: Piece, error: PollError, reason: str) -> None:
        """Go on without a piece that cannot be read, or with its halves; raises where that is no way."""
        odd = LeftOut(piece.window.start, piece.window.end, self._now, reason)
        if piece.again:
            self._left_out[piece.window] = odd
            return
        if not self.searches or piece.window.end == self.window.end:
            raise error
        buckets = [*piece.window.buckets(self._bucket)]
        if len(buckets) > 1:
            middle = buckets[len(buckets) // 2].start
            halves = Window(piece.window.start, middle), Window(middle, piece.window.end)
            self._ahead.extendleft(map(Piece, reversed(halves)))
            return
        self.found.append(odd)
        if len(self.found) > self._most:
            raise error

    def ended(self, *, odd: bool) -> OddAnswers:
        """What is known of odd answers once all pieces were read; of a part some may be `odd` all the same."""
        left_out = sorted([*self._left_out.values(), *self.found])
        kept = [each for each in left_out if each not in self.given_up]
        return OddAnswers(self._odd.polls + 1 if odd else 0, self._searched, kept)

    def failed(self, *, odd: bool) -> OddAnswers:
        """What is known of odd answers once the poll has failed, because of some where it is `odd`."""
        return OddAnswers(self._odd.polls + odd, self._searched, sorted(self._left_out.values()))

    @property
    def _searched(self) -> float:
        return self._now if self.searches else self._odd.searched

    def _tried_again(self) -> Iterator[Piece]:
        for left_out in self._left_out.values():
            if (
                left_out in self.given_up
                or left_out.tried <= self._now < left_out.tried + TRY_AGAIN
            ):
                continue
            yield Piece(left_out.window, again=True)

    def _walked(self) -> Iterator[Piece]:
        """All of the window that is not left out, from where the walk is."""
        after, rest = "", self.window
        if self.walk is not None:
            after = self.walk.after
            if self.walk.until is not None:
                yield self._walk_of(Window(self.walk.start, self.walk.until), after)
                after, rest = "", Window(self.walk.until, self.window.end)
        for window in self._without_left_out(rest):
            yield self._walk_of(window, after)
            after = ""

    def _walk_of(self, window: Window, after: str) -> Piece:
        present = window.end == self.window.end
        until = None if present else window.end
        return Piece(window, after, present=present, walked=True, until=until)

    def _without_left_out(self, window: Window) -> Iterator[Window]:
        """The parts of a window that are not left out; all of it where nothing else is left."""
        start, parts = window.start, []
        for left_out in sorted(self._left_out):
            if start <= left_out.start and left_out.end <= window.end:
                parts.append(Window(start, left_out.start))
                start = left_out.end
        parts.append(Window(start, window.end))
        yield from [each for each in parts if each.start < each.end] or [window]
