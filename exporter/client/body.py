"""Bodies of responses: decompressed up to a limit, and checked to be complete."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator, Mapping

import httpx

from exporter.client.errors import SchemaError

PIECE = 1024 * 1024
"""The longest piece of a body that is handed on."""

_GZIP = 16 + zlib.MAX_WBITS


class BrokenBodyError(Exception):
    """The body ended early or cannot be decompressed: worth another try."""


class Decoder:
    """Turns the bytes of one body into pieces of plain content, never more than `limit` in all."""

    def __init__(self, encoding: str, limit: int, label: str) -> None:
        encoding = encoding.strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise SchemaError(
                f"{label}: the answer has Content-Encoding {encoding[:40]!r}, only gzip was asked "
                "for: look for a proxy in between"
            )
        self._compressed = encoding.endswith("gzip")
        self._limit = limit
        self._label = label
        self._inflater: zlib._Decompress | None = None
        self._members = 0
        self._received = 0
        self._produced = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed pieces that these bytes give."""
        self._received += len(data)
        # Received bytes are limited too: endless empty gzip members would decompress to nothing.
        self._check(self._received)
        if self._compressed:
            yield from self._inflate(data)
        else:
            for start in range(0, len(data), PIECE):
                yield data[start : start + PIECE]

    def finish(self) -> Iterator[bytes]:
        """The rest of the content; `BrokenBodyError` when the compressed stream is not complete."""
        if self._inflater is not None:
            yield from self._inflate(b"")
        if self._inflater is not None:
            raise BrokenBodyError("the compressed body ends early")

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        while True:
            if self._inflater is None:
                # A gzip body may have several members, and zeros after the last one as padding.
                data = data.lstrip(b"\0") if self._members else data
                if not data:
                    return
                self._inflater = zlib.decompressobj(_GZIP)
            try:
                piece = self._inflater.decompress(data, PIECE)
            except zlib.error as error:
                raise BrokenBodyError(f"the compressed body is damaged ({error})") from error
            if self._inflater.eof:
                data = self._inflater.unused_data
                self._inflater = None
                self._members += 1
            else:
                data = self._inflater.unconsumed_tail
            if piece:
                self._produced += len(piece)
                self._check(self._produced)
                yield piece
            if not data and len(piece) < PIECE:
                return

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise SchemaError(
                f"{self._label}: the answer is larger than the limit of {self._limit} bytes"
            )


async def pieces(
    stream: httpx.AsyncByteStream, headers: Mapping[str, str], limit: int, label: str
) -> AsyncGenerator[bytes, None]:
    """The content of a response in pieces of at most 1 MiB."""
    decoder = Decoder(headers.get("content-encoding", ""), limit, label)
    received = 0
    async for data in stream:
        received += len(data)
        for piece in decoder.feed(data):
            yield piece
            if len(piece) == PIECE:
                # A small chunk may decompress to a thousand times its size: let other tasks run.
                await asyncio.sleep(0)
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) != received:
        raise BrokenBodyError(f"the body has {received} of {declared[:20]} bytes")
    for piece in decoder.finish():
        yield piece
