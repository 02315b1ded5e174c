"""A proxy on loopback between a client and a vendor; it speaks raw HTTP/1.1, so that it can break it."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import httpx

LARGEST_HEAD = 64 * 1024
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing then sends RST."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came; names of headers are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whole: what the vendor gave, or what is given instead."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "")

    def head(self, *, length: int | None = None, **more: str) -> bytes:
        """The status line and headers; `length` is left out where it is negative."""
        size = len(self.body) if length is None else length
        lines = [f"HTTP/1.1 {self.status} Proxied"]
        headers = {k: v for k, v in self.headers.items() if k not in _HOP_BY_HOP}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if size >= 0:
            lines.append(f"content-length: {size}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass(slots=True)
class Exchange:
    """One request, and the connection that waits for its answer."""

    asked: Asked
    number: int
    closes: bool = False
    """Whether the connection ends with this answer."""
    _writer: asyncio.StreamWriter = field(kw_only=True)
    _forward: Callable[[Asked], Awaitable[Reply]] = field(kw_only=True)

    async def vendor(self, target: str | None = None, body: bytes | None = None) -> Reply:
        """What the vendor answers; to another path and query if given, then without a condition.

        Another `body` of the request goes with it.
        """
        asked = self.asked
        if target is not None:
            content = asked.body if body is None else body
            left_out = ("if-none-match", "content-length")
            headers = {k: v for k, v in asked.headers.items() if k not in left_out}
            asked = Asked(asked.method, target, headers, content)
        return await self._forward(asked)

    async def write(self, data: bytes) -> None:
        """Bytes as they are; waits until the client takes them."""
        self._writer.write(data)
        await self._writer.drain()

    async def send(self, reply: Reply) -> None:
        """A whole and valid answer."""
        await self.write(reply.head() + reply.body)

    def reset(self) -> None:
        """Break the connection with RST."""
        self.closes = True
        connection: socket.socket | None = self._writer.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()


Spoil: TypeAlias = Callable[[Exchange], Awaitable[None]]


async def pass_on(exchange: Exchange) -> None:
    """No fault."""
    await exchange.send(await exchange.vendor())


class Proxy:
    """Listens on loopback; `spoil` decides what becomes of each request. Open it as a context."""

    def __init__(self, transport: httpx.AsyncBaseTransport, vendor: str) -> None:
        self.spoil: Spoil = pass_on
        self.asked: list[Asked] = []
        self.url = ""
        self._transport = transport
        self._vendor = vendor
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Proxy":
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=LARGEST_HEAD, backlog=512
        )
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The client has gone, or the proxy is closing: both end the connection, no more.
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, target, headers, body)
        self.asked.append(asked)
        exchange = Exchange(asked, len(self.asked), _writer=writer, _forward=self._forward)
        await self.spoil(exchange)
        return not exchange.closes

    async def _forward(self, asked: Asked) -> Reply:
        request = httpx.Request(
            asked.method, self._vendor + asked.target, headers=asked.headers, content=asked.body
        )
        response = await self._transport.handle_async_request(request)
        try:
            body = await response.aread()
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, body)
