"""A GitHub App as the credential: a signed statement for GitHub, and the tokens it gives for it."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

import jwt
import msgspec

from exporter import log
from exporter.client.auth import Secret
from exporter.client.client import Client, Endpoint, Request
from exporter.client.errors import NotFoundError, SchemaError
from exporter.client.private_key import rsa_key
from exporter.model import MINUTE
from exporter.streams.dates import unix
from exporter.streams.payload import decode

_log = log.logger(__name__)

APP_GROUP = "app"
"""Requests as the App itself: they do not count against the tokens of its installations."""

TOKENS = Endpoint("/app/installations/{installation_id}/access_tokens", APP_GROUP)
INSTALLATION = {
    "org": Endpoint("/orgs/{org}/installation", APP_GROUP),
    "enterprise": Endpoint("/enterprises/{enterprise}/installation", APP_GROUP),
}

RENEWED_BEFORE = 5 * MINUTE
SHORTEST_USE = MINUTE
"""A token is used so long at least, whatever a clock that is wrong makes of its end."""

_ISSUED_BEFORE = 60
_VALID_FOR = 9 * MINUTE
"""With the minute before, the ten minutes that GitHub allows; a clock may be a minute off."""


class _Installation(msgspec.Struct):
    id: int


class _Token(msgspec.Struct):
    token: str
    expires_at: datetime


class AppKey:
    """The App's own credential: a JWT that its private key signs, for the App's endpoints only."""

    def __init__(self, client_id: str, private_key_file: str, time: Callable[[], float]) -> None:
        self._client_id = client_id
        self._secret = Secret.from_file(private_key_file)
        self._time = time

    async def headers(self) -> Mapping[str, str]:
        now = int(self._time())
        claims = {"iat": now - _ISSUED_BEFORE, "exp": now + _VALID_FOR, "iss": self._client_id}
        signed = jwt.encode(claims, rsa_key(self._secret), algorithm="RS256")
        return {"Authorization": f"Bearer {signed}"}

    def invalidate(self) -> bool:
        self._secret.invalidate()
        return False


class AppCredential:
    """An installation's token: fetched when needed, one fetch at a time, renewed before its end.

    `account` is the organization or enterprise by its name for a path. Without an id its installation
    is asked for.
    """

    def __init__(
        self, client: Client, key: AppKey, account: Mapping[str, str], installation_id: int | None
    ) -> None:
        self._client = client.authorized(key)
        self._time = client.clock.time
        self._account = account
        self._given = installation_id
        self._found: int | None = None
        self._token = ""
        self._fetched_at = 0.0
        self._renew_at = 0.0
        self._turn = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        if not self._fresh:
            async with self._turn:
                if not self._fresh:
                    await self._fetch()
        return {"Authorization": f"Bearer {self._token}"}

    def invalidate(self) -> bool:
        # A younger one was fetched while the refused request was under way, and is tried instead.
        if self._time() - self._fetched_at >= SHORTEST_USE:
            self._token = ""
        return True

    @property
    def _fresh(self) -> bool:
        # A clock that was set back must not keep a token for longer than it lives.
        return bool(self._token) and self._fetched_at <= self._time() < self._renew_at

    async def _fetch(self) -> None:
        path = {"installation_id": str(await self._installation())}
        # A token more harms nobody, so the request may be repeated.
        request = Request(TOKENS, path, method="POST", idempotent=True)
        try:
            answer = await self._client.get(request)
        except NotFoundError as error:
            self._found = None  # the App may have been installed anew, under another id
            raise NotFoundError(
                f"{error}; the App has no such installation: check installation_id, or leave it out"
            ) from error
        given = decode(answer.body, _Token, TOKENS.path)
        if not given.token or not all("!" <= char <= "~" for char in given.token):
            raise SchemaError(f"{TOKENS.path}: the token is not one that a header can carry")
        now = self._time()
        self._token, self._fetched_at = given.token, now
        self._renew_at = max(unix(given.expires_at) - RENEWED_BEFORE, now + SHORTEST_USE)
        _log.debug("the token of the App was renewed", to=log.moment(self._renew_at))

    async def _installation(self) -> int:
        known = self._given if self._given is not None else self._found
        if known is not None:
            return known
        [scope] = self._account
        request = Request(INSTALLATION[scope], self._account)
        try:
            answer = await self._client.get(request)
        except NotFoundError as error:
            where = "organization" if scope == "org" else scope
            raise NotFoundError(
                f"{error}; install the GitHub App in the {where}, or give auth.app.installation_id"
            ) from error
        self._found = decode(answer.body, _Installation, request.endpoint.path).id
        return self._found
