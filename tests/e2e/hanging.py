"""`python -m tests.e2e.hanging`: the exporter on a machine where something never comes back.

HANGS says what: `names` that end in `.dead`, `commits`, or the whole `loop`.
"""

import os
import socket
import threading
import time
from typing import Any
from unittest.mock import patch

from exporter.commands import main
from exporter.runtime.app import App
from exporter.store.sqlite import SQLiteStore

_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host: bytes | str, *rest: Any) -> Any:
    if str(host).rstrip("'").endswith(".dead"):
        threading.Event().wait()
    return _getaddrinfo(host, *rest)


def commit(*_: Any) -> None:
    os.write(1, b"a commit hangs\n")
    threading.Event().wait()


async def tick(_: App) -> None:
    while True:
        time.sleep(1)  # noqa: ASYNC251  # as a bug would do it


PATCHES = {
    "names": (socket, "getaddrinfo", getaddrinfo),
    "commits": (SQLiteStore, "_commit", commit),
    "loop": (App, "_tick", tick),
}

if __name__ == "__main__":
    with patch.object(*PATCHES[os.environ["HANGS"]]):
        main(prog_name="usage-exporter")
