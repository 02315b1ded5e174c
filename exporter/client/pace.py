"""How fast a vendor may be asked: sliding windows over the times of the last requests."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exporter.client.errors import RateLimitedError
from exporter.client.retry import reset_delay
from exporter.clock import Clock


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` in any span of `seconds`."""

    requests: int
    seconds: float

    def __post_init__(self) -> None:
        if self.requests < 1 or self.seconds <= 0:
            raise ValueError(f"a limit is at least one request in a positive time: {self}")


def delay(
    times: Sequence[float],
    limits: Sequence[Limit],
    blocked_until: float,
    now: float,
    ahead: int = 0,
) -> float:
    """Seconds until a request may go that stands behind `ahead` others.

    `times` are those of the last requests, oldest first.
    """
    if not ahead:
        return _start(times, limits, max(now, blocked_until)) - now
    planned = list(times)
    for _ in range(ahead + 1):
        planned.append(_start(planned, limits, max(now, blocked_until)))
    return planned[-1] - now


def _start(times: Sequence[float], limits: Sequence[Limit], earliest: float) -> float:
    """When the request after `times` may go."""
    full = (x for x in limits if len(times) >= x.requests)
    return max([earliest, *(times[-x.requests] + x.seconds for x in full)])


class Pace:
    """A queue, first come first served, that lets requests through within all its limits."""

    def __init__(self, limits: Sequence[Limit], clock: Clock, name: str = "requests") -> None:
        self._limits = tuple(limits)
        self._clock = clock
        self._name = name
        self._times: deque[float] = deque(maxlen=max((x.requests for x in limits), default=0))
        self._blocked_at = self._blocked_until = 0.0
        self._turn = asyncio.Lock()
        self._queued = 0

    async def acquire(self, max_wait: float, then: "Pace | None" = None) -> float:
        """Wait for permission to send one request now; returns the seconds waited.

        `then` is a second pace that the same request obeys. Raises `RateLimitedError` at once
        when the wait would be longer than `max_wait`.
        """
        began = self._clock.time()
        deadline = began + max_wait
        self._check(deadline, self._queued)
        if then is not None:
            then._check(deadline, then._queued)
        self._queued += 1
        try:
            async with self._turn:
                while (wait := self._check(deadline, ahead=0)) > 0:
                    await self._clock.sleep(wait)
                if then is not None:
                    await then.acquire(max(0.0, deadline - self._clock.time()))
                # Taken only here, so that a waiter that is cancelled leaves its slot to the next.
                now = self._clock.time()
                self._times.append(now)
        finally:
            self._queued -= 1
        return max(0.0, now - began)

    def block_until(self, moment: float) -> None:
        """Let nothing through before `moment` (Unix seconds)."""
        self._heed_clock()
        self._blocked_at = self._clock.time()
        self._blocked_until = max(self._blocked_until, moment)

    def tighten(self, headers: Mapping[str, str]) -> None:
        """Obey the vendor's quota headers: with no requests left, none is sent before the reset."""
        if headers.get("x-ratelimit-remaining", "").strip() == "0":
            now = self._clock.time()
            wait = reset_delay(headers, now)
            if wait is not None:
                self.block_until(now + wait)

    def _heed_clock(self) -> None:
        """Move times that lie ahead to now: the clock was set back, and the queue would wait."""
        now = self._clock.time()
        if self._times and self._times[-1] > now:
            self._times = deque((min(t, now) for t in self._times), self._times.maxlen)
        if self._blocked_at > now:
            self._blocked_until -= self._blocked_at - now
            self._blocked_at = now

    def _check(self, deadline: float, ahead: int) -> float:
        self._heed_clock()
        now = self._clock.time()
        wait = delay(self._times, self._limits, self._blocked_until, now, ahead)
        if wait > 0 and now + wait > deadline:
            raise RateLimitedError(
                f"the limit of {self._name} allows the next request in {wait:.0f} s, "
                "longer than a poll waits; it is tried again then",
                retry_at=now + wait,
            )
        return wait
