"""Fixed-window request limits, kept in the time that clients wait in."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """What is left of one window."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class Quota:
    """`limit` requests for each key in a window; `aligned` windows begin at whole multiples.

    Others begin with the first request. Without a limit nothing is ever refused.
    """

    def __init__(
        self, limit: int | None, window: int, wall: Callable[[], float], *, aligned: bool
    ) -> None:
        self._limit = limit
        self._window = window
        self._wall = wall
        self._aligned = aligned
        self._allowances: dict[str, Allowance] = {}

    def look(self, key: str) -> Allowance | None:
        """The allowance of a key without using it; None when there is no limit."""
        if self._limit is None:
            return None
        now = self._wall()
        allowance = self._allowances.get(key)
        if allowance is None or now >= allowance.reset:
            start = now // self._window * self._window if self._aligned else now
            allowance = Allowance(self._limit, 0, math.ceil(start + self._window))
            self._allowances[key] = allowance
        return allowance

    def exhausted(self, key: str) -> bool:
        """Whether the next request of the key is refused."""
        allowance = self.look(key)
        return allowance is not None and allowance.remaining == 0

    def use(self, key: str) -> None:
        """Count one request."""
        allowance = self.look(key)
        if allowance is not None:
            allowance.used += 1

    def wait(self, key: str) -> int:
        """Whole seconds until the window of the key ends."""
        allowance = self.look(key)
        return 0 if allowance is None else max(1, math.ceil(allowance.reset - self._wall()))
