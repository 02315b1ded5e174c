"""The client over real sockets on loopback: what a fake transport cannot show."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from exporter.client.client import Client, ClientSettings, Request
from exporter.client.errors import UnavailableError
from tests.client.support import LIST, Watch, bare_client
from tests.clock import ManualClock

Answers = Callable[[int], bytes]


@asynccontextmanager
async def vendor(
    answers: Answers, *, proxied: bool = False, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[Client, Watch, list[bytes]]]:
    """A client of a server that writes these bytes for the nth request, then hangs up."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers(len(heads)))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watch = Watch()
    settings = ClientSettings(
        "http://vendor.invalid" if proxied else f"http://{host}:{port}",
        timeout=60,
        proxy=f"http://127.0.0.1:{port}" if proxied else None,
    )
    client = bare_client(settings, watch)
    try:
        yield client, watch, heads
    finally:
        await client.close()
        server.close()
        await server.wait_closed()


def plain(body: bytes, length: int, extra: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{extra}\r\n".encode() + body


async def test_a_cut_body_is_read_again() -> None:
    """The server hangs up in the middle the first time."""
    async with vendor(lambda n: plain(b"12345", 5 if n > 1 else 99)) as (client, watch, _):
        assert (await client.get(Request(LIST))).body == b"12345"
    assert watch.codes == ["error", "200"]


async def test_compressed_bytes_arrive_as_they_were_sent() -> None:
    """Two gzip members are both read; nothing in between unpacks them a second time."""
    body = gzip.compress(b"one ") + gzip.compress(b"two")
    async with vendor(lambda n: plain(body, len(body), "Content-Encoding: gzip\r\n")) as (
        client,
        _,
        heads,
    ):
        assert (await client.get(Request(LIST))).body == b"one two"
    assert b"\r\naccept-encoding: gzip\r\n" in heads[0].lower()
    assert b"\r\nauthorization:" not in heads[0].lower()


async def test_a_proxy_is_used_when_it_is_configured() -> None:
    """The proxy is asked for the whole URL."""
    async with vendor(lambda n: plain(b"ok", 2), proxied=True) as (client, _, heads):
        assert (await client.get(Request(LIST))).body == b"ok"
    assert heads[0].startswith(b"GET http://vendor.invalid/list HTTP/1.1\r\n")


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the configuration decides where the credential travels."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with vendor(lambda n: plain(b"ok", 2)) as (client, _, heads):
        assert (await client.get(Request(LIST))).body == b"ok"
    assert heads[0].startswith(b"GET /list HTTP/1.1\r\n")


async def test_a_host_name_that_is_none_is_unavailable() -> None:
    """A link may name anything."""
    async with vendor(lambda n: b"") as (client, watch, _):
        with pytest.raises(UnavailableError, match="failed"):
            await client.get(Request.signed_link(LIST, f"http://{'a' * 70}.invalid/?sig=1"))
    assert watch.codes == ["error"] * 3


def test_a_bad_ca_file_names_itself(tmp_path: Path) -> None:
    """The operator sees which file to look at, and what is wrong with it."""
    file = tmp_path / "ca.pem"
    for trouble in ("cannot be read", "holds no PEM"):
        with pytest.raises(ValueError, match=f"ca_file {file} {trouble}"):
            Client(
                ClientSettings("https://vendor.invalid", ca_file=str(file)),
                None,
                {},
                Watch(),
                ManualClock(),
                Random(1),
            )
        file.write_text("no certificate", encoding="utf-8")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    """The connection is refused; three tries."""
    async with vendor(lambda n: b"") as (client, watch, _):
        with pytest.raises(UnavailableError, match="GET /list failed"):
            await client.get(Request(LIST))
    assert watch.codes == ["error"] * 3
