"""`python -m tests.leaking_daemon`: the soak's daemon, which leaves something of each kind behind."""

import asyncio
import os
import threading
from typing import Any
from unittest.mock import patch

from starlette.types import Receive, Scope, Send

from bench.soak.daemon import main
from exporter.runtime.targets import Difference, Targets
from exporter.web.guard import Guard

OBJECTS = 5_000
MEMORY = 16 * 1024 * 1024

_left: list[Any] = []
_change, _serve = Targets.change, Guard.__call__


async def change(fleet: Targets, *configuration: Any) -> Difference:
    """Reload, and leave a task, a thread, objects and memory."""
    _left.append(asyncio.create_task(asyncio.Event().wait()))
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    _left.append([[] for _ in range(OBJECTS)])
    _left.append(b"x" * MEMORY)
    return await _change(fleet, *configuration)


async def serve(guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, and leave a descriptor."""
    _left.append(os.open(os.devnull, os.O_RDONLY))
    await _serve(guard, scope, receive, send)


if __name__ == "__main__":
    with patch.object(Targets, "change", change), patch.object(Guard, "__call__", serve):
        main()
