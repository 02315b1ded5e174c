"""Where counting starts: a baseline for each partition, taken once, whatever the settings become."""

from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from exporter.client.errors import State, UnavailableError
from exporter.model import DAY, Coverage, Metric, MetricType, Person, Sample
from exporter.poll.job import Job
from exporter.poll.transform.privacy import Users
from exporter.streams.contract import Batch
from exporter.streams.dates import iso_day
from exporter.streams.source import Source
from tests.poll.rig import THINGS, TODAY, Read, Rig, gives

Found = dict[str, dict[int, int]]
"""How much there is in each part of the account, by day (counted from today)."""


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    rig.start(count_history=False)
    yield rig
    await rig.store.close()


async def _total(rig: Rig, job: Job) -> float:
    await rig.poller.poll(job)
    assert job.status.reason == ""
    return sum((await rig.page()).values())


def in_parts(found: Found) -> Read:
    """A read that asks for one part after the other, each for the whole window."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for part in source.partitions(found):
            source.records += 1
            yield Batch(
                [Sample(THINGS, (part,), v, TODAY + d * DAY, part) for d, v in found[part].items()],
                [Coverage((THINGS,), source.window, part)],
                partition=part,
            )

    return read


def by_day(found: Found, fails_on: set[int]) -> Read:
    """A read that asks for one day after the other, and in each for every part."""

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        for window in source.days():
            day = (window.start - TODAY) // DAY
            if day in fails_on:
                raise UnavailableError("GET /days: down")
            source.records += 1
            yield Batch(
                [
                    Sample(THINGS, (part,), days[day], window.start, part)
                    for part, days in found.items()
                    if day in days
                ],
                [Coverage((THINGS,), window, part) for part in found],
                partition=iso_day(window.start),
            )

    return read


async def test_a_longer_lookback_counts_nothing_from_before_the_first_start(rig: Rig) -> None:
    """Where nothing was counted until then, too: the first poll was the baseline."""
    rig.reads["things"] = gives({}, records=0)
    assert await _total(rig, rig.job(lookback=2 * DAY)) == 0
    rig.reads["things"] = gives({("a", -5): 10, ("a", 0): 3})
    assert await _total(rig, rig.job(lookback=7 * DAY)) == 3


async def test_a_longer_lookback_counts_more_of_history_where_history_counts(rig: Rig) -> None:
    """What was never counted cannot be counted twice."""
    await rig.restart(count_history=True)
    rig.reads["things"] = gives({}, records=0)
    assert await _total(rig, rig.job(lookback=2 * DAY)) == 0
    rig.reads["things"] = gives({("a", -5): 10, ("a", 0): 3})
    assert await _total(rig, rig.job(lookback=7 * DAY)) == 13


async def test_a_team_that_is_added_later_has_a_baseline_of_its_own(rig: Rig) -> None:
    """Its lookback happened before it was watched; what comes then counts, after restarts too."""
    found: Found = {"1": {-1: 50, 0: 20}}
    rig.reads["things"] = in_parts(found)
    job = rig.job()
    assert await _total(rig, job) == 0
    found["2"] = {-2: 400, -1: 200, 0: 100}
    assert await _total(rig, job) == 0
    await rig.restart(count_history=False)
    found["2"][0] += 5
    found["1"][0] += 1
    assert await _total(rig, rig.job()) == 6


async def test_a_team_that_had_nothing_yet_counts_from_its_first_use(rig: Rig) -> None:
    """It was read, and it was at zero."""
    found: Found = {"1": {}}
    rig.reads["things"] = in_parts(found)
    job = rig.job()
    assert await _total(rig, job) == 0
    found["1"][0] = 9
    assert await _total(rig, job) == 9


async def test_a_team_that_is_added_counts_what_moved_to_it_as_moved(rig: Rig) -> None:
    """What the others lose is no debt, and what it has more than that is its baseline."""
    found: Found = {"1": {0: 50}}
    rig.reads["things"] = in_parts(found)
    job = rig.job()
    await _total(rig, job)
    found |= {"1": {0: 20}, "2": {0: 35}}
    assert await _total(rig, job) == 0
    found["1"][0] += 2
    assert await _total(rig, job) == 2


async def test_an_actor_that_is_added_is_read_whole_before_it_counts(rig: Rig) -> None:
    """Its days come one after the other, with an outage between them."""
    found: Found = {"1": {-2: 1, -1: 1, 0: 1}}
    fails_on: set[int] = set()
    rig.reads["things"] = by_day(found, fails_on)
    job = rig.job()
    assert await _total(rig, job) == 0
    found["2"] = {-2: 300, -1: 300, 0: 100}
    fails_on.add(0)
    await rig.poller.poll(job)
    assert job.status.state is State.UNAVAILABLE
    fails_on.clear()
    rig.clock.now += 60
    assert await _total(rig, job) == 0
    rig.clock.now += 60
    found["2"][0] += 4
    assert await _total(rig, job) == 4


ACTORS = Metric("fake_actors_total", MetricType.COUNTER, "Actors.", ("actor",), names_people=True)
PEOPLE = Metric("fake_people_total", MetricType.COUNTER, "People.", ("user",), people=True)


async def _switch(rig: Rig, users: Users, *, count_history: bool) -> float:
    """Restart under another privacy setting, and poll once; what is counted since."""
    await rig.restart(count_history=count_history, users=users)
    job = rig.job()
    await rig.poller.restore(job)
    assert sum((await rig.page()).values()) == 0
    return await _total(rig, job)


@pytest.mark.parametrize("count_history", [True, False])
async def test_switching_privacy_counts_nobody_again(rig: Rig, *, count_history: bool) -> None:
    """Whatever the page grows by since a switch is what happened since the poll before it."""
    used = {"ada": 10, "bob": 6}

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.records += 1
        samples = [Sample(ACTORS, (Person(n),), v, TODAY, key=n) for n, v in used.items()]
        yield Batch(samples, [Coverage((ACTORS,), source.window)])

    rig.metrics = (ACTORS,)
    rig.reads["things"] = read
    counted = await _switch(rig, Users.OFF, count_history=count_history)
    for users in (Users.PSEUDONYM, Users.OFF, Users.PLAIN, Users.OFF):
        used["ada"] += 4
        counted += await _switch(rig, users, count_history=count_history)
    assert counted == (32 if count_history else 16)


@pytest.mark.parametrize(("count_history", "first"), [(True, 16), (False, 0)])
async def test_people_who_are_shown_again_are_counted_once(
    rig: Rig, *, count_history: bool, first: int
) -> None:
    """A family of people is read only while it is shown; until the first time nothing was counted."""
    used = {"ada": 10, "bob": 6}

    async def read(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        source.records += 1
        yield Batch([Sample(THINGS, ("a",), 0, TODAY)], [Coverage((THINGS,), source.window)])
        for name, value in used.items() if source.people else ():
            sample = Sample(PEOPLE, (Person(name),), value, TODAY, name)
            yield Batch([sample], [Coverage((PEOPLE,), source.window, name)])

    rig.metrics = (PEOPLE, THINGS)
    rig.reads["things"] = read
    counted = 0.0
    for users in (Users.PLAIN, Users.OFF, Users.PSEUDONYM, Users.OFF, Users.PLAIN):
        counted += await _switch(rig, users, count_history=count_history)
    assert counted == first


async def test_a_correction_in_a_walk_is_owed_until_it_is_paid(rig: Rig) -> None:
    """Also of a family without labels, over restarts."""
    bare = Metric("fake_bare_total", MetricType.COUNTER, "Bare.")
    rig.metrics = (bare,)
    counted = []
    for value in (20, 15, 18, 20, 23):
        await rig.restart(count_history=True)

        async def read(source: Source[Any, Any], value: int = value) -> AsyncGenerator[Batch, None]:
            source.records += 1
            yield Batch([Sample(bare, (), value, TODAY)], [Coverage((bare,), source.window)])

        rig.reads["things"] = read
        job = rig.job()
        await rig.poller.restore(job)
        counted.append(await _total(rig, job))
    assert counted == [20, 20, 20, 20, 23]
