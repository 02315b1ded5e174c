"""A headless Chromium, told what to do through its DevTools pipe."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)


class BrowserError(Exception):
    """Chromium is missing, silent, or refuses a command."""


class Browser:
    """One page of a browser. `problems` is what its console and its network complain of."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number = 0
        self._session: str | None = None
        self._rest = b""
        self._events: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.requested: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self._ask(f"{domain}.enable")
        # The end of loading the blank page must not be taken for that of the first real one.
        while self.evaluate("document.readyState") != "complete":
            pass

    def open(self, url: str) -> None:
        """Go to an address and wait until it has loaded."""
        self._loading(lambda: self._ask("Page.navigate", url=url))

    def act(self, script: str) -> None:
        """Do something that loads another page, and wait for that."""
        self._loading(lambda: self.evaluate(script))

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def resize(self, width: int, height: int, *, scale: float = 1) -> None:
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )

    def prefer(self, scheme: str) -> None:
        """Ask for light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._ask("Emulation.setEmulatedMedia", features=features)

    def spoken(self, role: str) -> list[tuple[str, str]]:
        """Name and description of each element of a role, as a screen reader is given them."""
        nodes = self._ask("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["name"]["value"], node.get("description", {}).get("value", ""))
            for node in nodes
            if not node["ignored"] and node["role"]["value"] == role
        ]

    def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"])

    def _loading(self, start: Callable[[], object]) -> None:
        self._events.clear()
        start()
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._take(self._receive())

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") != self._number:
                self._take(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                result: dict[str, Any] = answer["result"]
                return result

    def _take(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        match event:
            case {"method": "Log.entryAdded", "params": {"entry": entry}}:
                self.problems.append(entry["text"])
            case {"method": "Runtime.consoleAPICalled" | "Runtime.exceptionThrown"}:
                self.problems.append(str(event["params"]))
            case {"method": "Network.requestWillBeSent", "params": {"request": request}}:
                self.requested.append(request["url"])

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([self._answers], [], [], left)[0]:
                raise BrowserError(f"chromium says nothing for {PATIENCE:.0f} s")
            piece = os.read(self._answers, 1 << 20)
            if not piece:
                raise BrowserError("chromium has ended; run it by hand to see why")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A running browser that keeps its files in `profile`."""
    path = shutil.which("chromium")
    if path is None:
        raise BrowserError("chromium is not installed; `make unit` as root installs it")
    for_commands, commands = os.pipe()
    answers, for_answers = os.pipe()
    # Chromium reads 3 and writes 4: what is copied there must not stand there already.
    theirs = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (for_commands, for_answers)]
    process = os.posix_spawn(
        path,
        [path, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        {**os.environ, "HOME": str(profile)},
        setpgroup=0,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, theirs[0], 3),
            (os.POSIX_SPAWN_DUP2, theirs[1], 4),
        ],
    )
    for end in (for_commands, for_answers, *theirs):
        os.close(end)
    try:
        yield Browser(commands, answers)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(commands)
        os.close(answers)
