"""What the assistant did for each person on each UTC day, as it is told and later revised."""

import functools
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from operator import add
from typing import NamedTuple

from exporter.model import DAY, HOUR, floor
from exporter.simulator.world.membership import Member
from exporter.simulator.world.people import WORKDAY_HOURS, WORKDAY_START
from exporter.simulator.world.rollout import Rollout, lags
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

WHOLE = 16
"""A day's figures are told in sixteenths until they are final."""
LATE_SHARE = 0.15
OVERSHOOT_SHARE = 0.05
SETTLED_AFTER = 3 * DAY
"""Seconds from the end of a day until nothing of it changes any more."""
CACHED_DAYS = 75

_WORKDAY = WORKDAY_HOURS * HOUR


class Figures(NamedTuple):
    """The sums of one person and day, or of many."""

    completions: int = 0
    completion_characters: int = 0
    completion_lines: int = 0
    keystrokes: int = 0
    chat_interactions: int = 0
    chat_useful_interactions: int = 0
    chat_lines: int = 0
    chat_characters: int = 0
    agent_interactions: int = 0
    agent_lines_added: int = 0
    agent_lines_added_accepted: int = 0
    agent_lines_removed: int = 0
    agent_lines_removed_accepted: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def active(self) -> bool:
        """At least one accepted completion or chat interaction."""
        return bool(self.completions or self.chat_interactions)

    def plus(self, other: "Figures") -> "Figures":
        return Figures._make(map(add, self, other))


NOTHING = Figures()


class BeforeTheWorldError(ValueError):
    """Figures for a day that the world's history does not reach."""


class _PersonDay(NamedTuple):
    final: Figures
    part: int
    """Sixteenths that are told while the day lasts."""
    revisions: tuple[tuple[int, int], ...]
    """Seconds after the day's end, and the sixteenths that are told from then on."""


_IDLE = _PersonDay(NOTHING, WHOLE, ())


class _Edit(NamedTuple):
    visible_from: float
    figures: Figures
    replaces: bool


