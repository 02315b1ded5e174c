"""Faults below the content: late, broken and endless HTTP."""

import asyncio
import gzip

from tests.faults.proxy import Exchange, Reply

PIECE = 64 * 1024
HUGE = 10 * 1024**3
BOMB = 1024**3
DRIP_SECONDS = 0.05


async def delayed(exchange: Exchange) -> None:
    """Whole, but later than usual."""
    reply = await exchange.vendor()
    await asyncio.sleep(0.02)
    await exchange.send(reply)


async def stalled(exchange: Exchange) -> None:
    """No answer, and the connection stays open."""
    await asyncio.Event().wait()


async def reset_before(exchange: Exchange) -> None:
    exchange.reset()


async def reset_in_headers(exchange: Exchange) -> None:
    reply = await exchange.vendor()
    await exchange.write(reply.head()[:40])
    exchange.reset()


async def reset_in_body(exchange: Exchange) -> None:
    reply = await _long(exchange)
    await exchange.write(reply.head() + reply.body[: len(reply.body) // 2])
    exchange.reset()


async def cut_short(exchange: Exchange) -> None:
    """Less than Content-Length says."""
    reply = await _long(exchange)
    await exchange.write(reply.head() + reply.body[: len(reply.body) // 2])
    exchange.closes = True


async def cut_unnoticed(exchange: Exchange) -> None:
    """Half a body that ends with the connection, so that HTTP cannot tell."""
    reply = await _long(exchange)
    await exchange.write(reply.head(length=-1) + reply.body[: len(reply.body) // 2])
    exchange.closes = True


async def cut_chunks(exchange: Exchange) -> None:
    """Chunks without the last one."""
    reply = await _long(exchange)
    half = reply.body[: len(reply.body) // 2]
    await exchange.write(reply.head(length=-1, transfer_encoding="chunked"))
    await exchange.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")
    exchange.closes = True


async def bad_chunks(exchange: Exchange) -> None:
    """A chunk whose size is no number."""
    reply = await exchange.vendor()
    await exchange.write(reply.head(length=-1, transfer_encoding="chunked") + b"zz\r\n[]\r\n")
    exchange.closes = True


async def no_http(exchange: Exchange) -> None:
    await exchange.write(b"220 mail.example.com ESMTP ready\r\n")
    exchange.closes = True


async def two_lengths(exchange: Exchange) -> None:
    """Two values of Content-Length."""
    reply = await exchange.vendor()
    await exchange.write(reply.head(content_length="1") + reply.body)
    exchange.closes = True


async def drip(exchange: Exchange) -> None:
    """A byte now and then: no silence is long enough for a time-out."""
    reply = await exchange.vendor()
    await exchange.write(reply.head(length=HUGE))
    while True:
        await exchange.write(b" ")
        await asyncio.sleep(DRIP_SECONDS)


async def informational_storm(exchange: Exchange) -> None:
    """`100 Continue` without end."""
    while True:
        await exchange.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 64)


async def endless_headers(exchange: Exchange) -> None:
    await exchange.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        await exchange.write(b"x-more: and more\r\n" * 1024)


async def huge_body(exchange: Exchange) -> None:
    """10 GB of blanks, made as they are sent."""
    await exchange.write(Reply(200, {"content-type": "application/json"}, b"").head(length=HUGE))
    for _ in range(HUGE // PIECE):
        await exchange.write(b" " * PIECE)


async def huge_lines(exchange: Exchange) -> None:
    """10 GB of rows that are no rows, each on a line of its own."""
    await exchange.write(Reply(200, {"content-type": "text/csv"}, b"").head(length=HUGE))
    for _ in range(HUGE // PIECE):
        await exchange.write(b"[1,2,3]\n" * (PIECE // 8))


_MEMBER = gzip.compress(b" " * 8 * 1024**2)


async def gzip_bomb(exchange: Exchange) -> None:
    """A megabyte that is a gigabyte unpacked, in members."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    await exchange.send(Reply(200, headers, _MEMBER * (BOMB // (8 * 1024**2))))


async def said_gzip(exchange: Exchange) -> None:
    """Plain, but declared as gzip."""
    reply = await exchange.vendor(exchange.asked.target)
    await exchange.write(reply.head(content_encoding="gzip") + reply.body)


async def said_brotli(exchange: Exchange) -> None:
    """An encoding that was not asked for."""
    reply = await exchange.vendor(exchange.asked.target)
    await exchange.write(reply.head(content_encoding="br") + reply.body)


async def damaged_gzip(exchange: Exchange) -> None:
    """Compressed, with one wrong byte."""
    reply = await _long(exchange)
    packed = bytearray(gzip.compress(reply.body))
    packed[len(packed) // 2] ^= 0xFF
    await exchange.send(
        Reply(reply.status, {**reply.headers, "content-encoding": "gzip"}, bytes(packed))
    )


async def _long(exchange: Exchange) -> Reply:
    """An answer that has a body to be cut, where the vendor's has none."""
    reply = await exchange.vendor(exchange.asked.target)
    if len(reply.body) > 8:
        return reply
    return Reply(200, {"content-type": "application/json"}, b'{"items": [1, 2, 3]}')
