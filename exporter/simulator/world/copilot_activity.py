"""What people do with Copilot on each UTC day, which the platform reports days later and revises."""

import functools
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from exporter.model import DAY
from exporter.simulator.world.people import Developer
from exporter.simulator.world.repository_days import WHOLE, RepositoryDays, Requests
from exporter.simulator.world.repository_days import sum_of as sum_of_requests
from exporter.simulator.world.rollout import Rollout, lags
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

REPORT_LAG = 2 * DAY
"""Seconds from the end of a day until its report is there."""
LATE_LAG = 4 * DAY
LATE_SHARE = 0.08
REVISED_EVERY = DAY
SMALLEST_TEAM = 5
CACHED_DAYS = 75

IDES = ("vscode", "vscode", "vscode", "intellij", "intellij", "visualstudio", "neovim")
MODELS = ("claude-sonnet-4.6", "gpt-5-mini", "gemini-3-pro", "auto")
GUILD = "guild-accessibility"

Figures: TypeAlias = tuple[int, int, int, int, int, int, int]
"""Interactions, generations, acceptances, lines suggested to add and to delete, added, deleted."""

NOTHING: Figures = (0, 0, 0, 0, 0, 0, 0)


class Use(NamedTuple):
    """What one person did with one feature; a part that is None is in no breakdown by it."""

    feature: str | None
    ide: str | None
    language: str | None
    model: str | None
    figures: Figures


class CommandLine(NamedTuple):
    """What one person did on the command line."""

    sessions: int = 0
    requests: int = 0
    prompts: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


class PersonDay(NamedTuple):
    """One active person's day."""

    uses: tuple[Use, ...]
    command_line: CommandLine = CommandLine()

    @property
    def figures(self) -> Figures:
        return sum_of(use.figures for use in self.uses)


@dataclass(frozen=True, slots=True)
class DayReport:
    """A day as it is told: the active people by their place among the developers, and repositories."""

    day: int
    people: dict[int, PersonDay]
    repositories: Mapping[int, Requests]

    @property
    def pull_requests(self) -> Requests:
        return sum_of_requests([*self.repositories.values()])

    @property
    def command_line(self) -> CommandLine:
        rows = [person.command_line for person in self.people.values()]
        return CommandLine(*map(sum, zip(*rows, strict=True))) if rows else CommandLine()

    def uses(self) -> Iterator[Use]:
        for person in self.people.values():
            yield from person.uses


class _Edit(NamedTuple):
    visible_from: float
    person: int
    use: Use


