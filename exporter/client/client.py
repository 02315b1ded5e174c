"""The HTTP client of all streams: the only code that talks to vendors."""

import asyncio
import copy
import hashlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from random import Random
from typing import TypeVar, overload

import httpx

from exporter import log
from exporter.client import retry
from exporter.client.auth import Credential
from exporter.client.body_limit import LargeBodyLimit
from exporter.client.connection import connect
from exporter.client.error_text import describe
from exporter.client.errors import RateLimitedError, SchemaError, UnavailableError
from exporter.client.etag_cache import Cached, ETagCache
from exporter.client.pace import Limit, Pace
from exporter.client.paging import MOST_EMPTY, MOST_PAGES, Page, Paging
from exporter.client.request import Answer, Endpoint, Request
from exporter.client.settings import ClientSettings, Observer
from exporter.client.transport import Transport
from exporter.clock import Clock

__all__ = ["Answer", "Client", "ClientSettings", "Endpoint", "Observer", "Request"]

T = TypeVar("T")

_log = log.logger(__name__)

_DECODED_IN_THREAD = 256 * 1024


class Client:
    """Asks one target's vendor: paced, authorized, with retries, within limits of size and time."""

    def __init__(
        self,
        settings: ClientSettings,
        credential: Credential | None,
        limits: Mapping[str, Sequence[Limit]],
        observer: Observer,
        clock: Clock,
        random: Random,
        transport: httpx.AsyncBaseTransport | None = None,
        large_bodies: LargeBodyLimit | None = None,
    ) -> None:
        self._settings = settings
        self._large_bodies = large_bodies or LargeBodyLimit()
        self._observer = observer
        self._clock = clock
        self._random = random
        self._cache = ETagCache(settings.max_cached, clock.time)
        self._backoff = retry.Backoff(
            tries=settings.tries,
            limited_base=settings.limited_wait,
            max_wait=settings.max_wait,
        )
        http = connect(
            timeout=settings.timeout,
            user_agent=settings.user_agent,
            proxy=settings.proxy,
            ca_file=settings.ca_file,
            transport=transport,
        )
        paces = {group: Pace(some, clock, group) for group, some in limits.items()}
        self._transport = Transport(settings, observer, http, paces, credential)

    def narrowed(self, limit: Limit | None) -> "Client":
        """A client that shares everything with this one and may obey one more limit."""
        view = copy.copy(self)
        if limit is not None:
            view._transport = self._transport.narrowed(Pace([limit], self._clock, "the stream"))
        return view

    def authorized(self, credential: Credential) -> "Client":
        """A client that shares everything with this one and sends this credential."""
        view = copy.copy(self)
        view._transport = self._transport.authorized(credential)
        return view

    def forget(self) -> None:
        """Drop the cached answers that this view has read: they are requested without ETags."""
        self._cache.forget(self)

    @property
    def clock(self) -> Clock:
        """The time that requests are paced by."""
        return self._clock

    async def close(self) -> None:
        """Close the connections, also those of narrowed views."""
        await self._transport.http.aclose()

    async def get(self, request: Request) -> Answer:
        """The whole answer, of a 2xx status."""
        return await self._trying(request, self._read)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """The answer in pieces of at most 1 MiB as they arrive.

        Nothing is retried after the first piece, because rows would be seen twice.
        """
        opened, chunks, first = await self._trying(request, self._open)
        async with opened, aclosing(self._flow(request, chunks, first)) as flow:
            yield flow

    # The first overload is for pagings that do not look into the page: with the second alone, T
    # would be inferred as object.
    @overload
    def pages(
        self,
        request: Request,
        paging: Paging[object],
        decode: Callable[[bytes], tuple[T, int]],
        max_pages: int = ...,
    ) -> AsyncGenerator[T, None]: ...

    @overload
    def pages(
        self,
        request: Request,
        paging: Paging[T],
        decode: Callable[[bytes], tuple[T, int]],
        max_pages: int = ...,
    ) -> AsyncGenerator[T, None]: ...

    async def pages(
        self,
        request: Request,
        paging: Paging[T],
        decode: Callable[[bytes], tuple[T, int]],
        max_pages: int = MOST_PAGES,
    ) -> AsyncGenerator[T, None]:
        """The decoded pages of a list; `decode` turns a body into a value and its count of rows.

        Large bodies are decoded in a thread. A list that repeats a page, is longer than `max_pages` or
        goes on without rows raises SchemaError.
        """
        seen: dict[bytes, int] = {}
        following: Request | None = paging.first(request)
        number = empty = 0
        while following is not None:
            number += 1
            if number > max_pages:
                raise SchemaError(
                    f"{request.label}: more than {max_pages} pages: the vendor's list has no end"
                )
            if empty > MOST_EMPTY:
                raise SchemaError(
                    f"{request.label}: the last {empty} pages are empty and promise more: the "
                    "vendor's list has no end"
                )
            answer = await self.get(following)
            large = len(answer.body) > _DECODED_IN_THREAD
            value, count = (
                await asyncio.to_thread(decode, answer.body) if large else decode(answer.body)
            )
            digest = hashlib.blake2b(answer.body, digest_size=16).digest()
            if count and digest in seen:
                raise SchemaError(f"{request.label}: page {number} repeats page {seen[digest]}")
            seen[digest] = number
            empty = 0 if count else empty + 1
            following = paging.next(following, Page(answer, value, count))
            yield value

    async def _trying(self, request: Request, attempt: Callable[[Request], Awaitable[T]]) -> T:
        pace = self._transport.paces[request.endpoint.group]
        number, renewed = 0, False
        while True:
            number += 1
            try:
                return await attempt(request)
            except (retry.RefusedError, *retry.TRANSPORT_ERRORS) as problem:
                if isinstance(problem, retry.RefusedError) and problem.renewed and not renewed:
                    renewed = True
                    continue
                verdict = self._backoff.judge(
                    problem,
                    request.label,
                    number,
                    self._clock.time(),
                    self._random,
                    repeatable=request.repeatable,
                )
                foreign = isinstance(problem, retry.RefusedError) and problem.foreign
            if isinstance(verdict.error, RateLimitedError) and not foreign:
                pace.block_until(verdict.error.retry_at)
            if verdict.action is retry.Action.FAIL:
                # Raised outside of `except`: a traceback would hold the request with its credential.
                raise verdict.error
            _log.debug(
                "a request is tried again",
                endpoint=request.endpoint.path,
                attempt=number,
                wait=round(verdict.delay, 1),
                reason=str(verdict.error),
            )
            if verdict.action is retry.Action.RETRY or foreign:
                # After a rate limit the pace, blocked above, holds back the whole group.
                self._observer.waited(verdict.delay)
                await self._clock.sleep(verdict.delay)

    async def _read(self, request: Request) -> Answer:
        cached: Cached | None = None
        url = ""
        if request.endpoint.conditional and request.method == "GET" and not request.signed:
            url = str(request.resolve(self._settings.base_url))
            cached = self._cache.get(url, self)
        for etag in (cached.etag if cached else None, None):
            async with self._transport.replied(request, etag) as reply:
                response = reply.response
                if response.status_code == 304:
                    if cached is not None and etag is not None:
                        headers = httpx.Headers({**cached.headers, **response.headers})
                        return Answer(200, headers, cached.body, from_cache=True)
                    continue
                most = self._settings.max_body
                async with (
                    self._transport.deadline() as deadline,
                    aclosing(self._transport.pieces(request, response, most)) as pieces,
                ):
                    content = await self._large_bodies.gather(pieces, deadline)
                if url and response.status_code == 200 and reply.destination.trusted:
                    self._cache.put(url, response.headers, content, self)
                return Answer(response.status_code, response.headers, content)
        raise SchemaError(f"{request.label} answered 304 to a request without a condition")

    async def _open(
        self, request: Request
    ) -> tuple[AsyncExitStack, AsyncGenerator[bytes, None], bytes]:
        async with AsyncExitStack() as opening:
            reply = await opening.enter_async_context(self._transport.replied(request, None))
            if reply.response.status_code == 304:
                raise SchemaError(f"{request.label} answered 304 to a request without a condition")
            chunks = self._transport.pieces(request, reply.response, self._settings.max_stream)
            await opening.enter_async_context(aclosing(chunks))
            async with self._transport.deadline():
                first = await anext(chunks, b"")
            kept = opening.pop_all()
        return kept, chunks, first

    async def _flow(
        self, request: Request, chunks: AsyncIterator[bytes], first: bytes
    ) -> AsyncGenerator[bytes, None]:
        """The pieces of a stream; of its time limit only waiting for the vendor is counted."""
        left = self._settings.timeout * 120
        piece = first
        while piece:
            yield piece
            began = time.monotonic()
            try:
                piece = await anext(chunks, b"")
            except retry.TRANSPORT_ERRORS as problem:
                reason = describe(problem)
                break
            left -= time.monotonic() - began
            if left < 0:
                reason = "it takes too long"
                break
        else:
            return
        raise UnavailableError(f"{request.label} broke off in the middle: {reason}")
