"""Counts the requests that the vendors' APIs received, to judge how gentle a client is."""

from collections import Counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NO_ANSWER = 0


class RequestLog:
    """ASGI middleware that counts by path and status; status 0 is a request left unanswered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counts: Counter[tuple[str, int]] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = NO_ANSWER

        async def noting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        finally:
            self._counts[scope["path"], status] += 1

    def counts(self) -> list[dict[str, Any]]:
        """One entry for each path and status, sorted."""
        return [
            {"path": path, "status": status, "count": count}
            for (path, status), count in sorted(self._counts.items())
        ]
