"""HTTP connections that cannot hold the server up: bounds on time, size and number."""

import resource
from collections import OrderedDict
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from exporter.web.answers import EXTENSION
from exporter.web.tls import names

HEADER_SECONDS = 10.0
"""How long a connection may take to send a request's head, from its first moment on.

As long may the rest of a request take that was answered before it came.
"""
HEADER_BYTES = 16 * 1024
"""How large a request's head may be."""
WRITE_SECONDS = 60.0
"""How long a client may take to read an answer, from its begin on."""
MOST_PIPELINED = 16
"""How many requests of a connection may wait for the answer to an earlier one."""
_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
_REFUSAL = (
    f"HTTP/1.1 {_TOO_LARGE.value} {_TOO_LARGE.phrase}\r\n"
    "connection: close\r\ncontent-length: 0\r\n\r\n"
).encode()
MOST_CONNECTIONS = 1_024


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP connection; of too many, the one that has been idle longest is closed.

    Those that never finished a request are closed first: a scraper's connection is kept. Where none
    is idle, the one goes that has been busy with its request for longest.
    """

    allowed_sans: ClassVar[frozenset[str]]
    most_connections: ClassVar[int]
    _idle: ClassVar[OrderedDict["BoundedProtocol", None]]
    _busy: ClassVar[OrderedDict["BoundedProtocol", None]]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._head_bytes = 0
        self._unparsed_bytes = 0
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
        self._forget()
        self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self not in self._idle:
            return
        # The parser tells of a name or a value when it has ended.
        self._unparsed_bytes += len(data)
        if self._unparsed_bytes > HEADER_BYTES:
            self._abort()
        elif self._deadline.cancelled():
            # uvicorn's keep-alive time ended with the first byte, whatever that was.
            self._end_by(HEADER_SECONDS)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._unparsed_bytes = 0
        self.scope["extensions"] = {EXTENSION: {"abort": self._abort, "begin": self._begin_answer}}
        self._end_by(HEADER_SECONDS)

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + len(b": \r\n")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.transport.is_closing():
            return
        if self._head_bytes > HEADER_BYTES:
            self.transport.write(_REFUSAL)
            self.transport.close()
        elif len(self.pipeline) >= MOST_PIPELINED:
            self._abort()
        else:
            self._idle.pop(self, None)
            self._busy[self] = None
            if self.cycle is None or self.cycle.response_complete:
                # Until its answer begins, it is not the client who is slow.
                self._deadline.cancel()
            else:
                self._end_by(WRITE_SECONDS)
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._unparsed_bytes = 0
        super().on_message_complete()
        if self.cycle is not None and self.cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._served = True
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self.cycle.more_body:
            # uvicorn's keep-alive time begins again with each byte of the rest.
            self._end_by(HEADER_SECONDS)
        else:
            self._rest()

    def _begin_answer(self) -> None:
        self._end_by(WRITE_SECONDS)

    def _rest(self) -> None:
        """Wait for the next request; uvicorn's own keep-alive time applies."""
        self._busy.pop(self, None)
        self._idle[self] = None
        if not self.transport.get_write_buffer_size():
            self._deadline.cancel()

    def _end_by(self, seconds: float) -> None:
        self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._abort)

    def _victim(self) -> "BoundedProtocol":
        idle = [each for each in self._idle if each is not self]
        unserved = (each for each in idle if not each._served)
        return next(unserved, None) or next(iter([*idle, *self._busy, self]))

    def _abort(self) -> None:
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        self._idle.pop(self, None)
        self._busy.pop(self, None)


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
        "_busy": OrderedDict(),
    }
    return type("BoundedProtocol", (BoundedProtocol,), attributes)
