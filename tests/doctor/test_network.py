"""The way to a vendor: each step that fails is named, with what to do, over real sockets on loopback."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.ports import free_port
from exporter.preflight.doctor.finding import Check, Finding, Level, Subject
from exporter.preflight.doctor.network import EXPIRES_SOON, Way
from tests.doctor.world import target
from tests.web.certificates import Authority

PATIENCE = 30.0


async def way(directory: Path, *, time: float = 0.0, **more: Any) -> list[Finding]:
    configured = target("cursor", directory, "key", **more)
    return await Way(configured, Subject("cursor", "acme"), PATIENCE, lambda: time).check()


def levels(findings: list[Finding]) -> dict[str, str]:
    return {str(one.check): str(one.level) for one in findings}


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def closed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(closed, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def identity(authority: Authority, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(names[0], *names))
    return context


async def test_plain_http_is_fine_on_this_machine(tmp_path: Path) -> None:
    """An address needs no resolver, and nothing travels."""
    async with serving() as port:
        found = await way(tmp_path, base_url=f"http://127.0.0.1:{port}")
    assert levels(found) == {"dns": "ok", "connect": "ok", "tls": "ok"}


async def test_a_name_that_does_not_exist_ends_the_way(tmp_path: Path) -> None:
    """A label of 64 characters is no host name by any resolver, so none is asked."""
    found = await way(tmp_path, base_url=f"http://{'x' * 64}.example")
    assert levels(found) == {"dns": "fail"}
    assert "base_url" in str(found[0].remedy)


async def test_a_refused_connection_names_host_and_port(tmp_path: Path) -> None:
    """And that a proxy may be what is missing."""
    port = free_port()
    found = await way(tmp_path, base_url=f"http://127.0.0.1:{port}")
    assert levels(found) == {"dns": "ok", "connect": "fail"}
    assert f"127.0.0.1:{port}" in found[-1].message
    assert "set proxy" in str(found[-1].remedy)


async def test_an_authority_of_ones_own_is_trusted_by_ca_file_only(tmp_path: Path) -> None:
    """Without it the remedy is ca_file; with it the certificate is good, until it soon ends."""
    authority = Authority(tmp_path)
    async with serving(identity(authority, "localhost")) as port:
        url = f"https://localhost:{port}"
        refused = await way(tmp_path, base_url=url)
        soon = await way(tmp_path, base_url=url, ca_file=str(authority.file), time=time.time())
        early = time.time() - EXPIRES_SOON
        good = await way(tmp_path, base_url=url, ca_file=str(authority.file), time=early)
    assert levels(refused) == {"dns": "ok", "connect": "ok", "tls": "fail"}
    assert "ca_file" in str(refused[-1].remedy)
    assert levels(soon) == {"ca": "ok", "dns": "ok", "connect": "ok", "tls": "warn"}
    assert levels(good)["tls"] == "ok"


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """The remedy is the name that it is for."""
    authority = Authority(tmp_path)
    async with serving(identity(authority, "elsewhere.example")) as port:
        found = await way(
            tmp_path, base_url=f"https://localhost:{port}", ca_file=str(authority.file)
        )
    assert found[-1].level is Level.FAIL
    assert "the name that the certificate is for" in str(found[-1].remedy)


async def test_what_speaks_no_tls_fails_as_tls(tmp_path: Path) -> None:
    """Of a server that hangs up, or that answers in plain text."""

    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await way(tmp_path, base_url=f"https://localhost:{port}")
    assert found[-1].level is Level.FAIL
    assert found[-1].check in (Check.TLS, Check.CONNECT)


async def test_a_ca_file_without_certificates_fails_at_once(tmp_path: Path) -> None:
    """No connection is tried."""
    (tmp_path / "empty.pem").write_text("nothing", encoding="utf-8")
    found = await way(tmp_path, ca_file=str(tmp_path / "empty.pem"))
    assert levels(found) == {"ca": "fail"}


async def test_with_a_proxy_only_the_proxy_is_reached(tmp_path: Path) -> None:
    """The vendor's name is the proxy's affair; the password of the proxy is not shown."""
    async with serving() as port:
        good = await way(
            tmp_path,
            base_url="https://vendor.example",
            proxy=f"http://user:pass-word@127.0.0.1:{port}",
        )
    refused = await way(tmp_path, proxy=f"http://user:pass-word@127.0.0.1:{port}")
    assert (levels(good), levels(refused)) == ({"proxy": "ok"}, {"proxy": "fail"})
    assert "pass-word" not in repr(good) + repr(refused)
