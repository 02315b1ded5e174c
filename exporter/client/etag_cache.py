"""Answers kept with their ETag, so that a vendor can say "not modified"."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_OVERHEAD = 1024
_LONGEST_ETAG = 1024
_IDLE_SECONDS = 2 * 3600
"""How long an unused answer is kept: a URL with the current time in it is never requested again."""


@dataclass(slots=True)
class Cached:
    """An answer of status 200, the ETag it came with, who has used it, and when it was last used."""

    etag: str
    headers: Mapping[str, str]
    body: bytes
    used_at: float
    readers: set[object] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Bytes that it counts as, with a round figure for the headers."""
        return len(self.body) + _OVERHEAD


class ETagCache:
    """Answers by URL: those used in the last hours, and of these the last `max_bytes`."""

    def __init__(self, max_bytes: int, now: Callable[[], float]) -> None:
        self._max_bytes = max_bytes
        self._now = now
        self._bytes = 0
        self._entries: OrderedDict[str, Cached] = OrderedDict()

    def get(self, url: str, reader: object) -> Cached | None:
        """What is kept for the URL."""
        entry = self._entries.get(url)
        if entry is not None:
            self._entries.move_to_end(url)
            entry.used_at = self._now()
            entry.readers.add(reader)
        return entry

    def put(self, url: str, headers: Mapping[str, str], body: bytes, reader: object) -> None:
        """Keep an answer. One without an ETag, or too large, only removes the one that was kept."""
        self._remove(url)
        now = self._now()
        self._drop_idle(now)
        etag = headers.get("etag", "")
        entry = Cached(etag, headers, body, now, {reader})
        if not _sendable(etag) or entry.size > self._max_bytes:
            return
        self._entries[url] = entry
        self._bytes += entry.size
        while self._bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))

    def forget(self, reader: object) -> None:
        """Drop every answer that a reader has used."""
        for url in [url for url, entry in self._entries.items() if reader in entry.readers]:
            self._remove(url)

    def _drop_idle(self, now: float) -> None:
        while self._entries:
            url, oldest = next(iter(self._entries.items()))
            if oldest.used_at >= now - _IDLE_SECONDS:
                return
            self._remove(url)

    def _remove(self, url: str) -> None:
        entry = self._entries.pop(url, None)
        if entry is not None:
            self._bytes -= entry.size


def _sendable(etag: str) -> bool:
    """Whether an ETag can be sent back: a response header may hold bytes that a request must not."""
    return 0 < len(etag) <= _LONGEST_ETAG and etag.isascii() and etag.isprintable()
