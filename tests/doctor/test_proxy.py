"""A proxy that opens no tunnel to an https vendor, on loopback: it is told, not the vendor."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from exporter.preflight.doctor.finding import Check, Level
from exporter.preflight.doctor.target_check import TargetCheck
from exporter.vendors import cursor
from exporter.vendors.base import enabled_streams
from tests.clock import ManualClock
from tests.doctor.world import NOW, of_check, target


@asynccontextmanager
async def refusing(answer: str) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A proxy that answers every CONNECT so; its port, and what it was asked."""
    asked: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        except asyncio.IncompleteReadError:
            # Whoever only looks whether the proxy takes connections says nothing.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("407 Proxy Authentication Required", "proxy: http://USER:PASSWORD@HOST:PORT"),
        ("403 Forbidden", "opens no tunnel to vendor.example:443: let who runs it allow that"),
        ("502 Bad Gateway", "opens no tunnel to vendor.example:443: let who runs it allow that"),
    ],
)
async def test_a_proxy_that_refuses_a_tunnel_is_named(
    answer: str, says: str, tmp_path: Path
) -> None:
    """For every stream, with what to ask of whom; the proxy's password is not shown."""
    async with refusing(answer) as (port, asked):
        configured = target(
            "cursor",
            tmp_path,
            "key",
            base_url="https://vendor.example",
            proxy=f"http://user:pass-word@127.0.0.1:{port}",
        )
        found = await TargetCheck(configured, ManualClock(NOW), Random(1)).check()
    assert of_check(found, Check.PROXY).level is Level.OK
    streams = [one for one in found if one.check is Check.STREAM]
    assert len(streams) == len(enabled_streams(cursor.VENDOR, configured))
    for one in streams:
        assert (one.level, one.state, one.document) == (Level.FAIL, "unavailable", None)
        assert answer in one.message
        assert says in str(one.remedy)
        if not answer.startswith("407"):
            assert f"the proxy 127.0.0.1:{port} " in str(one.remedy)
    assert sum(request.startswith(b"CONNECT vendor.example:443 ") for request in asked) == len(
        streams
    )
    assert "pass-word" not in repr(found)