class CopilotActivity:
    """All days of all people."""

    def __init__(self, rollout: Rollout, repositories: RepositoryDays) -> None:
        self._rollout = rollout
        self.repositories = repositories
        self._edits: dict[int, list[_Edit]] = {}
        self._quiet: float | None = None
        self._people = functools.lru_cache(maxsize=CACHED_DAYS)(self._generate)
        self._part = functools.lru_cache(maxsize=CACHED_DAYS)(self._scaled)
        self._schedule = functools.lru_cache(maxsize=CACHED_DAYS)(self._revisions)

    def report(self, day: int, as_of: float) -> DayReport | None:
        """The report of the day that starts at `day`, as told at `as_of`; None before there is one."""
        if (
            day < self._rollout.first
            or day % DAY
            or (self._quiet is not None and day >= self._quiet)
        ):
            return None
        told = [part for after, part in self._schedule(day) if day + DAY + after <= as_of]
        if not told:
            return None
        people = self._part(day, told[-1])
        edits = [edit for edit in self._edits.get(day, ()) if edit.visible_from <= as_of]
        if edits:
            people = dict(people)
        for edit in edits:
            known = people.get(edit.person, PersonDay(()))
            people[edit.person] = known._replace(uses=(*known.uses, edit.use))
        size = len(self._people(day))
        return DayReport(day, people, self.repositories.day(day, size, told[-1], as_of))

    def reports(self, start: float, end: float, as_of: float) -> Iterator[DayReport]:
        """The reports there are of the days that start in [start, end)."""
        first = max(-(-int(start) // DAY) * DAY, self._rollout.first)
        for day in range(first, int(min(end, as_of)), DAY):
            report = self.report(day, as_of)
            if report is not None:
                yield report

    def active(self, day: int, days: int) -> set[int]:
        """Who was active on a day or in the days before it."""
        start = max(self._rollout.first, day - (days - 1) * DAY)
        return {person for one in range(start, day + 1, DAY) for person in self._people(one)}

    def inject(self, day: int, person: int, use: Use, now: float) -> None:
        """Add to a person's day, visible from `now` on where the day has a report."""
        self._edits.setdefault(day, []).append(_Edit(now, person, use))

    def quiet(self, since: float | None) -> None:
        """Report no day that starts at or after `since`; None lifts it."""
        self._quiet = since

    def teams_of(self, person: int) -> tuple[str, ...]:
        """The teams of a person that are large enough to be reported."""
        return tuple(
            team for team in self._all_teams(person) if self._team_sizes[team] >= SMALLEST_TEAM
        )

    @functools.cached_property
    def _team_sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for person in range(len(self._rollout.developers)):
            for team in self._all_teams(person):
                sizes[team] = sizes.get(team, 0) + 1
        return sizes

    def _all_teams(self, person: int) -> tuple[str, ...]:
        guild = (GUILD,) if person % 9 == 0 else ()
        return (self._rollout.developers[person].team, *guild)

    def _revisions(self, day: int) -> tuple[tuple[int, int], ...]:
        """Seconds after the day's end, and the sixteenths that are told from then on."""
        chance = randomness(self._rollout.seed, "copilot report", day)
        if chance.random() < LATE_SHARE:
            return ((LATE_LAG, WHOLE),)
        second = WHOLE + 2 if chance.random() < 0.2 else WHOLE - 1
        parts = (chance.randint(WHOLE - 5, WHOLE - 2), second, WHOLE)
        return tuple((REPORT_LAG + REVISED_EVERY * step, part) for step, part in enumerate(parts))

    def _scaled(self, day: int, part: int) -> dict[int, PersonDay]:
        people = self._people(day)
        if part == WHOLE:
            return people
        return {
            index: PersonDay(
                tuple(use._replace(figures=_sixteenths(use.figures, part)) for use in person.uses),
                CommandLine(*(value * part // WHOLE for value in person.command_line)),
            )
            for index, person in people.items()
        }

    def _generate(self, day: int) -> dict[int, PersonDay]:
        chance = randomness(self._rollout.seed, "copilot", day)
        share = 0.12 if weekend(day // DAY) else 0.8
        return {
            index: _person_day(chance, index, developer)
            for index, developer in enumerate(self._rollout.developers)
            if chance.random() < share and self._rollout.begun(index, day)
        }


def _person_day(chance: random.Random, index: int, developer: Developer) -> PersonDay:
    ide = IDES[index % len(IDES)]
    most = 0.15 if lags(developer) else 0.45
    uses = []
    for language in developer.languages:
        shown = chance.randint(15, 120)
        taken = int(shown * chance.uniform(most / 2, most))
        figures = (0, shown, taken, shown * chance.randint(1, 3), 0, taken * 2, 0)
        uses.append(Use("code_completion", ide, language, None, figures))
    prompts = chance.randint(1, 14)
    model = chance.choice(MODELS)
    language = developer.languages[0]
    if chance.random() < 0.6:
        told = prompts * chance.randint(1, 3)
        figures = (prompts, told, 0, told * 9, 0, 0, 0)
        uses.append(Use("chat_panel_agent_mode", ide, None, model, figures))
        edits = chance.randint(1, 9)
        figures = (0, edits, edits // 2, 0, 0, edits * 25, edits * 4)
        uses.append(Use("agent_edit", ide, language, None, figures))
    else:
        figures = (prompts, prompts, prompts // 3, prompts * 6, 0, prompts, 1)
        uses.append(Use("chat_inline", ide, language, model, figures))
    if chance.random() < 0.15:
        # Somebody whose editor sends no telemetry: counted, but nobody can say for what.
        uses.append(Use(None, None, None, None, (2, 3, 1, 12, 0, 6, 0)))
    if chance.random() > 0.2:
        return PersonDay(tuple(uses))
    asked = chance.randint(1, 8)
    uses.append(Use("copilot_cli", None, None, None, (asked, 0, 0, 0, 0, 0, 0)))
    requests = asked * chance.randint(2, 5)
    return PersonDay(
        tuple(uses), CommandLine(1 + asked // 3, requests, asked, requests * 4_100, requests * 560)
    )


def sum_of(rows: Iterable[Figures]) -> Figures:
    """The sum of figures, each of the seven on its own."""
    return _figures(map(sum, zip(NOTHING, *rows, strict=True)))


def _sixteenths(figures: Figures, part: int) -> Figures:
    return _figures(value * part // WHOLE for value in figures)


def _figures(values: Iterable[int]) -> Figures:
    one, two, three, four, five, six, seven = values
    return one, two, three, four, five, six, seven