class Assistance:
    """All days of all people."""

    def __init__(self, rollout: Rollout, members: Sequence[Member]) -> None:
        self.first = rollout.first
        self._rollout = rollout
        self._members = members
        self._lagging = [lags(developer) for developer in rollout.developers]
        self._work_starts = [
            (WORKDAY_START - developer.utc_offset) * HOUR % DAY for developer in rollout.developers
        ]
        self._edits: dict[int, dict[int, list[_Edit]]] = {}
        self._quiet: float | None = None
        self._day = functools.lru_cache(maxsize=CACHED_DAYS)(self._generate)

    def days(self, start: float, end: float, as_of: float) -> Iterator[int]:
        """The starts in [start, end) of the days that can have figures, up to the present."""
        low = math.ceil(max(start, self.first) / DAY) * DAY
        yield from range(low, math.ceil(min(end, math.floor(as_of) + 1)), DAY)

    def told(self, day: int, people: Iterable[int], as_of: float) -> Iterator[tuple[int, Figures]]:
        """The people with their figures of the day that starts at `day`, as told at `as_of`."""
        moment = as_of if self._quiet is None else min(as_of, self._quiet)
        rows = self._day(day // DAY) if self.first <= day <= moment else None
        edits = self._edits.get(day, {})
        for person in people:
            figures = NOTHING
            if rows is not None:
                figures = self._told(rows[person], person, moment - day)
            if person in edits:
                figures = _edited(figures, edits[person], as_of)
            if figures != NOTHING:
                yield person, figures

    def inject(self, moment: float, person: int, figures: Figures, now: float) -> None:
        """Add figures to a person's day, visible from `now` on."""
        self._edit(moment, person, _Edit(now, figures, replaces=False))

    def revise(self, moment: float, person: int, figures: Figures, now: float) -> None:
        """Set the figures of a person's day, from `now` on."""
        self._edit(moment, person, _Edit(now, figures, replaces=True))

    def quiet(self, since: float | None) -> None:
        """Let what is told stand still from `since` on; None lifts it."""
        self._quiet = since

    def _edit(self, moment: float, person: int, edit: _Edit) -> None:
        if moment < self.first:
            raise BeforeTheWorldError(f"assistance: no day before {self.first}, so not {moment}")
        day = floor(moment, DAY)
        self._edits.setdefault(day, {}).setdefault(person, []).append(edit)

    def _told(self, row: _PersonDay, person: int, elapsed: float) -> Figures:
        if elapsed >= DAY + SETTLED_AFTER:
            return row.final
        part = row.part
        for delay, revised in row.revisions:
            if elapsed >= DAY + delay:
                part = revised
        if elapsed >= DAY:
            return row.final if part == WHOLE else _scaled(row.final, part, WHOLE)
        worked = _worked(self._work_starts[person], elapsed)
        return _scaled(row.final, part * worked, WHOLE * _WORKDAY)

    def _generate(self, day: int) -> tuple[_PersonDay, ...]:
        chance = randomness(self._rollout.seed, "assistance", day)
        rows: list[_PersonDay] = []
        for index, member in enumerate(self._members):
            # Drawn for everybody, so that one who leaves changes nobody else's days.
            row = _person_day(chance, day, lagging=self._lagging[index])
            gone = member.deactivated is not None and member.deactivated < (day + 1) * DAY
            using = self._rollout.begun(index, day * DAY) and not gone
            rows.append(row if using else _IDLE)
        return tuple(rows)


def _person_day(chance: random.Random, day: int, *, lagging: bool) -> _PersonDay:
    present = chance.random() < (0.05 if weekend(day) else 0.86)
    completing, chatting, delegating = (chance.random() < share for share in (0.8, 0.7, 0.4))
    level = chance.uniform(0.2, 1.8)
    part, revisions = _plan(chance)
    if not present:
        return _IDLE
    completions = int(completing * level * (15 if lagging else 45))
    interactions = int(chatting * level * 22)
    agent = int(delegating * level * 14)
    added, removed = agent * 60, agent * 7
    final = Figures(
        completions=completions,
        completion_characters=int(completions * 70 * level) + completions,
        completion_lines=completions * 2,
        keystrokes=int(level * 3_100) if completing or chatting else 0,
        chat_interactions=interactions,
        chat_useful_interactions=interactions * (2 if lagging else 5) // 9,
        chat_lines=interactions * 6 // 5,
        chat_characters=int(interactions * 11 * level),
        agent_interactions=agent,
        agent_lines_added=added,
        agent_lines_added_accepted=added * 15 // 16,
        agent_lines_removed=removed,
        agent_lines_removed_accepted=removed * 14 // 16,
        input_tokens=agent * 9_000,
        output_tokens=agent * 800,
    )
    return _PersonDay(final, part, revisions)


def _plan(chance: random.Random) -> tuple[int, tuple[tuple[int, int], ...]]:
    """What is told of a day at first, and how that is revised until it is whole."""
    roll, early, late = chance.random(), chance.randint(1, DAY), chance.randint(DAY, SETTLED_AFTER)
    part = chance.randint(10, WHOLE - 1)
    if roll < OVERSHOOT_SHARE:
        return part, ((early, WHOLE + 1), (late, WHOLE))
    if roll < OVERSHOOT_SHARE + LATE_SHARE:
        return part, ((early, (part + WHOLE) // 2), (late, WHOLE))
    return WHOLE, ()


def _worked(work_start: int, elapsed: float) -> int:
    """Whole seconds of a person's working hours in the first `elapsed` seconds of a UTC day."""
    before_midnight = min(DAY, work_start + _WORKDAY)
    wrapped = work_start + _WORKDAY - before_midnight
    worked = min(elapsed, wrapped) + max(0.0, min(elapsed, before_midnight) - work_start)
    return int(worked)


def _scaled(figures: Figures, part: int, whole: int) -> Figures:
    return Figures._make(value * part // whole for value in figures)


def _edited(figures: Figures, edits: Iterable[_Edit], as_of: float) -> Figures:
    for edit in edits:
        if edit.visible_from <= as_of:
            figures = edit.figures if edit.replaces else figures.plus(edit.figures)
    return figures
