"""Basic authentication with bcrypt: wrong names take as long as wrong passwords."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping

import bcrypt

MOST_REMEMBERED = 256
MOST_WAITING = 32


class TooManyAttemptsError(Exception):
    """So many passwords are being checked that a further one is refused."""


class Passwords:
    """Checks the Authorization header against the hashes of users."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verdicts: OrderedDict[bytes, bool] = OrderedDict()
        # Checking is slow by design: one at a time leaves the other core to everything else.
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        # The passwords of unknown users are compared with this, so that the time of an answer does
        # not tell which names exist.
        self._nobody = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(10)).decode()

    async def allow(self, authorization: str | None, users: Mapping[str, str]) -> bool:
        """Whether the header names a user and his password; raises TooManyAttemptsError."""
        pair = _credentials(authorization)
        if pair is None:
            return False
        user, password = pair
        known = user in users
        hashed = users.get(user) or next(iter(users.values()), self._nobody)
        mark = self._mark(user, password, hashed)
        verdict = self._verdicts.get(mark)
        if verdict is None:
            verdict = await self._check(password, hashed)
            self._remember(mark, verdict)
        return verdict and known

    async def _check(self, password: str, hashed: str) -> bool:
        if self._waiting >= MOST_WAITING:
            raise TooManyAttemptsError
        self._waiting += 1
        try:
            async with self._turn:
                # bcrypt reads 72 bytes, and its newer versions refuse more.
                secret = password.encode("utf-8", "surrogateescape")[:72]
                return await asyncio.to_thread(bcrypt.checkpw, secret, hashed.encode())
        finally:
            self._waiting -= 1

    def _mark(self, user: str, password: str, hashed: str) -> bytes:
        text = "\0".join((user, password, hashed)).encode("utf-8", "surrogateescape")
        return hmac.new(self._key, text, hashlib.sha256).digest()

    def _remember(self, mark: bytes, verdict: bool) -> None:
        self._verdicts[mark] = verdict
        if len(self._verdicts) > MOST_REMEMBERED:
            # Verdicts on wrong passwords go first: guesses must not push out the few right ones.
            wrong = next((mark for mark, right in self._verdicts.items() if not right), None)
            self._verdicts.pop(wrong if wrong is not None else next(iter(self._verdicts)))


def _credentials(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
