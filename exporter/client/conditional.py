"""Answers kept with their ETag, so that a vendor can say "not modified"."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

_OVERHEAD = 1024
_LONGEST_ETAG = 1024


@dataclass(frozen=True, slots=True)
class Cached:
    """An answer of status 200 and the ETag it came with."""

    etag: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def size(self) -> int:
        """Bytes it is charged with; the headers are taken as a round sum."""
        return len(self.body) + _OVERHEAD


class ConditionalCache:
    """The least recently used answers by URL, at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[str, Cached] = OrderedDict()

    def get(self, url: str) -> Cached | None:
        """What is kept for the URL."""
        entry = self._entries.get(url)
        if entry is not None:
            self._entries.move_to_end(url)
        return entry

    def put(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep an answer; one without an ETag, or too large, replaces what was there by nothing."""
        former = self._entries.pop(url, None)
        if former is not None:
            self._bytes -= former.size
        etag = headers.get("etag", "")
        entry = Cached(etag, headers, body)
        if not 0 < len(etag) <= _LONGEST_ETAG or entry.size > self._max_bytes:
            return
        self._entries[url] = entry
        self._bytes += entry.size
        while self._bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= oldest.size
