"""Ports for programs that are to be started."""

import atexit
import socket


def free_port() -> int:
    """A port that stays free for as long as this process runs.

    It is bound and never listened on: Linux gives it to nobody who asks for any port, and to a
    program that asks for this one, with SO_REUSEADDR as servers do.
    """
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    atexit.register(bound.close)
    return int(bound.getsockname()[1])
