"""The exporter's own port: negotiation of any header, and requests of any bytes to the real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import Metric, MetricType, Point
from exporter.web import routes, server, status_page
from exporter.web.guard import Guard
from exporter.web.listing import View
from exporter.web.negotiation import encoding_for, negotiate
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError
from tests.web.world import NOW, example

_GAUGE = Metric("things", MetricType.GAUGE, "Things.", ("name",))
_ACCEPTS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    'text/plain; a="b,c\\"d"; q=1.0, application/*;q=0',
    "gzip;q=1.0, identity;q=0.5, *;q=0",
    "*/*",
)
_REQUESTS = (
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\nAccept-Encoding: gzip\r\n\r\n",
    b"GET /metrics?name[]=things&name%5B%5D=%ff%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /?search=%F0%9F%98%80&sort=account&page=2&state=ok HTTP/1.1\r\nHost: a\r\n\r\n",
    b"HEAD /-/ready HTTP/1.0\r\n\r\n",
    b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
)
_FIRST_NEWS = 0.05
"""How long an unfinished request is left waiting before its connection is closed."""


@asynccontextmanager
async def negotiation(_: Path) -> AsyncIterator[Attempt]:
    """Accept and Accept-Encoding as any text: a format that there is."""

    async def attempt(random: Random) -> str:
        header = damage.shuffled_text(random, random.choice(_ACCEPTS), _ACCEPTS)
        if random.random() < 0.02:
            header *= 40
        encoding = encoding_for(header)
        form = negotiate(header)
        if not isinstance(form, Format) or not isinstance(encoding, Encoding | None):
            raise BrokenPromiseError(f"{header!r} gives {form!r}, {encoding!r}")
        return f"{form.value} {encoding}"

    yield attempt


@asynccontextmanager
async def requests(_: Path) -> AsyncIterator[Attempt]:
    """Bytes on a connection: an answer below 500 or a closed connection, and the next scrape works."""
    broken: list[str] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: broken.append(repr(context.get("exception"))))
    board = Exposition([_GAUGE])
    await board.put(("here",), {_GAUGE: [Point(("acme", "a"), 1)]})
    await board.flush()
    targets = example()

    def page(query: Any) -> str:
        view = View.of(query)
        return status_page.render(targets, NOW, view, telemetry_path="/metrics", version="1")

    application = routes.create(
        board, telemetry_path="/metrics", status_page=page, ready=lambda: True
    )
    listening = server.listen("127.0.0.1:0")
    port = listening.getsockname()[1]
    http = server.create(Guard(application, None))
    serving = asyncio.create_task(http.serve(sockets=[listening]))

    async def attempt(random: Random) -> str:
        told = await _ask(port, _request(random))
        if told.startswith("5"):
            raise BrokenPromiseError(f"an answer of {told}")
        if random.random() < 0.1 and (scrape := await _ask(port, _REQUESTS[0])) != "200":
            raise BrokenPromiseError(f"then a scrape is {scrape}")
        if broken:
            raise BrokenPromiseError(f"the server logged {broken.pop()}")
        return told

    try:
        while not http.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0)
        yield attempt
    finally:
        http.should_exit = True
        await serving
        loop.set_exception_handler(before)


def _request(random: Random) -> bytes:
    kind = random.randrange(4)
    if kind == 0:
        query = "&".join(f"name[]={damage.text(random)[:50]}" for _ in range(random.randrange(120)))
        target = f"/{random.choice(('metrics', '', '-/ready', '%2e%2e'))}?{query}"
        line = target.encode("utf-8", "surrogatepass").replace(b" ", b"+").replace(b"\n", b"%0a")
        return b"GET " + line + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    if kind == 1:
        name = random.choice((b"Accept", b"Accept-Encoding", b"Host", b"Content-Length", b"Expect"))
        value = damage.text(random).encode("utf-8", "surrogatepass")
        return b"GET /metrics HTTP/1.1\r\n" + name + b": " + value + b"\r\n\r\n"
    return damage.shuffled_bytes(random, random.choice(_REQUESTS), _REQUESTS)


async def _ask(port: int, request: bytes) -> str:
    """The status, or what happens instead of one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        with suppress(ConnectionError):
            await writer.drain()
        complete = request is _REQUESTS[0]
        answer = reader.read(12)
        start = await (answer if complete else asyncio.wait_for(answer, _FIRST_NEWS))
    except TimeoutError:
        return "waits for more"
    except ConnectionError:
        return "closed"
    finally:
        writer.transport.abort()
    return start[9:12].decode("latin-1") if start.startswith(b"HTTP/1.1 ") else "closed"
