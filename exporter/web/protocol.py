"""HTTP connections that cannot hold the server up: bounds on time, size and number."""

import resource
from collections import OrderedDict
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exporter.web.tls import names

HEADER_SECONDS = 10.0
"""How long a connection may take to send a request's head, from its first moment on."""
HEADER_BYTES = 16 * 1024
"""How large a request's head may be."""
WRITE_SECONDS = 60.0
"""How long a client may take to read an answer."""
MOST_CONNECTIONS = 1_024


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP connection; of too many, the one that has been idle longest is closed.

    Those that never finished a request are closed first: a scraper's connection is kept.
    """

    allowed_sans: ClassVar[frozenset[str]]
    most_connections: ClassVar[int]
    _idle: ClassVar[OrderedDict["BoundedProtocol", None]]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_bytes = 0
        self._served = False
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._abort)
        if self.allowed_sans:
            tls = transport.get_extra_info("ssl_object")
            if tls is None or not (names(tls.getpeercert()) & self.allowed_sans):
                self._abort()
                return
        self._idle[self] = None
        if len(self.connections) > self.most_connections:
            self._victim()._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._idle.pop(self, None)
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self in self._idle:
            self._head_bytes += len(data)
        super().data_received(data)
        if self in self._idle and self._head_bytes > HEADER_BYTES:
            self._abort()

    def on_headers_complete(self) -> None:
        self._idle.pop(self, None)
        self._deadline.cancel()
        self._deadline = self.loop.call_later(WRITE_SECONDS, self._abort)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._served = True
        if not self.transport.is_closing():
            self._head_bytes = 0
            self._idle[self] = None
            if not self.transport.get_write_buffer_size():
                # Between two requests uvicorn's own keep-alive time applies.
                self._deadline.cancel()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADER_SECONDS, self._abort)

    def _victim(self) -> "BoundedProtocol":
        return next((idle for idle in self._idle if not idle._served), next(iter(self._idle)))

    def _abort(self) -> None:
        self._idle.pop(self, None)
        self.transport.abort()


def bounded(allowed_sans: frozenset[str]) -> type[BoundedProtocol]:
    """The protocol of one server.

    Connections are bounded by half the file descriptors of the process, so that a scrape can always
    be accepted.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    attributes = {
        "allowed_sans": allowed_sans,
        "most_connections": max(16, min(MOST_CONNECTIONS, descriptors // 2)),
        "_idle": OrderedDict(),
    }
    return type("BoundedProtocol", (BoundedProtocol,), attributes)
