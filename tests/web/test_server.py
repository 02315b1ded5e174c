"""The server on real sockets: TLS, users, and clients that would hold it up."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
import yaml
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from exporter.web import protocol, server
from exporter.web.guard import Guard, WebConfigFile
from exporter.web.turns import Turns
from tests.web.certificates import Authority

PATIENCE = 60.0
"""Seconds that an answer is waited for, far above what it takes."""
HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello\n")(scope, receive, send)


@contextlib.asynccontextmanager
async def serving(
    content: dict[str, Any] | None = None,
    directory: Path | None = None,
    app: ASGIApp = hello,
) -> AsyncIterator[int]:
    """A running server; gives its port."""
    file = None
    if content is not None and directory is not None:
        path = directory / "web.yml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        file = WebConfigFile(path)
    listening = server.listen("127.0.0.1:0")
    http = server.create(Guard(app, file), file.config.tls_server_config if file else None)
    task = asyncio.create_task(http.serve(sockets=[listening]))
    try:
        while not http.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0)
        yield listening.getsockname()[1]
    finally:
        http.should_exit = True
        await task


def client(port: int, verify: ssl.SSLContext | None = None) -> httpx.AsyncClient:
    """One that waits as long as it takes; without `verify` no authorities are read."""
    return httpx.AsyncClient(
        base_url=f"{'http' if verify is None else 'https'}://localhost:{port}",
        trust_env=False,
        timeout=PATIENCE,
        limits=httpx.Limits(keepalive_expiry=None),
        verify=False if verify is None else verify,
    )


async def status(port: int, auth: tuple[str, str] | None = None, address: str = "127.0.0.1") -> int:
    """The status that somebody with this address gets."""
    transport = httpx.AsyncHTTPTransport(local_address=address, verify=False)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=PATIENCE
    ) as asking:
        return (await asking.get("/", auth=auth)).status_code


async def test_users_and_passwords(tmp_path: Path) -> None:
    """The right pair is let in; every other is a 401 that says how to ask."""
    async with serving({"basic_auth_users": {"prometheus": HASH}}, tmp_path) as port:
        assert await status(port, ("prometheus", "secret")) == 200
        assert await status(port, ("prometheus", "wrong")) == 401
        assert await status(port, ("nobody", "secret")) == 401
        async with client(port) as asking:
            refused = await asking.get("/", headers={"Authorization": "Basic ???"})
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == 'Basic realm="usage-exporter"'


async def test_a_right_password_is_hashed_once_and_a_wrong_one_not_faster_for_unknown_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scrape does not cost a hash; an unknown user costs as many hashes as a known one."""
    hashed = []
    real = bcrypt.checkpw

    def counting(password: bytes, against: bytes) -> bool:
        hashed.append(against)
        return real(password, against)

    async with serving({"basic_auth_users": {"prometheus": HASH}}, tmp_path) as port:
        monkeypatch.setattr(bcrypt, "checkpw", counting)
        for _ in range(5):
            assert await status(port, ("prometheus", "secret")) == 200
        assert len(hashed) == 1
        await status(port, ("prometheus", "guess"))
        await status(port, ("nobody", "guess"))
        assert [against.split(b"$")[2] for against in hashed] == [b"04"] * 3


async def test_a_flood_of_guesses_does_not_stop_who_is_known(tmp_path: Path) -> None:
    """Guesses beyond a bound are turned away; the known pair is answered from memory."""
    async with serving({"basic_auth_users": {"prometheus": HASH}}, tmp_path) as port:
        assert await status(port, ("prometheus", "secret")) == 200
        guesses = [status(port, ("prometheus", f"guess {n}")) for n in range(100)]
        answers = await asyncio.gather(status(port, ("prometheus", "secret")), *guesses)
        assert answers[0] == 200
        assert set(answers[1:]) <= {401, 429}


async def test_response_headers(tmp_path: Path) -> None:
    """What the file names is on every answer, in place of the exporter's own."""
    headers = {"X-Frame-Options": "sameorigin", "Strict-Transport-Security": "max-age=60"}
    async with (
        serving({"http_server_config": {"headers": headers}}, tmp_path) as port,
        client(port) as asking,
    ):
        answer = await asking.get("/")
        assert answer.headers["x-frame-options"] == "sameorigin"
        assert answer.headers["strict-transport-security"] == "max-age=60"


