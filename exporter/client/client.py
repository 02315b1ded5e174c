"""The HTTP client of all streams: the only code that talks to vendors."""

import asyncio
import copy
import hashlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from random import Random
from typing import NamedTuple, TypeVar, overload

import httpx

from exporter.client import body, retry
from exporter.client.auth import Credential, secrets_in
from exporter.client.conditional import Cached, ConditionalCache
from exporter.client.connection import connect
from exporter.client.errors import RateLimitedError, SchemaError, UnavailableError
from exporter.client.pace import Limit, Pace
from exporter.client.paging import Page, Paging
from exporter.client.request import Answer, Endpoint, Request, join, same_origin
from exporter.client.settings import ClientSettings, Observer
from exporter.clock import Clock

__all__ = ["Answer", "Client", "ClientSettings", "Endpoint", "Observer", "Request"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_LARGEST_ERROR = 64 * 1024
_DECODED_IN_THREAD = 256 * 1024


class _Target(NamedTuple):
    url: httpx.URL
    trusted: bool


class _Reply(NamedTuple):
    response: httpx.Response
    target: _Target
    secrets: list[str]


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
    ) -> None:
        self._settings = settings
        self._credential = credential
        self._observer = observer
        self._clock = clock
        self._random = random
        self._paces = {group: Pace(some, clock, group) for group, some in limits.items()}
        self._own_pace: Pace | None = None
        self._cache = ConditionalCache(settings.max_cached, clock.time)
        self._backoff = retry.Backoff(
            tries=settings.tries,
            limited_base=settings.limited_wait,
            max_wait=settings.max_wait,
        )
        self._origin = httpx.URL(settings.base_url)
        self._http = connect(
            timeout=settings.timeout,
            user_agent=settings.user_agent,
            proxy=settings.proxy,
            ca_file=settings.ca_file,
            transport=transport,
        )

    def narrowed(self, limit: Limit | None) -> "Client":
        """A view that shares everything and may obey one more limit of its own."""
        view = copy.copy(self)
        if limit is not None:
            view._own_pace = Pace([limit], self._clock, "the stream")
        return view

    def authorized(self, credential: Credential) -> "Client":
        """A view that shares everything and shows this credential."""
        view = copy.copy(self)
        view._credential = credential
        return view

    def forget(self) -> None:
        """Ask anew, without ETags, for what this view has read: its content was no good."""
        self._cache.forget(self)

    @property
    def clock(self) -> Clock:
        """The time that requests are paced by."""
        return self._clock

    async def close(self) -> None:
        """Close the connections, also those of narrowed views."""
        await self._http.aclose()

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

    # The first for pagings that do not look into the page: T would be inferred as object.
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
        max_pages: int = 10_000,
    ) -> AsyncGenerator[T, None]:
        """The decoded pages of a list; `decode` turns a body into a value and its count of rows.

        Large bodies are decoded in a thread. A page that repeats an earlier one is refused.
        """
        seen: dict[bytes, int] = {}
        following: Request | None = paging.first(request)
        number = 0
        while following is not None:
            number += 1
            if number > max_pages:
                raise SchemaError(f"{request.label}: more than {max_pages} pages")
            answer = await self.get(following)
            large = len(answer.body) > _DECODED_IN_THREAD
            value, count = (
                await asyncio.to_thread(decode, answer.body) if large else decode(answer.body)
            )
            digest = hashlib.blake2b(answer.body, digest_size=16).digest()
            if count and digest in seen:
                raise SchemaError(f"{request.label}: page {number} repeats page {seen[digest]}")
            seen[digest] = number
            following = paging.next(following, Page(answer, value, count))
            yield value

    async def _trying(self, request: Request, attempt: Callable[[Request], Awaitable[T]]) -> T:
        pace = self._paces[request.endpoint.group]
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
                # Raised out here, so that no traceback carries the transport's view of the request.
                raise verdict.error
            _log.info(
                "request is tried again endpoint=%s attempt=%d wait=%.1f reason=%r",
                request.endpoint.path,
                number,
                verdict.delay,
                str(verdict.error),
            )
            if verdict.action is retry.Action.RETRY or foreign:
                # Otherwise the pace holds the next try back, and with it the whole group.
                self._observer.waited(verdict.delay)
                await self._clock.sleep(verdict.delay)

    async def _read(self, request: Request) -> Answer:
        cached: Cached | None = None
        url = ""
        if request.endpoint.conditional and request.method == "GET" and not request.signed:
            url = str(request.resolve(self._settings.base_url))
            cached = self._cache.get(url, self)
        for etag in (cached.etag if cached else None, None):
            async with self._replied(request, etag) as reply:
                response = reply.response
                if response.status_code == 304:
                    if cached is not None and etag is not None:
                        headers = httpx.Headers({**cached.headers, **response.headers})
                        return Answer(200, headers, cached.body, from_cache=True)
                    continue
                async with (
                    self._deadline(),
                    aclosing(self._pieces(request, reply, self._settings.max_body)) as pieces,
                ):
                    content = b"".join([piece async for piece in pieces])
                if url and response.status_code == 200 and reply.target.trusted:
                    self._cache.put(url, response.headers, content, self)
                return Answer(response.status_code, response.headers, content)
        raise SchemaError(f"{request.label} answered 304 to a request without a condition")

    async def _open(
        self, request: Request
    ) -> tuple[AsyncExitStack, AsyncGenerator[bytes, None], bytes]:
        async with AsyncExitStack() as opening:
            reply = await opening.enter_async_context(self._replied(request, None))
            if reply.response.status_code == 304:
                raise SchemaError(f"{request.label} answered 304 to a request without a condition")
            chunks = self._pieces(request, reply, self._settings.max_stream)
            await opening.enter_async_context(aclosing(chunks))
            async with self._deadline():
                first = await anext(chunks, b"")
            kept = opening.pop_all()
        return kept, chunks, first

    async def _flow(
        self, request: Request, chunks: AsyncIterator[bytes], first: bytes
    ) -> AsyncGenerator[bytes, None]:
        """The pieces of a stream, within a time that counts only the waiting for the vendor."""
        left = self._settings.timeout * 120
        piece = first
        while piece:
            yield piece
            began = time.monotonic()
            try:
                piece = await anext(chunks, b"")
            except retry.TRANSPORT_ERRORS as problem:
                reason = retry.describe(problem)
                break
            left -= time.monotonic() - began
            if left < 0:
                reason = "it takes too long"
                break
        else:
            return
        raise UnavailableError(f"{request.label} broke off in the middle: {reason}")

    @asynccontextmanager
    async def _replied(self, request: Request, etag: str | None) -> AsyncIterator[_Reply]:
        """The accepted reply (2xx, or 304) at the end of all redirects."""
        url = request.resolve(self._settings.base_url)
        target = _Target(url, trusted=not request.signed)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._exchanged(request, target, etag) as reply:
                response = reply.response
                if response.status_code not in _REDIRECTS or request.method != "GET":
                    await self._accept(request, reply)
                    yield reply
                    return
                await self._start_of(request, response)
                location = response.headers.get("location", "")
            target = self._redirected(request, target, location)
        raise SchemaError(f"{request.label}: more than {_MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _exchanged(
        self, request: Request, target: _Target, etag: str | None
    ) -> AsyncIterator[_Reply]:
        """One request on the wire, observed once, when it is over."""
        pace = self._paces[request.endpoint.group]
        ours = same_origin(target.url, self._origin)
        if ours:
            first, then = (self._own_pace, pace) if self._own_pace else (pace, None)
            waited = await first.acquire(self._settings.max_wait, then)
            if waited > 0:
                self._observer.waited(waited)
                _log.debug("request waited endpoint=%s wait=%.1f", request.endpoint.path, waited)
        headers, secrets = await self._headers(target, etag)
        outgoing = self._http.build_request(
            request.method, target.url, headers=headers, json=request.json
        )
        code = "error"
        try:
            try:
                async with self._deadline():
                    response = await self._http.send(outgoing, stream=True)
            except UnicodeError as error:
                # What the resolver makes of a host name that is none, such as one too long.
                raise httpx.ConnectError("the host name is not valid") from error
            except httpx.InvalidURL as error:
                # httpx looks at the address of a redirect, also where it does not follow it.
                raise httpx.RemoteProtocolError("the redirect is not a URL") from error
            if ours and not request.endpoint.free:
                pace.tighten(response.headers)
            try:
                yield _Reply(response, target, secrets)
                code = str(response.status_code)
            except (*retry.TRANSPORT_ERRORS, UnavailableError):
                raise
            except BaseException:
                code = str(response.status_code)
                raise
            finally:
                await response.aclose()
        finally:
            self._observer.requested(request.endpoint, code)

    async def _headers(self, target: _Target, etag: str | None) -> tuple[dict[str, str], list[str]]:
        if not target.trusted:
            return {}, []
        credential = await self._credential.headers() if self._credential else {}
        headers = {**self._settings.headers, **credential}
        if etag is not None:
            headers["If-None-Match"] = etag
        return headers, secrets_in(credential)

    def _redirected(self, request: Request, target: _Target, location: str) -> _Target:
        if not location:
            raise SchemaError(f"{request.label}: the vendor redirects without saying where to")
        url = join(target.url, location, request.label)
        # Trust that is lost stays lost: a foreign host must not send us back with the credential.
        return _Target(url, target.trusted and same_origin(url, self._origin))

    async def _accept(self, request: Request, reply: _Reply) -> None:
        response = reply.response
        status = response.status_code
        kind = response.headers.get("content-type", "").lower()
        if status == 304:
            await self._start_of(request, response)
            return
        if 200 <= status < 300:
            if kind.startswith("text/html"):
                raise SchemaError(
                    f"{request.label} answered {status} with an HTML page: look for a login page "
                    "or a proxy in between, and check base_url"
                )
            return
        ours = same_origin(reply.target.url, self._origin)
        renewed = status == 401 and reply.target.trusted and await self._renewed(reply)
        # What a foreign host says may quote the signed link.
        start = await self._start_of(request, response) if ours else b""
        message = retry.vendor_message(start, kind, reply.secrets)
        raise retry.RefusedError(
            status, response.headers, message, foreign=not ours, renewed=renewed
        )

    async def _renewed(self, reply: _Reply) -> bool:
        """Whether there is another credential than the one that was refused."""
        credential = self._credential
        if credential is None or credential.invalidate():
            return credential is not None
        return secrets_in(await credential.headers()) != reply.secrets

    async def _start_of(self, request: Request, response: httpx.Response) -> bytes:
        """The body of an answer that is not data; read, so that the connection can be kept."""
        content = b""
        try:
            stream = body.pieces(_wire(response), response.headers, _LARGEST_ERROR, request.label)
            async with self._deadline(), aclosing(stream) as pieces:
                async for piece in pieces:
                    content += piece
        except (*retry.TRANSPORT_ERRORS, SchemaError) as problem:
            # The status decides; what came of the body is used for the message.
            _log.debug("error body is cut endpoint=%s reason=%r", request.endpoint.path, problem)
        return content

    def _pieces(self, request: Request, reply: _Reply, limit: int) -> AsyncGenerator[bytes, None]:
        response = reply.response
        return body.pieces(_wire(response), response.headers, limit, request.label)

    def _deadline(self) -> asyncio.Timeout:
        return asyncio.timeout(self._settings.timeout * 10)


def _wire(response: httpx.Response) -> httpx.AsyncByteStream:
    """The bytes as they were sent: httpx itself would stop after the first gzip member."""
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("the transport gave a response that cannot be read asynchronously")
    return response.stream
