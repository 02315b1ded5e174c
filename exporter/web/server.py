"""Listening sockets and the server on them."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from exporter.web.addresses import AddressError, parse
from exporter.web.protocol import bounded
from exporter.web.tls import Certificates
from exporter.web.web_config import TlsServer


def listen(address: str) -> socket.socket:
    """A listening socket for `:9899`, `127.0.0.1:9899` or `[::1]:9899`; raises AddressError."""
    host, port = parse(address)
    try:
        if host:
            return socket.create_server((host, port), family=_family(host), backlog=1024)
        if socket.has_dualstack_ipv6():
            return socket.create_server(
                ("", port), family=socket.AF_INET6, backlog=1024, dualstack_ipv6=True
            )
        return socket.create_server(("", port), backlog=1024)
    except OSError as error:
        raise AddressError(
            f"cannot listen on {address}: {error.strerror or error}; give --web.listen-address "
            "another host or port"
        ) from error


def url_of(listening: socket.socket, *, tls: bool = False) -> str:
    """The URL of a listening socket, for a browser."""
    host, port = listening.getsockname()[:2]
    if host in ("::", "0.0.0.0"):
        host = "localhost"
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def create(app: ASGIApp, tls: TlsServer | None = None) -> "Server":
    """A server that leaves signals to its owner; raises WebConfigError for unusable certificates."""
    certificates = None if tls is None else Certificates(tls)
    return Server(
        uvicorn.Config(
            app,
            http=bounded(frozenset(() if tls is None else tls.client_allowed_sans)),
            loop="none",
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=3,
            ssl_context_factory=None if certificates is None else lambda *_: certificates.context,
        )
    )


class Server(uvicorn.Server):
    """uvicorn without its signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _family(host: str) -> socket.AddressFamily:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return socket.AF_INET
    return socket.AF_INET6 if version == 6 else socket.AF_INET
