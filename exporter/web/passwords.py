"""Basic authentication with bcrypt: wrong names take as long as wrong passwords."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from exporter.web.turns import Turns

MOST_REMEMBERED = 256


class Passwords:
    """Checks the Authorization header against the hashes of users."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verdicts: OrderedDict[bytes, bool] = OrderedDict()
        # Checking is slow by design: one at a time leaves the other core to everything else.
        self._turns = Turns()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="passwords")

    async def allow(
        self, authorization: str | None, users: Mapping[str, str], address: str
    ) -> bool:
        """Whether the header names a user and his password; raises TooManyAttemptsError.

        There is at least one user: where there is none, nobody is asked for a password.
        Of those who wait, the `address` that has guessed least is served first.
        """
        pair = _credentials(authorization)
        if pair is None:
            return False
        user, password = pair
        known = user in users
        # Unknown names are compared as well, so that the time of an answer does not tell which exist.
        hashed = users.get(user) or next(iter(users.values()))
        mark = self._mark(user, password, hashed)
        verdict = self._verdicts.get(mark)
        if verdict is None:
            async with self._turns.turn(address):
                # Others may have waited with the same password.
                verdict = self._verdicts.get(mark)
                if verdict is None:
                    # bcrypt reads 72 bytes, and its newer versions refuse more.
                    secret = password.encode("utf-8", "surrogateescape")[:72]
                    verdict = await asyncio.get_running_loop().run_in_executor(
                        self._thread, bcrypt.checkpw, secret, hashed.encode()
                    )
                    self._remember(mark, verdict)
        self._turns.judged(address, right=verdict and known)
        return verdict and known

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
