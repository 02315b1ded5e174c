"""State files that former versions wrote go on to the unit: nothing is counted twice, nothing is lost."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from exporter.client.errors import State
from exporter.model import DAY
from exporter.poll.transform.privacy import Users
from exporter.store.store import Walk
from tests.streams.cases import CASES
from tests.streams.harness import Case, Pipeline, unix

FORMER = Path(__file__).parent / "former"
"""Schema 1, after three polls of the fixtures of each stream: as they are, with a unit more, as they are.

In `walks.sql` a quota then ended another poll half-way.
"""
WALKS = {"api_insights": ("2026-01-05", State.EMPTY), "organization": ("Platform", State.OK)}
"""Streams that had not ended a walk or a catch-up, with what they had read last, and how it ends.

Nothing happened on the days that are left of API Insights.
"""
LATER = {"copilot_reports": {"repositories": False}}
"""Options of a stream that read what the former version did not."""


def restore(name: str, path: Path | str) -> set[tuple[str, str]]:
    """Make the state file that a former version wrote; returns the streams in it, with their vendors."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((FORMER / f"{name}.sql").read_text(encoding="utf-8"))
        return set(connection.execute("SELECT vendor, stream FROM stream"))


WRITTEN = restore(Users.PLAIN, ":memory:")
"""The streams of the former version; others came later."""


def test_every_former_stream_is_known() -> None:
    """None is left out of the tests below."""
    assert {(case.vendor, case.stream) for case in CASES} >= WRITTEN
    assert restore(Users.PSEUDONYM, ":memory:") == WRITTEN


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if (case.vendor, case.stream) in WRITTEN],
    ids=lambda case: case.name,
)
@pytest.mark.parametrize("users", [Users.PLAIN, Users.PSEUDONYM])
async def test_a_former_state_goes_on_to_the_unit(case: Case, users: Users, tmp_path: Path) -> None:
    """The page is there at once; what was counted is not counted again, and growth counts as growth."""
    restore(users.value, tmp_path / "state.db")
    async with Pipeline(case, tmp_path, users=users, options=LATER.get(case.stream)) as run:
        before = run.page
        assert "account=" in before
        await run.poll(after=600)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.status.corrections == 0
        assert run.page == before
        if case.counted is None:
            return
        name, place = case.counted.metric, case.counted.place
        total = sum(run.values(name).values())
        # Seven were taken back and are owed.
        run.vendor.set(place, run.vendor.get(place) + 7 + 5)
        await run.poll(after=600)
        assert sum(run.values(name).values()) == total + 5
        assert run.status.corrections == 0


@pytest.mark.parametrize("stream", WALKS)
async def test_a_former_walk_goes_on_where_it_was(stream: str, tmp_path: Path) -> None:
    """The partitions that were read before are not asked for again."""
    case = next(
        case for case in CASES if (case.vendor, case.stream) in WRITTEN and case.stream == stream
    )
    restore("walks", tmp_path / "state.db")
    async with Pipeline(case, tmp_path, users=Users.PLAIN) as run:
        state = await run.state()
        assert isinstance(state.walk, Walk)
        after, ends = WALKS[stream]
        assert state.walk.after == after
        run.clock.now = unix(case.now) + 4 * DAY
        before = len(run.vendor.requests)
        await run.poll()
        assert (run.status.state, run.status.reason) == (ends, "")
        assert (await run.state()).walk is None
        done, total = run.status.walk or (0, 0)
        assert done == total
        assert len(run.vendor.requests) > before