async def test_a_new_certificate_is_shown_without_a_restart(tmp_path: Path) -> None:
    """The next handshake has it; one that cannot be used leaves the old."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    tls = {"cert_file": "server.pem", "key_file": "server.key"}
    trust = ssl.create_default_context(cafile=str(authority.file))

    async def serial(port: int) -> str:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trust, server_hostname="localhost"
        )
        certificate = writer.get_extra_info("peercert")
        writer.close()
        return str(certificate["serialNumber"])

    async with serving({"tls_server_config": tls}, tmp_path) as port:
        async with client(port, verify=trust) as asking:
            assert (await asking.get("/")).text == "hello\n"
        first = await serial(port)
        authority.issue("server", "localhost")
        second = await serial(port)
        assert second != first
        (tmp_path / "server.pem").write_text("broken", encoding="utf-8")
        assert await serial(port) == second


async def test_an_old_version_of_tls_is_refused(tmp_path: Path) -> None:
    """min_version holds."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    tls = {"cert_file": "server.pem", "key_file": "server.key", "min_version": "TLS13"}
    trust = ssl.create_default_context(cafile=str(authority.file))
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    async with (
        serving({"tls_server_config": tls}, tmp_path) as port,
        client(port, verify=trust) as old,
    ):
        with pytest.raises(httpx.ConnectError):
            await old.get("/")


async def test_client_certificates(tmp_path: Path) -> None:
    """None, one of another authority, and one with another name are turned away."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    good, stranger = authority.issue("good", "scraper"), authority.issue("stranger", "somebody")
    (tmp_path / "elsewhere").mkdir()
    foreign = Authority(tmp_path / "elsewhere").issue("good", "scraper")
    tls = {
        "cert_file": "server.pem",
        "key_file": "server.key",
        "client_auth_type": "RequireAndVerifyClientCert",
        "client_ca_file": "ca.pem",
        "client_allowed_sans": ["scraper"],
    }

    async def answer(port: int, pair: tuple[Path, Path] | None) -> bool:
        trust = ssl.create_default_context(cafile=str(authority.file))
        if pair is not None:
            trust.load_cert_chain(*pair)
        async with client(port, verify=trust) as asking:
            try:
                return (await asking.get("/")).status_code == 200
            except httpx.TransportError:
                return False

    async with serving({"tls_server_config": tls}, tmp_path) as port:
        assert await answer(port, good)
        assert not await answer(port, None)
        assert not await answer(port, stranger)
        assert not await answer(port, foreign)


async def test_connections_that_send_nothing_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many idle connections the oldest are closed; a scrape gets through at once."""
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 20)
    async with serving() as port, client(port) as kept:
        first = await kept.get("/")
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        again = await kept.get("/")
        streams = [answer.extensions["network_stream"] for answer in (first, again)]
        assert streams[0].get_extra_info("client_addr") == streams[1].get_extra_info("client_addr")
        assert await status(port) == 200
        assert await idle[0][0].read() == b"", "the oldest was closed"
        for _, writer in idle:
            writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_slow_head_is_cut_off(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not finish a request's head in time is disconnected."""
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.05)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


@pytest.mark.process
async def test_an_answer_may_be_long_in_the_making(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a reload on a busy machine: the time of a reader begins with the answer."""
    monkeypatch.setattr(protocol, "WRITE_SECONDS", 0.05)

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(4 * protocol.WRITE_SECONDS)
        await hello(scope, receive, send)

    async with serving(app=late) as port:
        assert await status(port) == 200


async def test_who_does_not_read_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the answer is all that is found when it is read in the end."""
    monkeypatch.setattr(protocol, "WRITE_SECONDS", 0.05)
    size, ended = 64 * 1024 * 1024, asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(bytes(size))(scope, receive, send)
        ended.set()

    async with serving(app=large) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(ended.wait(), PATIENCE)
        got = 0
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1024 * 1024):
                got += len(part)
        assert 0 < got < size
        writer.close()


async def test_an_endless_head_is_cut_off() -> None:
    """A head beyond its limit is not buffered."""
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX-Endless: ")
        with contextlib.suppress(ConnectionError):
            for _ in range(64):
                writer.write(b"a" * 1024)
                await writer.drain()
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()


