"""Faults of content: answers that are whole, and say what no vendor would."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from exporter.simulator.control.corrupt import first_page, first_page_asked
from tests.faults.proxy import Exchange, Reply, Spoil

DEEP = 100_000
_JSON = {"content-type": "application/json"}
_NUMBER = re.compile(rb"(?<=[:\[,])\s*-?\d+(?:\.\d+)?(?=\s*[,}\]])")
_CELL = re.compile(rb"(?<=,)\d+(?:\.\d+)?(?=,|\r?\n)")
_TOTALS = {
    *("totalCount", "total", "total_seats", "total_count"),
    *("totalUsageEventsCount", "totalMembers", "totalPages"),
}
_TURN = re.compile(r"[?&]turn=\d+")
_TEXT = re.compile(rb'(?<=:)\s*"(?=[^"])')


def always(body: bytes) -> Spoil:
    """Each request is answered with this body, as JSON."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(Reply(200, _JSON, body))

    return answer


def changed(change: Callable[[Reply], bytes]) -> Spoil:
    """The vendor's own answer, headers and ETag included, with its body changed."""

    async def spoil(exchange: Exchange) -> None:
        # Asked for in full: a 304 would leave nothing to change.
        reply = await exchange.vendor(exchange.asked.target)
        body = change(reply) if reply.body else b""
        await exchange.send(Reply(reply.status, reply.headers, body))

    return spoil


def corrupted(reply: Reply) -> bytes:
    """A flipped bit in every sixteenth byte."""
    return bytes(byte ^ 0x80 if not at % 16 else byte for at, byte in enumerate(reply.body))


def numbers(text: bytes) -> Callable[[Reply], bytes]:
    """Every number is `text`."""

    def change(reply: Reply) -> bytes:
        pattern = _CELL if reply.kind.startswith("text/csv") else _NUMBER
        return pattern.sub(text, reply.body)

    return change


def surrogates(reply: Reply) -> bytes:
    """Half a character in front of every text."""
    if reply.kind.startswith("text/csv"):
        return reply.body.replace(b",", b",\xed\xa0\x80", 50)
    return _TEXT.sub(rb'"\\ud800', reply.body)


def rows_twice(reply: Reply) -> bytes:
    """Every row of every list comes twice."""
    if reply.kind.startswith("text/csv"):
        head, *rows = reply.body.splitlines(keepends=True)
        return b"".join([head, *(row for row in rows for _ in range(2))])
    try:
        return msgspec.json.encode(_doubled(msgspec.json.decode(reply.body)))
    except msgspec.DecodeError:
        return b"".join(line for line in reply.body.splitlines(keepends=True) for _ in range(2))


def _doubled(value: Any) -> Any:
    if isinstance(value, list):
        return [_doubled(row) for row in value for _ in range(2 if isinstance(row, dict) else 1)]
    if isinstance(value, dict):
        return {name: _doubled(inner) for name, inner in value.items()}
    return value


def list_without_end(*, marked: bool) -> Spoil:
    """The first page again and again, with always another one after it; `marked`: each is different."""
    first: dict[str, Reply] = {}

    async def page(exchange: Exchange) -> None:
        asked = _TURN.sub("", exchange.asked.target)
        path, _, query = asked.partition("?")
        origin = f"http://{exchange.asked.headers['host']}"
        start = f"{path}?{first_page(query.encode()).decode()}"
        content = first_page_asked(exchange.asked.body)
        known = origin + start + content.decode()
        if known not in first:
            first[known] = await exchange.vendor(start, content)
        reply, body = first[known], first[known].body
        headers = {**reply.headers, "etag": f'"{exchange.number}"'}
        if reply.kind.startswith("application/json") and body:
            mark = f"page-{exchange.number}" if marked else ""
            body = msgspec.json.encode(_endless(msgspec.json.decode(body), mark, exchange))
            here = f"{origin}{asked}{'&' if query else '?'}turn={exchange.number}"
            headers["link"] = f'<{here}>; rel="next"'
        await exchange.send(Reply(reply.status, headers, body))

    return page


def _endless(content: Any, mark: str, exchange: Exchange) -> Any:
    """The envelope of a list that promises more."""
    if isinstance(content, list) and content and isinstance(content[0], dict) and mark:
        content[0]["mark"] = mark
    if not isinstance(content, dict):
        return content
    found = re.search(r"(?:page|offset)=(\d+)", exchange.asked.target.replace("pageSize", ""))
    here = int(found[1]) if found else 0
    if mark:
        content["mark"] = mark
    for name in _TOTALS & content.keys():
        content[name] = 10**9
    if isinstance(content.get("pagination"), dict):
        content["pagination"]["hasNextPage"] = True
    if "page" in content and mark:
        content["page"] = max(here, 1)
    if "has_next_page" in content:
        content["has_next_page"] = True
    if "meta" in content:
        # A page that repeats names the same page after it, every time.
        following = here + max(1, len(content.get("data", ()))) if mark else 10**6
        content["meta"] = {"total": 10**9, "next": {"offset": following}}
    return content
