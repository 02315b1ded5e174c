"""The time of the simulated world: it may run fast, stand still or jump ahead."""

import time
from collections.abc import Callable


class WorldClock:
    """Unix time that starts at `start` and passes `speed` times as fast as `now`."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        *,
        start: float | None = None,
        speed: float = 1.0,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"world clock: speed must be above 0, not {speed}; freeze it instead")
        self._now = now
        self._origin = now()
        self._world = self._origin if start is None else start
        self._speed = speed
        self._frozen = False

    def time(self) -> float:
        """The world's Unix time."""
        if self._frozen:
            return self._world
        return self._world + (self._now() - self._origin) * self._speed

    def freeze(self) -> None:
        """Stop the world's time where it is."""
        self._settle()
        self._frozen = True

    def thaw(self) -> None:
        """Let the world's time pass again."""
        self._settle()
        self._frozen = False

    def advance(self, seconds: float) -> None:
        """Jump ahead."""
        if seconds < 0:
            raise ValueError(f"world clock: cannot advance by {seconds} s; time never goes back")
        self._settle()
        self._world += seconds

    def _settle(self) -> None:
        self._world = self.time()
        self._origin = self._now()
