"""Which format and encoding a client gets, by the quality values of its headers (RFC 9110)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from exporter.exposition.compress import Encoding
from exporter.exposition.render import Format

CONTENT_TYPES = {
    Format.PLAIN: "text/plain; version=0.0.4; charset=utf-8",
    Format.OPENMETRICS: "application/openmetrics-text; version=1.0.0; charset=utf-8",
}

_QUOTED = r'"(?:\\.|[^"\\])*"?'
_ELEMENTS = re.compile(rf'(?:{_QUOTED}|[^,"])+', re.DOTALL)
_PARAMETERS = re.compile(rf'(?:{_QUOTED}|[^;"])+', re.DOTALL)
_QUALITY = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")

# How closely a media range names a format; the closest range decides.
_ANY, _TYPE, _SUBTYPE, _VERSION = range(1, 5)

_MEDIA_TYPES = {
    Format.PLAIN: ("text", "plain"),
    Format.OPENMETRICS: ("application", "openmetrics-text"),
}
_VERSIONS = {Format.PLAIN: "0.0.4", Format.OPENMETRICS: "1.0.0"}


class _Element(NamedTuple):
    value: str
    parameters: dict[str, str]
    quality: float


class _Match(NamedTuple):
    """How much a client wants a format; compared from the first field on."""

    quality: float
    closeness: int
    named_openmetrics: bool


# Scrapers send the same few headers for ever.
@lru_cache(maxsize=32)
def negotiate(accept: str | None) -> Format:
    """The format for an Accept header; text 0.0.4 where it names nothing that is served."""
    elements = list(_elements(accept or ""))
    matches = {
        format_: match
        for format_ in Format
        if (match := _match(format_, elements)) is not None and match.quality > 0
    }
    # `max` keeps the first of equals: text 0.0.4 where no range names either format.
    return max(matches, key=lambda format_: matches[format_], default=Format.PLAIN)


@lru_cache(maxsize=32)
def encoding_for(accept_encoding: str | None) -> Encoding | None:
    """The encoding for an Accept-Encoding header; None where it takes neither that there is."""
    qualities: dict[str, float] = {}
    for element in _elements(accept_encoding or ""):
        name = "gzip" if element.value == "x-gzip" else element.value
        qualities[name] = max(element.quality, qualities.get(name, 0.0))
    gzip = qualities.get("gzip", qualities.get("*", 0.0))
    # What is not encoded may always be sent, unless the header says otherwise.
    identity = qualities.get("identity", qualities.get("*"))
    if gzip > 0 and gzip >= (identity or 0.0):
        return Encoding.GZIP
    return None if identity == 0.0 else Encoding.IDENTITY


def _match(format_: Format, elements: list[_Element]) -> _Match | None:
    """The closest range that covers the format, of equally close ones the most wanted."""
    found: list[tuple[int, float]] = []
    for element in elements:
        closeness = _closeness(format_, element)
        if closeness:
            found.append((closeness, element.quality))
    if not found:
        return None
    closeness, quality = max(found)
    return _Match(quality, closeness, format_ is Format.OPENMETRICS and closeness >= _SUBTYPE)


def _closeness(format_: Format, element: _Element) -> int:
    type_, subtype = _MEDIA_TYPES[format_]
    range_type, _, range_subtype = element.value.partition("/")
    if (range_type, range_subtype) == ("*", "*"):
        return _ANY
    if range_type != type_:
        return 0
    if range_subtype == "*":
        return _TYPE
    if range_subtype != subtype:
        return 0
    version = element.parameters.get("version")
    if version == _VERSIONS[format_]:
        return _VERSION
    if format_ is Format.PLAIN:
        # Text 1.0.0 differs from 0.0.4 only in names that are never served.
        return _SUBTYPE
    # Whoever reads OpenMetrics 0.0.1 reads 1.0.0; 2.0.0 is another grammar.
    return _SUBTYPE if version in (None, "0.0.1") else 0


def _elements(header: str) -> Iterator[_Element]:
    """The elements of a list header; one with a malformed quality is left out."""
    for element in _ELEMENTS.findall(header):
        value, *pairs = [part.strip() for part in _PARAMETERS.findall(element)] or [""]
        parameters = {}
        for pair in pairs:
            name, _, content = pair.partition("=")
            parameters[name.strip().lower()] = content.strip().strip('"')
        quality = parameters.get("q", "1")
        if value and _QUALITY.fullmatch(quality):
            yield _Element(value.lower(), parameters, float(quality))
