"""One gzip member joined from pieces that were compressed apart."""

import enum
import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from isal import isal_zlib

# Deflate, no name, no time, so that equal pages are equal bytes; the system is "unknown".
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
# An empty final block ends the stream: no piece is marked as the last one.
_END = b"\x03\x00"
_TRAILER = struct.Struct("<II")
_RAW = -15
_GZIP = 31
_BEST_LEVEL = 6
_FAST_LEVEL = 1
# Most pieces are a few kilobytes: clearing the default's tables would take longer than to compress.
_MEMORY_LEVEL = 5


class Encoding(enum.StrEnum):
    """A content coding of HTTP."""

    IDENTITY = "identity"
    GZIP = "gzip"


class Piece(NamedTuple):
    """Raw deflate that ends on a byte, with the CRC-32 and the length of what it was made from."""

    raw: bytes
    crc: int
    length: int


def deflate(data: bytes, *, fast: bool = False) -> Piece:
    """Compress `data` so that it can stand between other pieces; `fast` trades size for time."""
    if fast:
        compressor = isal_zlib.compressobj(_FAST_LEVEL, isal_zlib.DEFLATED, _RAW)
        raw = compressor.compress(data) + compressor.flush(isal_zlib.Z_FULL_FLUSH)
    else:
        small = zlib.compressobj(_BEST_LEVEL, zlib.DEFLATED, _RAW, _MEMORY_LEVEL)
        raw = small.compress(data) + small.flush(zlib.Z_FULL_FLUSH)
    return Piece(raw, isal_zlib.crc32(data), len(data))


def join(pieces: Iterable[Piece]) -> bytes:
    """A single gzip member that holds what the pieces hold, one after the other."""
    parts = [_HEADER]
    crc = length = 0
    for piece in pieces:
        parts.append(piece.raw)
        crc = isal_zlib.crc32_combine(crc, piece.crc, piece.length)
        length += piece.length
    parts += (_END, _TRAILER.pack(crc, length & 0xFFFFFFFF))
    return b"".join(parts)


def joined_length(pieces: Iterable[Piece]) -> int:
    """How long the member is that `join` would make."""
    return sum((len(piece.raw) for piece in pieces), len(_HEADER) + len(_END) + _TRAILER.size)


def inflate(member: bytes) -> bytes:
    """What a gzip member made by `join` holds."""
    data: bytes = isal_zlib.decompress(member, wbits=_GZIP)
    return data
