"""What a test must be marked for: the processes that it starts, and the time that it waits."""

import asyncio
import functools
import sys
import time
from collections.abc import Coroutine
from typing import Any

SHORT = 0.01
"""Seconds that may be slept: as good as no wait."""

STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system")
"""Events of the interpreter's audit that start another program."""


class Guard:
    """Notes what is forbidden while it watches."""

    def __init__(self) -> None:
        self._watching = False
        self._seen: list[str] = []

    def install(self) -> None:
        """See everything from here to the end of the process; an audit hook cannot be removed."""
        sys.addaudithook(self._audited)
        sleep, blocking = asyncio.sleep, time.sleep

        async def noted(delay: float, result: Any) -> Any:
            value = await sleep(delay, result)
            # Only when it ended: what is cancelled in its sleep has kept nobody waiting.
            self._slept(delay)
            return value

        @functools.wraps(sleep)
        def sleeping(delay: float, result: Any = None) -> Coroutine[Any, Any, Any]:
            caller = sys._getframe(1).f_globals["__name__"]
            # The tick of a server beside the test, which waits for its answers alone.
            return sleep(delay, result) if caller == "uvicorn.server" else noted(delay, result)

        def stopping(seconds: float, /) -> None:
            blocking(seconds)
            self._slept(seconds)

        asyncio.sleep = sleeping
        time.sleep = stopping  # type: ignore[assignment]  # nobody here sleeps for an index

    def watch(self) -> None:
        self._seen.clear()
        self._watching = True

    def relent(self) -> list[str]:
        """Watch no longer; what was seen."""
        self._watching = False
        return list(self._seen)

    def _audited(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._watching and event in STARTS:
            self._seen.append(f"{event} {arguments[0] if arguments else ''}".strip())

    def _slept(self, seconds: float) -> None:
        if self._watching and seconds > SHORT:
            self._seen.append(f"a sleep of {seconds:g} s")
