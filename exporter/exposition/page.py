"""What `/metrics` serves: one immutable page in all its formats and encodings."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exporter.exposition.compress import Encoding, Piece, deflate, inflate, join
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
        wanted = frozenset(names)
        chosen = {
            metric: pieces
            for metric, pieces in self._families.items()
            if any(family_name(metric) + suffix in wanted for suffix in _SUFFIXES[metric.type])
        }
        member = join(self._pieces(chosen, format))
        return member if encoding is Encoding.GZIP else inflate(member)

    @staticmethod
    def _pieces(families: Mapping[Metric, Pieces], format_: Format) -> list[Piece]:
        openmetrics = format_ is Format.OPENMETRICS
        pieces = [piece for family in families.values() for piece in family[openmetrics]]
        if openmetrics:
            pieces.append(_EOF)
        return pieces
