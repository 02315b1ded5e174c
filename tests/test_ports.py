"""Ports that are kept for programs."""

import socket
import subprocess
import sys

import pytest

from bench.ports import free_port


def test_a_port_is_kept_for_who_asks_for_it() -> None:
    """Nobody answers there, any number of others get other ones, and a server can listen on it."""
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    others = [socket.create_server(("127.0.0.1", 0)) for _ in range(200)]
    assert port not in {other.getsockname()[1] for other in others}
    for other in others:
        other.close()
    for _ in range(2):
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port)),
        ):
            server.accept()[0].close()


@pytest.mark.process
def test_a_kept_port_ends_with_its_process() -> None:
    """Quietly, also where a warning is an error."""
    script = "from bench.ports import free_port; free_port()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", script],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
