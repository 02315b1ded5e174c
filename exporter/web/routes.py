"""The routes: metrics, health, readiness, the status page, and commands to a running exporter."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.page import Page
from exporter.exposition.render import Format
from exporter.web.negotiation import CONTENT_TYPES, encoding_for, negotiate
from exporter.web.work import MOST_ANSWERS, BusyError, Work

MOST_NAMES = 100
"""How many `name[]` of one request are read."""


class Lifecycle(NamedTuple):
    """Commands by HTTP: `reload` returns why it was refused, or an empty text; `quit` stops."""

    reload: Callable[[], Awaitable[str]]
    quit: Callable[[], None]


class Metrics:
    """`/metrics`: sends bytes that were made before, or has them made."""

    def __init__(self, exposition: Exposition, work: Work) -> None:
        self._exposition = exposition
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        form = negotiate(_text(headers.get(b"accept")))
        encoding = encoding_for(_text(headers.get(b"accept-encoding")))
        if encoding is None:
            refusal = PlainTextResponse("there is gzip, and what is not encoded\n", 406)
            await refusal(scope, receive, send)
            return
        page = self._exposition.page
        try:
            names = _names(scope["query_string"])
        except ValueError:
            refusal = PlainTextResponse(f"at most {MOST_NAMES} name[] in one request\n", 400)
            await refusal(scope, receive, send)
            return
        body = b""
        if scope["method"] == "HEAD":
            length = page.length(names, form, encoding)
        else:
            try:
                body = await self._body(page, names, form, encoding)
            except BusyError:
                await _busy()(scope, receive, send)
                return
            length = len(body)
        answer = [
            (b"content-type", CONTENT_TYPES[form].encode()),
            (b"content-length", str(length).encode()),
            (b"vary", b"Accept, Accept-Encoding"),
        ]
        if encoding is Encoding.GZIP:
            answer.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        await send({"type": "http.response.body", "body": body})

    async def _body(
        self, page: Page, names: list[str] | None, form: Format, encoding: Encoding
    ) -> bytes:
        if names is not None:
            return await self._work.make(page.select, names, form, encoding)
        ready = page.ready(form, encoding)
        return await self._work.make(page.body, form, encoding) if ready is None else ready


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _names(query: bytes) -> list[str] | None:
    """The values of `name[]`, or None where the whole page is asked for."""
    if not query:
        return None
    fields = parse_qs(query.decode("latin-1"), max_num_fields=MOST_NAMES)
    return fields.get("name[]")


def create(
    exposition: Exposition,
    *,
    telemetry_path: str,
    status_page: Callable[[Mapping[str, str]], str],
    ready: Callable[[], bool],
    lifecycle: Lifecycle | None = None,
    most_answers: int = MOST_ANSWERS,
) -> ASGIApp:
    """The ASGI application; everything that it does not know is a 404.

    `status_page` is given the query of the page's address. Without `lifecycle` its routes answer 403.
    `most_answers` are made at once.
    """

    work = Work(most_answers)

    async def status(request: Request) -> Response:
        try:
            page = await work.make(status_page, request.query_params)
        except BusyError:
            return _busy()
        return HTMLResponse(page, headers=_PAGE_HEADERS)

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("healthy\n")

    async def readiness(_: Request) -> Response:
        if ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("starting: polls are not planned yet\n", status_code=503)

    async def reload(request: Request) -> Response:
        if lifecycle is None:
            return _forbidden()
        if _is_of_another_site(request.headers):
            return _crossed()
        refusal = await lifecycle.reload()
        if refusal:
            return PlainTextResponse(f"failed to reload config: {refusal}\n", status_code=500)
        return PlainTextResponse("configuration reloaded\n")

    async def leave(request: Request) -> Response:
        if lifecycle is None:
            return _forbidden()
        if _is_of_another_site(request.headers):
            return _crossed()
        lifecycle.quit()
        return PlainTextResponse("stopping\n")

    metrics = Metrics(exposition, work)
    pages = Starlette(
        routes=[
            Route("/", status),
            Route(telemetry_path, metrics, methods=["GET", "HEAD"]),
            Route("/-/healthy", healthy),
            Route("/-/ready", readiness),
            Route("/-/reload", reload, methods=_ORDERS),
            Route("/-/quit", leave, methods=_ORDERS),
        ]
    )

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        # Routing and middleware would cost a scrape more than the scrape itself.
        scrape = scope["path"] == telemetry_path and scope["method"] in ("GET", "HEAD")
        await (metrics if scrape else pages)(scope, receive, send)

    return application


def _is_of_another_site(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this on behalf of a page that is not the exporter's own."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def _crossed() -> Response:
    return PlainTextResponse("a page of another site cannot give orders\n", 403)


def _busy() -> Response:
    return PlainTextResponse("too many requests at once\n", 503)


def _forbidden() -> Response:
    return PlainTextResponse(
        "Lifecycle API is not enabled: start the exporter with --web.enable-lifecycle\n", 403
    )


_ORDERS = ["POST", "PUT"]
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
