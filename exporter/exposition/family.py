"""A metric family of the page: its sources' texts, compressed so that a change costs little."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from exporter.exposition.compress import Piece, deflate
from exporter.exposition.page import Pieces
from exporter.exposition.render import Text, header
from exporter.model import Metric

# Longer texts are compressed by themselves and not kept otherwise; shorter ones would hardly
# shrink alone, so neighbours share a piece.
_ALONE = 4 * 1024
_SHARED = 16 * 1024

SMALL_PAGE = 1024 * 1024
"""Above this, compressing well takes longer than it is worth."""

_NOTHING = Text(b"", b"")

SourceKey: TypeAlias = tuple[str, ...]
"""Who shows something: the names of a stream, of a target, or of the process itself."""

Share: TypeAlias = Text | Pieces
"""What one source has in one family: a short text as it is, a long one compressed."""


def pack(slices: Iterable[Text], *, fast: bool) -> Share | None:
    """The form in which a family keeps a source's text, which comes in slices; None of no text."""
    packed: list[Pieces] = []
    length = 0
    for text in slices:
        length += len(text.plain)
        if not packed and length < _ALONE:
            return text
        packed.append(_deflate(text, fast=fast or length > SMALL_PAGE))
    return _joined(packed) if packed else None


class Family:
    """Short texts in the order of their sources, then long ones in the order of theirs."""

    def __init__(self, metric: Metric) -> None:
        self._header = header(metric)
        self._header_alone: Pieces | None = None
        self._leaves = [_Leaf(())]
        self._long: dict[SourceKey, Pieces] = {}

    def replace(self, source: SourceKey, share: Share | None) -> None:
        """Give `source` this share of the family, or none."""
        self._long.pop(source, None)
        index = bisect_right(self._leaves, source, key=lambda leaf: leaf.first) - 1
        leaf = self._leaves[index]
        leaf.remove(source)
        if isinstance(share, Pieces):
            self._long[source] = share
        elif share is not None:
            leaf.add(source, share)
            if leaf.size > _SHARED:
                self._leaves.insert(index + 1, leaf.split())
        if index and not leaf.texts:
            del self._leaves[index]

    def pieces(self, *, fast: bool) -> Pieces | None:
        """The family compressed, reusing all that did not change; None if it has no points."""
        shares: list[Pieces] = []
        lead = self._header
        for leaf in self._leaves:
            if leaf.texts:
                shares.append(leaf.pieces(lead, fast=fast))
                lead = _NOTHING
        if not shares:
            if not self._long:
                return None
            if self._header_alone is None:
                self._header_alone = _deflate(self._header, fast=False)
            shares.append(self._header_alone)
        shares += (self._long[source] for source in sorted(self._long))
        return _joined(shares)


class _Leaf:
    """Short texts of neighbouring sources, from `first` on, that are compressed as one piece."""

    __slots__ = ("_lead", "_pieces", "first", "size", "texts")

    def __init__(self, first: SourceKey) -> None:
        self.first = first
        self.size = 0
        self.texts: dict[SourceKey, Text] = {}
        self._lead = _NOTHING
        self._pieces: Pieces | None = None

    def add(self, source: SourceKey, text: Text) -> None:
        self.texts[source] = text
        self.size += len(text.plain)
        self._pieces = None

    def remove(self, source: SourceKey) -> None:
        text = self.texts.pop(source, None)
        if text is not None:
            self.size -= len(text.plain)
            self._pieces = None

    def split(self) -> "_Leaf":
        """Move the upper half to a leaf of its own."""
        sources = sorted(self.texts)
        upper = sources[len(sources) // 2 :]
        leaf = _Leaf(upper[0])
        for source in upper:
            leaf.add(source, self.texts[source])
            self.remove(source)
        return leaf

    def pieces(self, lead: Text, *, fast: bool) -> Pieces:
        if self._pieces is None or self._lead is not lead:
            texts = [lead, *(self.texts[source] for source in sorted(self.texts))]
            plain = b"".join(text.plain for text in texts)
            openmetrics = b"".join(text.openmetrics for text in texts)
            self._pieces = _deflate(Text(plain, openmetrics), fast=fast)
            self._lead = lead
        return self._pieces


def _joined(shares: Sequence[Pieces]) -> Pieces:
    return Pieces(
        tuple(piece for share in shares for piece in share.plain),
        tuple(piece for share in shares for piece in share.openmetrics),
    )


def _deflate(text: Text, *, fast: bool) -> Pieces:
    plain: Piece = deflate(text.plain, fast=fast)
    if text.openmetrics == text.plain:
        return Pieces((plain,), (plain,))
    return Pieces((plain,), (deflate(text.openmetrics, fast=fast),))
