"""What stands before the pages: authentication and response headers."""

import os
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from exporter import log
from exporter.web import web_config
from exporter.web.answers import Answers
from exporter.web.passwords import Passwords
from exporter.web.turns import TooManyAttemptsError
from exporter.web.web_config import WebConfig, WebConfigError

_log = log.logger(__name__)


class WebConfigFile:
    """The file of `--web.config.file`, read again when it changes; an invalid one changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stat()
        self._config = web_config.read(path)

    @property
    def config(self) -> WebConfig:
        """The newest valid content of the file."""
        stamp = self._stat()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._config = web_config.read(self._path)
                _log.info("web configuration read again", file=str(self._path))
            except WebConfigError as error:
                _log.error("web configuration kept", reason=str(error))
        return self._config

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116  # called for every request
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


class Guard:
    """ASGI middleware, around what bounds the answers that are not read."""

    def __init__(self, app: ASGIApp, file: WebConfigFile | None) -> None:
        self._app = Answers(app)
        self._file = file
        self._passwords = Passwords()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._file is None:
            await self._app(scope, receive, send)
            return
        config = self._file.config
        extra = config.headers

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name for name, _ in extra}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in named]
                message = {**message, "headers": [*kept, *extra]}
            await send(message)

        refusal = await self._refusal(scope, config) if config.basic_auth_users else None
        await (refusal or self._app)(scope, receive, send_with_headers if extra else send)

    async def _refusal(self, scope: Scope, config: WebConfig) -> PlainTextResponse | None:
        header = dict(scope["headers"]).get(b"authorization")
        authorization = None if header is None else header.decode("latin-1")
        try:
            address, _ = scope["client"] or ("", 0)
            if await self._passwords.allow(authorization, config.basic_auth_users, address):
                return None
        except TooManyAttemptsError:
            return PlainTextResponse("too many attempts\n", 429)
        return PlainTextResponse(
            "unauthorized\n", 401, headers={"WWW-Authenticate": 'Basic realm="usage-exporter"'}
        )
