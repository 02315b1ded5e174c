"""Answers that clients have not read yet: bounded in sum, however many clients read slowly."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_UNREAD = 64 * 1024 * 1024
"""Bytes of answers that are kept for their readers; an answer that is larger is kept all the same."""
EXTENSION = "usage_exporter.connection"
"""Of a request: its `abort` closes the connection at once, its `begin` is called when its answer begins."""
_SMALL = 16 * 1024
"""Answers up to this are not counted: connections are bounded, and each has a buffer as large."""


@dataclass(slots=True)
class _Body:
    """Bytes that one or more clients are reading."""

    content: bytes
    readers: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    """A client that reads a body, and how it is turned away."""

    key: object
    abort: Callable[[], None]


class Answers:
    """ASGI middleware. Where unread answers take too much, who has been reading for longest is cut off.

    A body that several clients read, such as the page that is shown, counts once; encrypted, it is
    another for each of them.
    """

    def __init__(self, app: ASGIApp, most: int = MOST_UNREAD) -> None:
        self._app = app
        self._most = most
        self._bodies: dict[object, _Body] = {}
        self._readers: OrderedDict[_Reader, None] = OrderedDict()
        self._unread = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope.get("extensions", {}).get(EXTENSION, {})
        abort = connection.get("abort", _nothing)
        begin = connection.get("begin", _nothing)
        encrypted = scope["scheme"] == "https"

        async def send_and_wait(message: Message) -> None:
            if message["type"] == "http.response.start":
                begin()
            body = message.get("body", b"")
            if len(body) <= _SMALL or message.get("more_body"):
                await send(message)
                return
            with self._kept(body, _Reader(object() if encrypted else id(body), abort)):
                await send({**message, "more_body": True})
                # It is taken when nearly all before it was read, or the client is gone.
                await send({"type": "http.response.body", "body": b""})

        await self._app(scope, receive, send_and_wait)

    @contextmanager
    def _kept(self, content: bytes, reader: _Reader) -> Iterator[None]:
        if reader.key not in self._bodies:
            self._make_room(len(content))
            self._bodies[reader.key] = _Body(content)
            self._unread += len(content)
        self._bodies[reader.key].readers += 1
        self._readers[reader] = None
        try:
            yield
        finally:
            self._let_go(reader)

    def _make_room(self, size: int) -> None:
        while self._readers and self._unread + size > self._most:
            reader = next(iter(self._readers))
            reader.abort()
            self._let_go(reader)

    def _let_go(self, reader: _Reader) -> None:
        if reader not in self._readers:
            return
        del self._readers[reader]
        body = self._bodies[reader.key]
        body.readers -= 1
        if not body.readers:
            del self._bodies[reader.key]
            self._unread -= len(body.content)


def _nothing() -> None:
    """There is no connection."""
