"""Bugbot's reviews of pull requests."""

import random
from decimal import Decimal
from typing import NamedTuple

from exporter.model import DAY
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import moment_of_work, volume_of_day

REVIEWS_PER_DEVELOPER_WEEK = 3
SEVERITIES = ("high", "medium", "low", None)


class Review(NamedTuple):
    """One review; `billed` is None in old answers, `cost_cents` where nothing is known of it."""

    created_ms: int
    id: str
    repository: str
    pull_request: int
    bugs_found: int
    severities: tuple[str | None, ...]
    cost_cents: Decimal | None
    billed: bool | None


class ReviewSource:
    """Generates a day's reviews."""

    def __init__(self, rollout: Rollout, repositories: tuple[str, ...]) -> None:
        self._rollout = rollout
        self._repositories = repositories

    def day(self, day: int) -> list[Review]:
        """The reviews of a UTC day, oldest first."""
        chance = randomness(self._rollout.seed, "bugbot", day)
        people = self._rollout.people(day * DAY)
        number = volume_of_day(chance, day, len(people), REVIEWS_PER_DEVELOPER_WEEK)
        return sorted(
            self._review(chance, day, chance.choice(people)) for _ in range(number if people else 0)
        )

    def _review(self, chance: random.Random, day: int, person: int) -> Review:
        severities = tuple(chance.choice(SEVERITIES) for _ in range(chance.choice((0, 0, 1, 1, 3))))
        billed = chance.choice((True, True, False, None))
        return Review(
            created_ms=moment_of_work(chance, day, self._rollout.developers[person]),
            id=f"req-{chance.getrandbits(64):016x}",
            repository=f"github.com/{chance.choice(self._repositories)}",
            pull_request=chance.randint(1, 4_000),
            # Some bugs are counted and not listed.
            bugs_found=len(severities) + (chance.random() < 0.1),
            severities=severities,
            cost_cents=None if billed is None else Decimal(chance.randint(100, 900)) / 8,
            billed=billed,
        )
