"""Pull requests of each repository on each UTC day, and how long their reviews took."""

import functools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exporter.simulator.world.seeded import randomness

WHOLE = 16
"""A day's figures are told in sixteenths until they are final."""
CACHED_DAYS = 75
FIRST_ID = 900_000_001
REVIEW_TIMES_SINCE = 1_790_294_400
"""2026-09-25: GitHub tells no review times of earlier days."""
PUBLIC = frozenset({"docs", "sdk-python", "sdk-go", "playground"})


class Requests(NamedTuple):
    """Pull requests of a repository, or of all together, on a day."""

    created: int = 0
    reviewed: int = 0
    merged: int = 0
    created_by_copilot: int = 0
    reviewed_by_copilot: int = 0
    merged_created_by_copilot: int = 0
    merged_reviewed_by_copilot: int = 0
    suggestions: int = 0
    applied_suggestions: int = 0
    suggestions_by_copilot: int = 0
    applied_suggestions_by_copilot: int = 0


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository by its first name; it may be called otherwise since."""

    id: int
    name: str
    visibility: str


class _Edit(NamedTuple):
    visible_from: float
    place: int
    requests: Requests


class RepositoryDays:
    """All days of all repositories; a repository is known by its place among them."""

    def __init__(self, seed: int, names: Iterable[str]) -> None:
        self._seed = seed
        self.repositories: list[Repository] = []
        for name in names:
            self._add(name, _visibility(name, len(self.repositories)))
        self._first = len(self.repositories)
        self._edits: dict[int, list[_Edit]] = {}
        self._told = functools.lru_cache(maxsize=CACHED_DAYS)(self._generate)

    def day(self, day: int, people: int, part: int, as_of: float) -> Mapping[int, Requests]:
        """What is told of a day on which so many people work: so many sixteenths, and what was added."""
        told = dict(self._told(day, people, part))
        for edit in self._edits.get(day, ()):
            if edit.visible_from <= as_of:
                told[edit.place] = sum_of([told.get(edit.place, Requests()), edit.requests])
        return told

    def inject(self, day: int, place: int, requests: Requests, now: float) -> None:
        """Add to a repository's day, visible from `now` on where the day has a report."""
        self._edits.setdefault(day, []).append(_Edit(now, place, requests))

    def place(self, name: str, visibility: str = "INTERNAL") -> int:
        """The place of a repository by its first name; one that nobody knows is a new one."""
        for place, repository in enumerate(self.repositories):
            if repository.name == name:
                return place
        return self._add(name, visibility)

    def minutes(self, day: int, place: int, kind: str) -> tuple[float, float]:
        """The median and the 90th percentile of a phase of review."""
        chance = randomness(self._seed, "review times", day, place, kind)
        median = round(chance.uniform(4, 400), 2)
        return median, round(median * chance.uniform(1, 4), 2)

    def _add(self, name: str, visibility: str) -> int:
        place = len(self.repositories)
        self.repositories.append(Repository(FIRST_ID + place, name, visibility))
        return place

    def _generate(self, day: int, people: int, part: int) -> Mapping[int, Requests]:
        chance = randomness(self._seed, "copilot pull requests", day)
        created = int(people * chance.uniform(0.3, 0.6)) * part // WHOLE
        merged = int(created * chance.uniform(0.6, 0.9))
        reviewed = int(created * 0.95)
        found: dict[int, list[Requests]] = {}
        for number in range(created):
            # Some repositories are busier than others.
            place = int(self._first * chance.random() ** 2)
            request = _request(chance, number, number < reviewed, number < merged)
            found.setdefault(place, []).append(request)
        return {place: sum_of(requests) for place, requests in sorted(found.items())}


def sum_of(rows: Sequence[Requests]) -> Requests:
    """The sum of pull requests, each figure on its own."""
    return Requests(*map(sum, zip(*rows, strict=True))) if rows else Requests()


def _request(chance: random.Random, number: int, reviewed: bool, merged: bool) -> Requests:
    """One pull request; what Copilot has to do with it follows from its number."""
    created_by, reviewed_by = number % 7 == 6, reviewed and number % 2 == 1
    suggestions = chance.randint(0, 4) if reviewed else 0
    applied = chance.randint(0, suggestions)
    return Requests(
        created=1,
        reviewed=int(reviewed),
        merged=int(merged),
        created_by_copilot=int(created_by),
        reviewed_by_copilot=int(reviewed_by),
        merged_created_by_copilot=int(merged and created_by),
        merged_reviewed_by_copilot=int(merged and reviewed_by),
        suggestions=suggestions,
        applied_suggestions=applied,
        suggestions_by_copilot=suggestions if reviewed_by else 0,
        applied_suggestions_by_copilot=applied if reviewed_by else 0,
    )


def _visibility(name: str, place: int) -> str:
    if name.rpartition("/")[2] in PUBLIC:
        return "PUBLIC"
    return "PRIVATE" if place % 4 == 3 else "INTERNAL"
