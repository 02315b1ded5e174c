"""The tokens of a GitHub App's installation, each good for its time."""

import hashlib
from collections.abc import Callable

TOKEN_SECONDS = 3_600


class InstallationTokens:
    """Hands tokens out in today's long form, and knows those that are still good."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self._ends: dict[str, float] = {}

    def issue(self, app: str) -> tuple[str, float]:
        """A fresh token and the moment of its end."""
        number = len(self._ends) + 1
        parts = (hashlib.sha256(f"{app}:{number}:{n}".encode()).hexdigest() for n in range(8))
        token, end = f"ghs_{app}_{''.join(parts)}", self._wall() + TOKEN_SECONDS
        self._ends[token] = end
        return token, end

    def good(self, token: str) -> bool:
        """Whether the token was issued and has not run out."""
        return self._wall() < self._ends.get(token, 0)
