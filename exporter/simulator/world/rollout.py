"""How an assistant spreads: everybody begins to use it on a day of their own, one team hesitates."""

from bisect import bisect_right
from collections.abc import Sequence

from exporter.model import DAY
from exporter.simulator.world.people import Developer
from exporter.simulator.world.seeded import randomness

LAGGING_TEAM = "data"
"""Few of it have begun, and they take little of what they are offered."""

_EARLY = 0.3
_DAYS = 90
_LAGGING_EARLY = 0.08
_LAGGING_DAYS = 400


class Rollout:
    """Who has begun to use an assistant; the first developer is among those who always did.

    `first` is the start of the world's first day, and `seed` what all chance follows from.
    """

    def __init__(
        self, seed: int, assistant: str, developers: Sequence[Developer], first: int
    ) -> None:
        self.seed = seed
        self.developers = developers
        self.first = first
        self._begins = [
            first + DAY * _day_of_beginning(seed, assistant, index, person)
            for index, person in enumerate(developers)
        ]
        self._in_order = sorted(range(len(developers)), key=self._begins.__getitem__)
        self._moments = sorted(self._begins)

    def begins(self, person: int) -> float:
        """When a person begins, the start of a UTC day; of the early ones, the world's first."""
        return self._begins[person]

    def begun(self, person: int, day: float) -> bool:
        """Whether a person uses it on the day that starts at `day`."""
        return self._begins[person] <= day

    def people(self, day: float) -> Sequence[int]:
        """All who use it on the day that starts at `day`, whoever began first leading."""
        return self._in_order[: bisect_right(self._moments, day)]


def lags(person: Developer) -> bool:
    """Whether a person is in the team that hesitates."""
    return person.team == LAGGING_TEAM


def _day_of_beginning(seed: int, assistant: str, index: int, person: Developer) -> int:
    """In days of the world; 0 for those who began before it."""
    chance = randomness(seed, "rollout", assistant, index)
    early, days = (_LAGGING_EARLY, _LAGGING_DAYS) if lags(person) else (_EARLY, _DAYS)
    if chance.random() < early or index == 0:
        return 0
    return chance.randint(1, days)
