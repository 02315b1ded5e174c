"""What people did with Cursor on each UTC day, told hour by hour and completed later."""

import functools
import random
from collections.abc import Iterator, Sequence
from operator import add
from typing import NamedTuple

from exporter.model import DAY, HOUR
from exporter.simulator.world.rollout import Rollout, lags
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

ANALYTICS_LAG = 5 * HOUR
"""How long after its beginning a day is first in the Analytics API."""
LATE_SHARE = 0.15
WHOLE = 16
"""Late days lack sixteenths until they are completed."""
CACHED_DAYS = 75

MODELS = ("default", "claude-4.5-sonnet", "gpt-5.1", "composer-1")
VERSIONS = ("2.3.1", "2.3.0", "2.2.0")
TOOLS = (
    ("filesystem", "read_file"),
    ("filesystem", "list"),
    ("tickets", "search"),
    ("db", "query"),
)
COMMANDS = ("explain", "review", "write-tests")
SKILLS = ("release-notes", "migrate", "triage")
TOPICS = {
    "intents": ("implement", "debug", "understand"),
    "complexity": ("low", "medium", "high"),
    "categories": ("backend", "frontend", "tests"),
    "guidanceLevels": ("low", "high"),
    "workTypes": ("feature", "maintenance"),
}


class Work(NamedTuple):
    """The sums of one person and day, or of many."""

    lines_added: int = 0
    lines_deleted: int = 0
    accepted_added: int = 0
    accepted_deleted: int = 0
    applies: int = 0
    accepts: int = 0
    rejects: int = 0
    tabs_shown: int = 0
    tabs_accepted: int = 0
    tabs_rejected: int = 0
    composer: int = 0
    chat: int = 0
    agent: int = 0
    cmdk: int = 0
    included: int = 0
    usage_based: int = 0
    api_key: int = 0
    bugbot: int = 0
    tool_calls: int = 0
    command_uses: int = 0
    skill_uses: int = 0
    plans: int = 0
    asks: int = 0

    @property
    def conversations(self) -> int:
        return self.composer + self.chat + self.agent

    def plus(self, other: "Work") -> "Work":
        return Work._make(map(add, self, other))

    def part(self, part: int, whole: int) -> "Work":
        return Work._make(value * part // whole for value in self)


class Habits(NamedTuple):
    """What a person uses on a day."""

    model: str
    version: str
    tool: tuple[str, str]
    command: str
    skill: str
    cli: bool
    topics: tuple[str, ...]
    """In the order of `TOPICS`."""


class PersonDay(NamedTuple):
    """A person, by place among the developers, with work and habits of a day."""

    person: int
    work: Work
    habits: Habits


class _Planned(NamedTuple):
    work: Work
    habits: Habits
    missing: int
    completed: int
    """Sixteenths that are missing until so many seconds after the day's end."""


class MemberDays:
    """All days of all people."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self._quiet: float | None = None
        self._day = functools.lru_cache(maxsize=CACHED_DAYS)(self._generate)

    def quiet(self, since: float | None) -> None:
        """Let what is told stand still from `since` on; None lifts it."""
        self._quiet = since

    def days(self, start: float, end: float, as_of: float) -> Iterator[int]:
        """The starts of the days in [start, end) that have begun."""
        first = max(-(-int(start) // DAY) * DAY, self.rollout.first)
        yield from (day for day in range(first, int(end), DAY) if day <= as_of)

    def told(self, day: int, as_of: float) -> list[PersonDay]:
        """Everybody who has done something on the day that starts at `day`, as told at `as_of`."""
        moment = as_of if self._quiet is None else min(as_of, self._quiet)
        if not self.rollout.first <= day <= moment:
            return []
        found = (
            PersonDay(person, _told(planned, moment - day), planned.habits)
            for person, planned in self._day(day // DAY)
        )
        return [each for each in found if any(each.work)]

    def analysed(self, day: int, as_of: float) -> list[PersonDay]:
        """The same where the Analytics API has the day already."""
        return self.told(day, as_of) if as_of >= day + ANALYTICS_LAG else []

    def _generate(self, day: int) -> Sequence[tuple[int, _Planned]]:
        chance = randomness(self.rollout.seed, "cursor usage", day)
        rows = []
        for person, developer in enumerate(self.rollout.developers):
            # Drawn for everybody, so that one who begins changes nobody else's days.
            planned = _planned(chance, day, lagging=lags(developer))
            if self.rollout.begun(person, day * DAY):
                rows.append((person, planned))
        return rows


def _told(planned: _Planned, elapsed: float) -> Work:
    if elapsed < DAY:
        return planned.work.part(int(elapsed // HOUR), DAY // HOUR)
    if elapsed < DAY + planned.completed:
        return planned.work.part(WHOLE - planned.missing, WHOLE)
    return planned.work


def _planned(chance: random.Random, day: int, *, lagging: bool) -> _Planned:
    present = chance.random() < (0.06 if weekend(day) else 0.85)
    level = chance.uniform(0.3, 1.7) * (0.4 if lagging else 1)
    late = chance.random() < LATE_SHARE
    habits = Habits(
        model=chance.choice(MODELS),
        version=chance.choice(VERSIONS),
        tool=chance.choice(TOOLS),
        command=chance.choice(COMMANDS),
        skill=chance.choice(SKILLS),
        cli=chance.random() < 0.2,
        topics=tuple(chance.choice(values) for values in TOPICS.values()),
    )
    work = _work(level) if present else Work()
    # Hours count up to the 23rd; the day's end brings the last.
    return _Planned(work, habits, chance.randint(1, 3) if late else 0, chance.randint(1, DAY))


def _work(level: float) -> Work:
    applies, tabs, chats = int(level * 40), int(level * 160), int(level * 30)
    agents, composers = int(level * 16), int(level * 12)
    asked = chats + agents + composers
    return Work(
        lines_added=applies * 18,
        lines_deleted=applies * 7,
        accepted_added=applies * 12,
        accepted_deleted=applies * 5,
        applies=applies,
        accepts=applies * 7 // 10,
        rejects=applies * 2 // 10,
        tabs_shown=tabs,
        tabs_accepted=tabs * 6 // 10,
        tabs_rejected=tabs * 3 // 10,
        composer=composers,
        chat=chats,
        agent=agents,
        cmdk=int(level * 9),
        included=asked * 9 // 10,
        usage_based=asked // 12,
        api_key=asked // 40,
        bugbot=int(level * 2),
        tool_calls=agents * 6,
        command_uses=int(level * 5),
        skill_uses=int(level * 4),
        plans=int(level * 3),
        asks=int(level * 7),
    )
