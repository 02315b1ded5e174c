"""Completions and chats of each person and UTC day, as the platform's closed API told them."""

import functools
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from exporter.model import DAY, HOUR, floor
from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout, lags
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

TOLD_AFTER = 3 * HOUR
"""How long after its end a day is told; a day later it is told with late telemetry."""
SMALLEST_TEAM = 5
SMALLEST_ROW = 12
"""A breakdown leaves out languages and editors with fewer suggestions."""
EDITORS = ("vscode", "jetbrains", "neovim")

_LATE_TELEMETRY = 9
_NO_BREAKDOWN_DAYS = 7


class Code(NamedTuple):
    """What completions came to."""

    suggestions: int = 0
    acceptances: int = 0
    lines_suggested: int = 0
    lines_accepted: int = 0

    def plus(self, other: "Code") -> "Code":
        return Code._make(mine + theirs for mine, theirs in zip(self, other, strict=True))


class PersonDay(NamedTuple):
    """One person's day."""

    editor: str
    code: Mapping[str, Code]
    """Completions by language."""
    chats: int
    insertions: int


Breakdown: TypeAlias = dict[tuple[str, str], Code]
"""Completions by language and editor."""


class LegacyCopilot:
    """All days of all people."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self._quiet: float | None = None
        self._day = functools.lru_cache(maxsize=128)(self._generate)

    @property
    def teams(self) -> list[str]:
        """The slugs of the teams."""
        return sorted({developer.team for developer in self._rollout.developers})

    def quiet(self, since: float | None) -> None:
        """Tell no more from `since` on; None lifts it."""
        self._quiet = since

    def told(
        self, start: float, end: float, team: str | None, as_of: float
    ) -> Iterator[tuple[int, list[PersonDay]]]:
        """The days that start in [start, end) and are told at `as_of`; none of a small team."""
        moment = as_of if self._quiet is None else min(as_of, self._quiet)
        size = sum(1 for developer in self._rollout.developers if team in (None, developer.team))
        if team is not None and size < SMALLEST_TEAM:
            return
        day = max(self._rollout.first, floor(start + DAY - 1, DAY))
        while day < end and day + DAY + TOLD_AFTER <= moment:
            late = moment < day + 2 * DAY + TOLD_AFTER
            yield (
                day,
                [
                    person
                    for index, person in enumerate(self._day(day // DAY))
                    if team in (None, self._rollout.developers[index].team)
                    and not (late and index % _LATE_TELEMETRY == 0)
                ],
            )
            day += DAY

    def _generate(self, day: int) -> list[PersonDay]:
        chance = randomness(self._rollout.seed, "legacy-copilot", day)
        return [
            self._person_day(chance, day, developer, begun=self._rollout.begun(index, day * DAY))
            for index, developer in enumerate(self._rollout.developers)
        ]

    def _person_day(
        self, chance: random.Random, day: int, developer: Developer, *, begun: bool
    ) -> PersonDay:
        present = chance.random() < (0.05 if weekend(day) else 0.85) and begun
        most = 0.2 if lags(developer) else 0.5
        code = {language: _code(chance, most) for language in developer.languages}
        chats = chance.randint(0, 12)
        return PersonDay(
            editor=EDITORS[developer.numeric_id % len(EDITORS)],
            code=code if present else {},
            chats=chats if present else 0,
            insertions=chats // 3 if present else 0,
        )


def breakdown(people: Sequence[PersonDay]) -> Breakdown:
    """Completions by language and editor, complete."""
    rows: Breakdown = {}
    for person in people:
        for language, code in person.code.items():
            key = language, person.editor
            rows[key] = rows.get(key, Code()).plus(code)
    return rows


def told_breakdown(day: int, rows: Breakdown) -> Breakdown | None:
    """What the API tells of a breakdown: no small rows, and on some days nothing."""
    if day // DAY % _NO_BREAKDOWN_DAYS == 0:
        return None
    return {key: code for key, code in rows.items() if code.suggestions >= SMALLEST_ROW}


def _code(chance: random.Random, most: float) -> Code:
    suggestions = chance.randint(1, 80)
    acceptances = int(suggestions * chance.uniform(most / 5, most))
    return Code(suggestions, acceptances, suggestions * 2, acceptances + acceptances // 2)
