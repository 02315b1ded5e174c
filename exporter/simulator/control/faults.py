"""Faults on demand, between the vendors' APIs and whoever reads them."""

import fnmatch
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter.simulator.control import corrupt

Kind: TypeAlias = Literal[
    "status",
    "truncate",
    "garbage",
    "html",
    "repeat_page",
    "lie_total",
    "missing_field",
    "wrong_type",
    "extra_field",
    "redirect",
    "hang",
    "oversize",
    "short_row",
]
OVERSIZE_PIECE = b" " * 65536


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """What goes wrong for requests whose path (or path?query) matches the glob `path`.

    `times` counts down to nothing; None lasts until it is lifted. `field` is the field that is
    spoilt (by default the one every row has), `location` where a redirect leads, `size` the bytes
    of an oversize body, `clean` a truncation that looks complete to HTTP.
    """

    path: str
    kind: Kind
    status: int = 500
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    times: int | None = None
    body: str | None = None
    field: str | None = None
    location: str = "http://localhost:1/elsewhere"
    size: int = 64 * 1024 * 1024
    clean: bool = False


@dataclass(slots=True)
class _Recording:
    """An answer held back, to be changed before it is sent."""

    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


class FaultInjector:
    """ASGI middleware: the first fault that matches a request decides what becomes of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.faults: list[Fault] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._match(scope) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
            return
        if fault.times is not None:
            fault.times -= 1
        if fault.kind == "hang":
            await _until_disconnected(receive)
        elif fault.kind == "oversize":
            await _send_oversize(fault, send)
        elif fault.kind in ("status", "html", "redirect"):
            await _send_instead(fault, send)
        else:
            await self._send_spoilt(fault, scope, receive, send)

    def _match(self, scope: Scope) -> Fault | None:
        path = scope["path"]
        query = scope["query_string"].decode("latin-1")
        for fault in self.faults:
            if fault.times == 0:
                continue
            if any(fnmatch.fnmatchcase(name, fault.path) for name in (path, f"{path}?{query}")):
                return fault
        return None

    async def _send_spoilt(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "repeat_page":
            scope = {**scope, "query_string": corrupt.first_page(scope["query_string"])}
            receive = _asking_again(await _body(receive))
        recording = _Recording()
        await self._app(scope, receive, recording.send)
        headers = MutableHeaders(raw=list(recording.start["headers"]))
        body = _spoilt(fault, headers, recording.body)
        headers.update(fault.headers)
        promised = (
            len(recording.body) if fault.kind == "truncate" and not fault.clean else len(body)
        )
        # A length that is not kept makes the server cut the connection.
        headers["content-length"] = str(promised)
        await send({**recording.start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _asking_again(body: bytes) -> Receive:
    """What receives the body of a request, changed to ask for the first page."""
    first = corrupt.first_page_asked(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": first}

    return receive


def _spoilt(fault: Fault, headers: Headers, body: bytes) -> bytes:
    if fault.kind == "truncate":
        return body[: len(body) // 2]
    if fault.kind == "garbage":
        return corrupt.GARBAGE
    if headers.get("content-type", "").startswith("text/csv"):
        return corrupt.spoil_csv(fault.kind, fault.field, body)
    if not body:
        return body
    return corrupt.spoil_json(fault.kind, fault.field, body)


async def _send_instead(fault: Fault, send: Send) -> None:
    status, media_type = fault.status, "application/json"
    headers = dict(fault.headers)
    message: Any = {"error": "Injected", "message": f"Injected status {status}"}
    body = msgspec.json.encode(message)
    if fault.kind == "html":
        status, media_type = 200, "text/html; charset=utf-8"
        body = b"<!doctype html><html><body><h1>Sign in</h1></body></html>"
    elif fault.kind == "redirect":
        status = 302
        headers.setdefault("location", fault.location)
    if fault.body is not None:
        body = fault.body.encode()
    headers.setdefault("content-type", media_type)
    headers["content-length"] = str(len(body))
    await send({"type": "http.response.start", "status": status, "headers": _raw(headers)})
    await send({"type": "http.response.body", "body": body})


async def _send_oversize(fault: Fault, send: Send) -> None:
    headers = {"content-type": "application/json"} | fault.headers
    await send({"type": "http.response.start", "status": 200, "headers": _raw(headers)})
    for _ in range(0, fault.size, len(OVERSIZE_PIECE)):
        await send({"type": "http.response.body", "body": OVERSIZE_PIECE, "more_body": True})
    await send({"type": "http.response.body", "body": b"[]"})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return Headers(headers).raw
