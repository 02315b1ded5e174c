"""What `/metrics` serves: one immutable page in all its formats and encodings."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exporter.exposition.compress import Encoding, Piece, deflate, inflate, join, joined_length
from exporter.exposition.render import Format, family_name
from exporter.model import Metric, MetricType

_EOF = deflate(b"# EOF\n")

_SUFFIXES: dict[MetricType, tuple[str, ...]] = {
    MetricType.COUNTER: ("", "_total", "_created"),
    MetricType.GAUGE: ("",),
    MetricType.HISTOGRAM: ("", "_bucket", "_sum", "_count", "_created"),
}


class Pieces(NamedTuple):
    """The compressed text of one family, header first, in both formats."""

    plain: tuple[Piece, ...]
    openmetrics: tuple[Piece, ...]


class Page:
    """All families as of one moment; gzip bodies are ready, identity bodies inflated on demand."""

    __slots__ = ("_families", "_gzip", "_identity")

    def __init__(self, families: Mapping[Metric, Pieces]) -> None:
        self._families = families
        self._gzip = {format_: join(self._pieces(families, format_)) for format_ in Format}
        self._identity: dict[Format, bytes] = {}

    def ready(self, format: Format, encoding: Encoding) -> bytes | None:  # noqa: A002
        """The whole page, where it has been made in this form."""
        return (self._gzip if encoding is Encoding.GZIP else self._identity).get(format)

    def length(
        self,
        names: Iterable[str] | None,
        format: Format,  # noqa: A002
        encoding: Encoding,
    ) -> int:
        """How long the page, or what `select` gives, is in this form; nothing is made for it."""
        families = self._families if names is None else self._chosen(names)
        pieces = self._pieces(families, format)
        if encoding is Encoding.GZIP:
            return joined_length(pieces)
        return sum(piece.length for piece in pieces)

    def body(self, format: Format, encoding: Encoding) -> bytes:  # noqa: A002
        """The whole page. The first identity body of a big page takes milliseconds: use a thread."""
        if encoding is Encoding.GZIP:
            return self._gzip[format]
        body = self._identity.get(format)
        if body is None:
            body = self._identity[format] = inflate(self._gzip[format])
        return body

    def select(
        self,
        names: Iterable[str],
        format: Format,  # noqa: A002
        encoding: Encoding = Encoding.IDENTITY,
    ) -> bytes:
        """The families that are called, or have samples called, one of `names`, in page order."""
        member = join(self._pieces(self._chosen(names), format))
        return member if encoding is Encoding.GZIP else inflate(member)

    def _chosen(self, names: Iterable[str]) -> dict[Metric, Pieces]:
        wanted = frozenset(names)
        return {
            metric: pieces
            for metric, pieces in self._families.items()
            if any(family_name(metric) + suffix in wanted for suffix in _SUFFIXES[metric.type])
        }

    @staticmethod
    def _pieces(families: Mapping[Metric, Pieces], format_: Format) -> list[Piece]:
        openmetrics = format_ is Format.OPENMETRICS
        pieces = [piece for family in families.values() for piece in family[openmetrics]]
        if openmetrics:
            pieces.append(_EOF)
        return pieces
