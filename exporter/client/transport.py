"""Sends requests: paced, with the credential, through redirects to an accepted reply."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import httpx

from exporter import log
from exporter.client import body, retry
from exporter.client.auth import Credential, secrets_in
from exporter.client.error_text import vendor_document, vendor_message
from exporter.client.errors import SchemaError, UnavailableError
from exporter.client.expiry import credential_expiry
from exporter.client.pace import Pace
from exporter.client.reaching import NOT_REACHED, UnreachedError, port_of, unreached
from exporter.client.request import Request, join, same_origin
from exporter.client.settings import ClientSettings, Observer

_log = log.logger(__name__)

SLOW = 10.0
"""Seconds until an answer begins that are worth a word; it is quick again in half of them."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_LARGEST_ERROR = 64 * 1024


class Destination(NamedTuple):
    """Where a request goes; only a trusted host is shown the credential."""

    url: httpx.URL
    trusted: bool


class Reply(NamedTuple):
    """What came back, from where, and the secrets that the request showed."""

    response: httpx.Response
    destination: Destination
    secrets: list[str]


@dataclass(frozen=True, slots=True, repr=False)
class Transport:
    """Makes the exchanges of one target; `own_pace` is that of a single stream.

    `slow` are the endpoints that were slow when they were asked last.
    """

    settings: ClientSettings
    observer: Observer
    http: httpx.AsyncClient
    paces: Mapping[str, Pace]
    credential: Credential | None = None
    own_pace: Pace | None = None
    slow: set[str] = field(default_factory=set)

    def narrowed(self, pace: Pace) -> "Transport":
        """A transport that obeys one more pace."""
        return replace(self, own_pace=pace)

    def authorized(self, credential: Credential) -> "Transport":
        """A transport that sends this credential."""
        return replace(self, credential=credential)

    def deadline(self) -> asyncio.Timeout:
        """The time limit of an exchange, or of reading a body."""
        return asyncio.timeout(self.settings.timeout * 10)

    def pieces(
        self, request: Request, response: httpx.Response, limit: int
    ) -> AsyncGenerator[bytes, None]:
        """The decompressed body, up to `limit` bytes."""
        # The bytes as they were sent: httpx would stop after the first gzip member.
        sent = response.stream
        if not isinstance(sent, httpx.AsyncByteStream):
            raise TypeError("the transport gave a response that cannot be read asynchronously")
        return body.pieces(sent, response.headers, limit, request.label)

    @asynccontextmanager
    async def replied(self, request: Request, etag: str | None) -> AsyncIterator[Reply]:
        """The accepted reply (2xx, or 304) at the end of all redirects."""
        url = request.resolve(self.settings.base_url)
        destination = Destination(url, trusted=not request.signed)
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._exchanged(request, destination, etag) as reply:
                response = reply.response
                if not _is_followed(request, response.status_code):
                    await self._accept(request, reply)
                    yield reply
                    return
                await self._start_of(request, response)
                location = response.headers.get("location", "")
            destination = self._redirected(request, destination, location)
        raise SchemaError(f"{request.label}: more than {_MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _exchanged(
        self, request: Request, destination: Destination, etag: str | None
    ) -> AsyncIterator[Reply]:
        """One request and its response, observed once, when it is over."""
        pace = self.paces[request.endpoint.group]
        ours = same_origin(destination.url, self.settings.origin)
        if ours:
            first, then = (self.own_pace, pace) if self.own_pace else (pace, None)
            waited = await first.acquire(self.settings.max_wait, then)
            if waited > 0:
                self.observer.waited(waited)
                path = request.endpoint.path
                _log.debug("a request waited for its pace", endpoint=path, seconds=round(waited, 1))
        headers, secrets = await self._headers(request, destination, etag)
        outgoing = self.http.build_request(
            request.method, destination.url, headers=headers, json=request.json
        )
        code = "error"
        try:
            response = await self._sent(outgoing, request, ours=ours)
            told_by = self.settings.expiry_header
            if told_by and destination.trusted and response.is_success:
                self.observer.credential_ends(credential_expiry(response.headers, told_by))
            if ours and not request.endpoint.free:
                pace.tighten(response.headers)
            try:
                yield Reply(response, destination, secrets)
                code = str(response.status_code)
            except (*retry.TRANSPORT_ERRORS, UnavailableError):
                raise
            except BaseException:
                code = str(response.status_code)
                raise
            finally:
                await response.aclose()
        finally:
            self.observer.requested(request.endpoint, code)

    async def _sent(
        self, outgoing: httpx.Request, request: Request, *, ours: bool
    ) -> httpx.Response:
        """The response as soon as it begins; the observer is told whether our server was reached."""
        began = time.monotonic()
        try:
            async with self.deadline():
                response = await self.http.send(outgoing, stream=True)
        except (*NOT_REACHED, UnicodeError) as error:
            settings = self.settings
            server = unreached(
                error, outgoing.url, settings.proxy, settings.ca_file, settings.timeout
            )
            if ours:
                self.observer.reached(server)
            raise UnreachedError(server) from error
        except httpx.ProxyError as error:
            proxy = httpx.URL(self.settings.proxy or "")
            raise httpx.ProxyError(f"the proxy {proxy.host}:{port_of(proxy)}: {error}") from error
        except httpx.InvalidURL as error:
            # httpx checks the address of a redirect even where it does not follow it.
            raise httpx.RemoteProtocolError("the redirect is not a URL") from error
        finally:
            self.observer.answered(time.monotonic() - began)
        if ours:
            self.observer.reached(None)
            self._time(request.endpoint.path, time.monotonic() - began)
        return response

    def _time(self, endpoint: str, seconds: float) -> None:
        """Tell where an endpoint has become slow, and where it is quick again."""
        duration = round(seconds, 3)
        if seconds >= SLOW and endpoint not in self.slow:
            self.slow.add(endpoint)
            _log.info("the vendor is slow to answer", endpoint=endpoint, duration=duration)
        elif seconds < SLOW / 2 and endpoint in self.slow:
            self.slow.remove(endpoint)
            _log.info("the vendor answers quickly again", endpoint=endpoint, duration=duration)

    async def _headers(
        self, request: Request, destination: Destination, etag: str | None
    ) -> tuple[dict[str, str], list[str]]:
        if not destination.trusted:
            return {}, []
        credential = await self.credential.headers() if self.credential else {}
        headers = {**self.settings.headers, **dict(request.endpoint.headers), **credential}
        if etag is not None:
            headers["If-None-Match"] = etag
        return headers, secrets_in(credential)

    def _redirected(self, request: Request, destination: Destination, location: str) -> Destination:
        if not location:
            raise SchemaError(f"{request.label}: the vendor redirects without saying where to")
        url = join(destination.url, location, request.label)
        # Trust that is lost stays lost: a foreign host must not send us back with the credential.
        return Destination(url, destination.trusted and same_origin(url, self.settings.origin))

    async def _accept(self, request: Request, reply: Reply) -> None:
        response = reply.response
        status = response.status_code
        kind = response.headers.get("content-type", "").lower()
        if status == 304:
            await self._start_of(request, response)
            return
        if 200 <= status < 300:
            if kind.startswith("text/html"):
                ours = same_origin(reply.destination.url, self.settings.origin)
                where = "" if ours else f" on another host ({reply.destination.url.host})"
                raise SchemaError(
                    f"{request.label} answered {status} with an HTML page{where}: look for a login page "
                    "or a proxy in between, and check base_url"
                )
            return
        ours = same_origin(reply.destination.url, self.settings.origin)
        renewed = status == 401 and reply.destination.trusted and await self._renewed(reply)
        # A message of a foreign host may quote the signed link.
        start = await self._start_of(request, response) if ours else b""
        message = vendor_message(start, kind, reply.secrets)
        raise retry.RefusedError(
            status,
            response.headers,
            message,
            document=vendor_document(start),
            foreign=not ours,
            redirected_to="" if ours or request.signed else reply.destination.url.host,
            renewed=renewed,
        )

    async def _renewed(self, reply: Reply) -> bool:
        """Whether there is another credential than the one that was refused."""
        credential = self.credential
        if credential is None or credential.invalidate():
            return credential is not None
        return secrets_in(await credential.headers()) != reply.secrets

    async def _start_of(self, request: Request, response: httpx.Response) -> bytes:
        """The start of an error's body; reading it lets the connection be used again."""
        content = b""
        try:
            stream = self.pieces(request, response, _LARGEST_ERROR)
            async with self.deadline(), aclosing(stream) as pieces:
                async for piece in pieces:
                    content += piece
        except (*retry.TRANSPORT_ERRORS, SchemaError) as problem:
            # The status decides; the message uses as much of the body as came.
            path = request.endpoint.path
            why = type(problem).__name__
            _log.debug("the body of an error is cut", endpoint=path, reason=why)
        return content


def _is_followed(request: Request, status: int) -> bool:
    """Whether the same request goes to where a redirect leads: 303 turns any other than a GET into one."""
    if request.method == "GET":
        return status in _REDIRECTS
    return request.repeatable and status in _REDIRECTS - {303}