async def test_a_kept_connection_serves_again_and_again() -> None:
    """Deadlines do not hit a client that behaves."""
    async with serving() as port, client(port) as asking:
        assert [(await asking.get("/")).status_code for _ in range(20)] == [200] * 20


async def test_a_right_password_from_elsewhere_is_checked_in_spite_of_guesses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hundred guesses of one address wait, as after a restart; somebody else comes next."""
    begun, go, checked = asyncio.Event(), threading.Event(), []
    loop, real, real_turn = asyncio.get_running_loop(), bcrypt.checkpw, Turns.turn
    came = asyncio.Event()

    def turn(turns: Turns, address: str) -> Any:
        if address == "127.0.0.2":
            came.set()
        return real_turn(turns, address)

    def checking(password: bytes, against: bytes) -> bool:
        loop.call_soon_threadsafe(begun.set)
        go.wait()
        checked.append(password)
        return real(password, against)

    monkeypatch.setattr(Turns, "turn", turn)
    async with serving({"basic_auth_users": {"prometheus": HASH}}, tmp_path) as port:
        monkeypatch.setattr(bcrypt, "checkpw", checking)
        guesses = [
            asyncio.create_task(status(port, ("prometheus", f"guess {n}"))) for n in range(200)
        ]
        await begun.wait()
        refused = next(asyncio.as_completed(guesses))
        assert await refused == 429, "of one address not all may wait"
        scrape = asyncio.create_task(status(port, ("prometheus", "secret"), "127.0.0.2"))
        await came.wait()
        go.set()
        assert await scrape == 200
        assert b"secret" in checked[:3]
        assert set(await asyncio.gather(*guesses)) == {401, 429}


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        # Each byte begins uvicorn's keep-alive time anew; the deadline stays.
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"x"),
        # They begin no request, so nothing but the time since the first says that it is enough.
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
    ],
    ids=["a body after its answer", "line ends between requests"],
)
async def test_what_drips_is_cut_off(
    head: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends a little now and then holds its connection for a moment only."""
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.05)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await drip(reader, writer, drop)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, drop: bytes) -> None:
    """Send a drop now and then until the server hangs up."""
    ended = asyncio.ensure_future(reader.read())
    async with asyncio.timeout(PATIENCE):
        while not ended.done():
            writer.write(drop)
            await asyncio.sleep(0.005)
    await asyncio.gather(ended, return_exceptions=True)
    writer.close()


@pytest.mark.parametrize("kind", ["one header", "many headers", "the address"])
async def test_a_large_head_is_refused_although_it_comes_at_once(kind: str) -> None:
    """20,000 bytes in one piece; just below the limit is fine."""

    def head(size: int) -> bytes:
        lines = {
            "one header": b"GET / HTTP/1.1\r\nX: " + b"a" * size,
            "many headers": b"GET / HTTP/1.1" + b"\r\nX-Some: 0123456789" * (size // 20),
            "the address": b"GET /?" + b"a" * size + b" HTTP/1.1\r\nX: a",
        }
        return lines[kind] + b"\r\nConnection: close\r\n\r\n"

    async with serving() as port:
        for size, answer in ((20_000, b"431"), (15_000, b"200")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head(size))
            assert (await reader.read()).split()[1] == answer
            writer.close()


async def test_too_many_requests_in_advance_close_the_connection() -> None:
    """Each would be held until those before it are answered."""
    stay = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await stay.wait()
        await hello(scope, receive, send)

    async with serving(app=slow) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        writer.close()
        stay.set()


async def test_connections_that_are_all_busy_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody is idle, who has been at it for longest goes; a scrape gets through."""
    monkeypatch.setattr(protocol, "MOST_CONNECTIONS", 20)
    stay = asyncio.Event()
    entered = []

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/slow":
            entered.append(scope["client"])
            await stay.wait()
        await hello(scope, receive, send)

    async with serving(app=slow) as port:
        busy = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in busy:
            writer.write(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        while len(entered) < len(busy):  # noqa: ASYNC110  # the server runs in this loop
            await asyncio.sleep(0)
        assert await status(port) == 200
        stay.set()
        for _, writer in busy:
            writer.close()
