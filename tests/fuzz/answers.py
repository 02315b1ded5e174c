"""Headers, statuses and compressed bodies of any bytes through the client: an answer, or a PollError."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import httpx

from exporter.client.client import Endpoint, Request
from exporter.client.errors import PollError, RateLimitedError
from exporter.client.paging import LinkHeader
from exporter.client.retry import LONGEST_WAIT
from tests.client.support import TOKEN, Setup, Transport
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError

_LIST = Endpoint("/list", "core", conditional=True)
_STATUSES = (200, 200, 200, 200, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 408, 410, 422, 429,
             429, 500, 503, 599, 999)  # fmt: skip
_HEADERS: dict[str, tuple[str, ...]] = {
    "Retry-After": ("0", "30", "1.5", "-1", "99999999999999", "Wed, 21 Oct 2026 07:28:00 GMT",
                    "Wed, 21 Oct 99999 07:28:00 GMT", "Thu, 01 Jan 1970 00:00:00 +9999"),
    "Link": ('<https://api.example.com/list?page=2>; rel="next"', "</list?page=3>; rel=next",
             '<//other.example/x>; rel="next prev"', '<https://api.example.com:99999/>; rel="next"'),
    "X-RateLimit-Limit": ("60", "5000", "-1", "1e3"),
    "X-RateLimit-Remaining": ("0", "59", "-5", "0.5"),
    "X-RateLimit-Reset": ("1700000060", "0", "99999999999999999999", "1700000060.5"),
    "X-RateLimit-Used": ("1", "-1"),
    "Date": ("Tue, 14 Nov 2023 22:13:20 GMT", "Tue, 99 Nov 2023 22:13:20 GMT"),
    "ETag": ('"abc"', 'W/"abc"', '"ab c"', '"é"'),
    "Content-Type": ("application/json", "text/html", "text/plain; charset=utf-16", "json"),
    "Content-Encoding": ("gzip", "x-gzip", "br", "identity", "gzip, gzip", "GZIP "),
    "Content-Length": ("0", "5", "-1", "99999999999999999999999", "1e3"),
    "Location": ("/list", "https://other.example/x", "https://[::", "//", "?a=b", "ftp://x/y"),
    "X-Accepted-GitHub-Permissions": ("organization_administration=read",),
    "Transfer-Encoding": ("chunked",),
}  # fmt: skip
_BODIES = (b"[]", b"[1, 2]", b'{"message": "secondary rate limit"}', b'{"error": {"message": 5}}',
           b"", b"<html>", gzip.compress(b"[1]") * 2)  # fmt: skip


@asynccontextmanager
async def headers(_: Path) -> AsyncIterator[Attempt]:
    """A list in pages, a stream and a single answer, asked for twice each."""

    async def attempt(random: Random) -> str:
        client = Setup(lambda _: _answer(random), tries=random.choice((1, 2)))
        try:
            for _ in range(2):
                await _ask(client, random)
        except PollError as error:
            str(error).encode()
            if TOKEN in str(error):
                raise BrokenPromiseError("the message tells the secret") from error
            if isinstance(error, RateLimitedError):
                wait = error.retry_at - client.clock.time()
                if not wait <= LONGEST_WAIT + 1:
                    raise BrokenPromiseError(f"the stream is silent for {wait} s") from error
            return error.state.value
        finally:
            await client.client.close()
        return "answered"

    yield attempt


async def _ask(setup: Setup, random: Random) -> None:
    kind = random.randrange(3)
    if kind == 0:
        await setup.client.get(Request(_LIST))
    elif kind == 1:
        async with setup.client.stream(Request(_LIST)) as pieces:
            async for _ in pieces:
                pass
    else:
        paging = LinkHeader(page_param="page")
        async for _ in setup.client.pages(Request(_LIST), paging, lambda body: (body, 1), 5):
            pass


def _answer(random: Random) -> httpx.Response:
    names = random.sample(list(_HEADERS), random.randrange(6))
    lines = [(name.encode(), _value(random, name)) for name in names]
    if random.random() < 0.05:
        lines += [(lines[0][0], b"again")] if lines else []
    body = random.choice(_BODIES)
    if random.random() < 0.3:
        body = damage.shuffled_bytes(random, body)
    return httpx.Response(
        random.choice(_STATUSES), headers=lines, stream=Transport([body] if body else [])
    )


def _value(random: Random, name: str) -> bytes:
    value = random.choice(_HEADERS[name]).encode()
    kind = random.randrange(5)
    if kind < 2:
        return value
    if kind == 2:
        value = damage.text(random).encode("utf-8", "surrogatepass")
    else:
        value = damage.shuffled_bytes(random, value)
    # No HTTP parser hands these on.
    return value.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").strip()
