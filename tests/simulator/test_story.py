"""The world's story: a rollout that grows, a team that lags, a bot that bursts, a budget too small."""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from statistics import mean

import pytest

from exporter.model import DAY, HOUR, floor
from exporter.simulator.world.budgets import Budget, consumed
from exporter.simulator.world.people import TEAMS
from exporter.simulator.world.rollout import LAGGING_TEAM
from exporter.simulator.world.seats import month_start
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock

MOMENTS = (
    "2026-01-01T00:00",
    "2026-03-10T23:59",
    "2026-06-30T12:00",
    "2026-12-31T23:59",
    "2028-02-29T06:30",
)
WEEK = 7 * DAY
LATER = 28 * DAY
SETTLED = 7 * DAY

worlds = pytest.mark.parametrize(
    ("seed", "moment"), [(1 + index % 3, moment) for index, moment in enumerate(MOMENTS)]
)


def unix(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


@cache
def world_at(seed: int, moment: str) -> World:
    """A world that is only looked at: what it tells does not depend on who asked before."""
    clock = WorldClock(lambda: 0.0, start=unix(moment))
    clock.freeze()
    return World(WorldSettings(seed=seed), clock)


def copilot_people(world: World, start: int) -> set[int]:
    reports = world.copilot.reports(start, start + WEEK, start + WEEK + SETTLED)
    return {person for report in reports for person in report.people}


def tabnine_people(world: World, start: int) -> set[int]:
    everybody = range(len(world.developers))
    return {
        person
        for day in range(start, start + WEEK, DAY)
        for person, figures in world.assistance.told(day, everybody, start + WEEK + SETTLED)
        if figures.active
    }


def legacy_people(world: World, start: int) -> set[int]:
    told = world.legacy_copilot.told(start, start + WEEK, None, start + WEEK + SETTLED)
    return {
        index
        for _, people in told
        for index, person in enumerate(people)
        if person.code or person.chats
    }


def cursor_people(world: World, start: int) -> set[str]:
    end = start + WEEK
    logs = (world.commits, world.changes)
    return {row.user_id for log in logs for row in log.between(start * 1000, end * 1000, end)}


ASSISTANTS = (copilot_people, tabnine_people, legacy_people, cursor_people)


@worlds
def test_each_assistant_gains_people_through_the_history_and_goes_on(
    seed: int, moment: str
) -> None:
    """From the world's first week to its last, and four weeks later."""
    world = world_at(seed, moment)
    first, present = int(world.first), floor(world.clock.time(), DAY)
    for people in ASSISTANTS:
        begun, last, later = (
            len(people(world, start)) for start in (first, present - WEEK, present + LATER - WEEK)
        )
        assert begun * 1.4 < last < later, people.__name__
        assert begun > 20


@worlds
def test_activity_grows_with_the_people(seed: int, moment: str) -> None:
    """Commits, changes, seats and the bill for them."""
    world = world_at(seed, moment)
    first, present = int(world.first), floor(world.clock.time(), DAY)
    for log in (world.commits, world.changes):
        weeks = [
            len(log.between(start * 1000, (start + WEEK) * 1000, present + DAY))
            for start in (first, present - WEEK)
        ]
        assert weeks[0] * 1.4 < weeks[1]
    seats = [sum(1 for _ in world.copilot_seats.told(now)) for now in (first, present)]
    assert seats[0] * 1.4 < seats[1] < len(world.developers)
    bills = [
        float(sum(i.net for i in world.billing.items(day, day + DAY, day + WEEK) if i.username))
        for day in (first, present - DAY)
    ]
    assert bills[0] * 1.3 < bills[1]


@worlds
def test_the_lagging_team_has_few_active_people_at_every_vendor_that_tells_of_teams(
    seed: int, moment: str
) -> None:
    """Less than half of what other teams have, in Copilot's reports and seats and in Tabnine."""
    world = world_at(seed, moment)
    present = floor(world.clock.time(), DAY)
    seated = {seat.person.login for seat in world.copilot_seats.told(present)}
    found: tuple[Iterable[int], ...] = (
        copilot_people(world, present - WEEK),
        legacy_people(world, present - WEEK),
        tabnine_people(world, present - WEEK),
        (index for index, one in enumerate(world.developers) if one.login in seated),
    )
    for people in found:
        teams = Counter(world.developers[person].team for person in people)
        others = mean(teams[team] for team in TEAMS if team != LAGGING_TEAM)
        assert 0 < teams[LAGGING_TEAM] < others / 2, teams


@worlds
def test_the_lagging_team_takes_less_of_what_it_is_offered(seed: int, moment: str) -> None:
    """Acceptance of completions, and the part of the code that comes from them."""
    world = world_at(seed, moment)
    start, end = int(world.first), floor(world.clock.time(), DAY)
    taken: Counter[str] = Counter()
    shown: Counter[str] = Counter()

    def count(vendor: str, person: int, took: int, saw: int) -> None:
        lagging = world.developers[person].team == LAGGING_TEAM
        taken[f"{vendor} {lagging}"] += took
        shown[f"{vendor} {lagging}"] += saw

    for report in world.copilot.reports(start, end, end + SETTLED):
        for index, person in report.people.items():
            count("copilot", index, person.figures[2], person.figures[1])
    for _, people in world.legacy_copilot.told(start, end, None, end + SETTLED):
        for index, one in enumerate(people):
            for code in one.code.values():
                count("legacy", index, code.acceptances, code.suggestions)
    for day in range(start, end, DAY):
        everybody = range(len(world.developers))
        for index, figures in world.assistance.told(day, everybody, end + SETTLED):
            count("tabnine", index, figures.completion_characters, figures.keystrokes)
    ratio = {name: taken[name] / shown[name] for name in shown}
    for vendor in ("copilot", "legacy", "tabnine"):
        assert ratio[f"{vendor} True"] < 0.7 * ratio[f"{vendor} False"], vendor


@worlds
def test_one_bot_bursts(seed: int, moment: str) -> None:
    """In few of its hours `mirror-sync` has nearly all the requests that are limited."""
    world = world_at(seed, moment)
    end = floor(world.clock.time(), DAY)
    limited: Counter[str] = Counter()
    hours: set[int] = set()
    for bucket, units in world.traffic.visible(end - 4 * DAY, end, end + DAY):
        for unit in units:
            limited[unit.caller.subject_name] += unit.limited
            if unit.limited and unit.caller.subject_name == "mirror-sync":
                hours.add(bucket // HOUR)
    assert limited["mirror-sync"] > 0.8 * limited.total()
    assert 0 < len(hours) < 24


def shares(world: World, now: float) -> dict[Budget, float]:
    return {
        budget: float(consumed(budget, world.billing, now) / budget.amount)
        for budget in world.budgets
        if budget.scope != "user"
    }


@worlds
def test_one_budget_runs_ahead_of_the_month_and_the_others_do_not(seed: int, moment: str) -> None:
    """Copilot's, once a third of the month is over; before, nothing is ahead of it."""
    world = world_at(seed, moment)
    now = world.clock.time()
    days = monthrange(*datetime.fromtimestamp(now, UTC).timetuple()[:2])[1]
    elapsed = (now - month_start(now)) / DAY / days
    found = shares(world, now)
    [copilot] = [budget for budget in found if budget.covers == "copilot"]
    ahead = found.pop(copilot)
    assert all(0 <= share < elapsed + 0.1 for share in found.values()), found
    if elapsed > 1 / 3:
        assert ahead > max(0.5, elapsed + 0.15)
        assert sum(share > 0.1 for share in found.values()) > 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_budget_is_used_up_through_the_month_and_starts_again(seed: int) -> None:
    """From nothing at midnight of the 1st to more than all of it; 31 days, a 29th of February."""
    world = world_at(seed, "2028-01-01T00:00")
    copilot = world.budgets[1]
    used = [
        consumed(copilot, world.billing, unix(moment))
        for moment in ("2028-02-01T00:00", "2028-02-10T00:00", "2028-02-29T23:59")
    ]
    assert used[0] == 0 < used[1] < copilot.amount < used[2]
    assert consumed(copilot, world.billing, unix("2028-03-01T00:00")) == 0
