"""What the requests of the last hour took of a vendor's limits."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from exporter.client.pace import Limit
from exporter.model import HOUR, MINUTE


class Used(NamedTuple):
    """Requests of the last hour to an endpoint group, and how many are allowed (None: any number)."""

    group: str
    requests: int
    allowed: float | None


class RequestBudget:
    """What a target's requests of the last hour took of the limits of its endpoint groups."""

    def __init__(self, limits: Mapping[str, Sequence[Limit]], now: Callable[[], float]) -> None:
        rates = {
            group: [limit.requests / limit.seconds for limit in some]
            for group, some in limits.items()
        }
        self._allowed = {group: min(some) * HOUR if some else None for group, some in rates.items()}
        self._groups = {group: _LastHour() for group in limits}
        self._now = now

    def spend(self, group: str) -> None:
        """Count one request."""
        self._groups[group].add(self._now())

    def used(self) -> list[Used]:
        """Every group, the busiest first."""
        now = self._now()
        used = (Used(g, hour.total(now), self._allowed[g]) for g, hour in self._groups.items())
        return sorted(used, key=lambda each: -each.requests)


class _LastHour:
    """A sliding count in cells of a minute; it leaves out up to a minute, so never overstates."""

    def __init__(self) -> None:
        self._cells = [0] * (HOUR // MINUTE)
        self._minute = 0

    def add(self, now: float) -> None:
        minute = int(now // MINUTE)
        # Where the clock was set back, the cells stay and age from its time on.
        passed = max(0, minute - self._minute)
        if passed:
            self._cells = [*self._cells[passed:], *[0] * min(passed, len(self._cells))]
        self._minute = minute
        self._cells[-1] += 1

    def total(self, now: float) -> int:
        return sum(self._cells[max(0, int(now // MINUTE) - self._minute) :])
