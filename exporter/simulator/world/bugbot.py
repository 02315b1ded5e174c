"""Bugbot's reviews of pull requests."""

import random
from decimal import Decimal
from typing import NamedTuple

from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.workday import DaySource, moment_of_work

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


class ReviewSource(DaySource[Review]):
    """Generates a day's reviews."""

    kind = "bugbot"
    each_a_week = REVIEWS_PER_DEVELOPER_WEEK

    def __init__(self, rollout: Rollout, repositories: tuple[str, ...]) -> None:
        super().__init__(rollout)
        self._repositories = repositories

    def _made(self, chance: random.Random, day: int, _: int, author: Developer) -> Review:
        severities = tuple(chance.choice(SEVERITIES) for _ in range(chance.choice((0, 0, 1, 1, 3))))
        billed = chance.choice((True, True, False, None))
        return Review(
            created_ms=moment_of_work(chance, day, author),
            id=f"req-{chance.getrandbits(64):016x}",
            repository=f"github.com/{chance.choice(self._repositories)}",
            pull_request=chance.randint(1, 4_000),
            # Some bugs are counted and not listed.
            bugs_found=len(severities) + (chance.random() < 0.1),
            severities=severities,
            cost_cents=None if billed is None else Decimal(chance.randint(100, 900)) / 8,
            billed=billed,
        )
