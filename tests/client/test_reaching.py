"""A connection that fails is told with host, port, why, and what to do."""

import asyncio
import logging
import re
import socket
import ssl
from pathlib import Path

import pytest

from bench.ports import free_port
from exporter.client import transport
from exporter.client.client import ClientSettings, Request
from exporter.client.errors import UnavailableError
from tests.client.support import LIST, Setup, Watch, answer, bare_client
from tests.web.certificates import Authority

pytestmark = pytest.mark.process


async def failure(base_url: str, **settings: object) -> tuple[str, Watch]:
    """What is said of a request that reaches nobody, and what was observed."""
    watch = Watch()
    client = bare_client(ClientSettings(base_url, tries=2, **settings), watch)  # type: ignore[arg-type]
    try:
        with pytest.raises(UnavailableError) as caught:
            await client.get(Request(LIST))
    finally:
        await client.close()
    return str(caught.value), watch


async def test_a_port_where_nobody_listens_refuses() -> None:
    port = free_port()
    said, watch = await failure(f"http://127.0.0.1:{port}")
    assert said == (
        f"GET /list failed: 127.0.0.1:{port} refused the connection; check base_url, and that the "
        "service runs"
    )
    assert [problem and (problem.host, problem.port) for problem in watch.problems] == [
        ("127.0.0.1", port)
    ] * 2


async def test_of_a_proxy_that_refuses_the_proxy_is_told() -> None:
    port = free_port()
    said, _ = await failure("https://api.example.com", proxy=f"http://127.0.0.1:{port}")
    assert said == (
        f"GET /list failed: 127.0.0.1:{port} refused the connection; check proxy, and that the "
        "service runs"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            "is not known: Name or service not known; check base_url and the machine's resolver",
        ),
        (
            OSError(101, "Network is unreachable"),
            "cannot be reached: Network is unreachable; check base_url, the network and the firewall",
        ),
        (TimeoutError(), "took no connection within 30 s; check base_url and the firewall"),
    ],
)
async def test_the_systems_own_reason_is_told(
    error: OSError, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no name is known, no way leads there, or nothing comes back."""

    async def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fails)
    told, _ = await failure("https://api.acme.example:8443")
    assert told == f"GET /list failed: api.acme.example:8443 {said}"


async def met(certificate: tuple[Path, Path] | None, **settings: object) -> str:
    """What is said of a server with this certificate, or of one without TLS."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    server = await asyncio.start_server(_hang_up, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        said, _ = await failure(f"https://localhost:{port}", **settings)
    finally:
        server.close()
    return said.removeprefix(f"GET /list failed: localhost:{port} ")


async def _hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    writer.close()


async def test_a_certificate_that_is_refused_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Of an unknown authority, of another one than the configured, for another name."""
    refused = "shows a certificate that is refused: "
    (tmp_path / "other").mkdir()
    ours, other = Authority(tmp_path), Authority(tmp_path / "other")
    right = ours.issue("server", "localhost")
    unknown = await met(right)
    assert unknown.startswith(refused)
    assert unknown.endswith(
        "; give the authority that signed it, a company's proxy perhaps, as ca_file"
    )
    another = await met(right, ca_file=str(other.file))
    assert another.endswith(f"; put the authority that signed it into {other.file}")
    elsewhere = await met(ours.issue("elsewhere", "elsewhere.example"), ca_file=str(ours.file))
    assert elsewhere.startswith(f"{refused}Hostname mismatch")
    assert elsewhere.endswith("; use the name that the certificate is for in base_url")


async def test_a_certificate_that_only_older_pythons_take_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Python checks here as those from 3.13 on do by themselves."""
    made = ssl.create_default_context

    def strict(**settings: object) -> ssl.SSLContext:
        context = made(**settings)  # type: ignore[arg-type]
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", strict)
    ours = Authority(tmp_path, identified=False)
    said = await met(ours.issue("server", "localhost"), ca_file=str(ours.file))
    assert re.match(r"shows a certificate that is refused: Missing \w+ Key Identifier; ", said)
    assert said.endswith("; Python 3.13 and later ask for that, 3.12 does not")


async def test_a_server_without_tls_is_told() -> None:
    said = await met(None)
    assert said.startswith("does not speak TLS as expected: ")
    assert said.endswith("; check scheme and port of base_url, and look for a proxy in between")


async def test_a_vendor_that_is_slow_is_told_once_and_so_is_the_end_of_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not with each of its answers."""
    caplog.set_level(logging.INFO)
    setup = Setup(answer([1]))
    for slow in (1_000, 0, 0, 1_000, 1_000):
        monkeypatch.setattr(transport, "SLOW", slow)
        await setup.client.get(Request(LIST))
    began, ended = caplog.text.splitlines()
    assert 'msg="the vendor is slow to answer" endpoint=/list duration=' in began
    assert 'msg="the vendor answers quickly again" endpoint=/list duration=' in ended
