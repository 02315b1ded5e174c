"""The simulator on a socket."""

import socket

import uvicorn

from exporter.simulator.application import Simulator

SHUTDOWN_SECONDS = 1


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    return socket.create_server((host, port), backlog=512)


def url_of(listener: socket.socket) -> str:
    """The base URL that reaches the socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def server_of(simulator: Simulator) -> uvicorn.Server:
    """A server to run with `run(sockets=[...])` or inside a loop with `serve(sockets=[...])`."""
    return uvicorn.Server(
        uvicorn.Config(
            simulator,
            lifespan="off",
            access_log=False,
            # Broken answers on demand are no news: uvicorn would log each with a traceback.
            log_level="critical",
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
