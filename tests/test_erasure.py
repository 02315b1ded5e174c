"""People leave the state of streams that do not run, too, when the privacy setting changes."""

from typing import Any

import pytest

from exporter.model import Series, SeriesKey, Slot, StreamKey
from exporter.poll.transform.privacy import Privacy, Users
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import Changes, Gauge, StoreError, StreamState
from tests.running import Running

IDLE = StreamKey("github", "gone", "api_insights")
PERSON = "octo-jane"
NAMING: SeriesKey = ("github_api_subject_requests_total", ("user", PERSON))
SEEN: SeriesKey = ("github_api_subject_last_request_timestamp_seconds", ("user", PERSON))
NAMELESS: SeriesKey = ("github_api_requests_total", ())
STARTED = [(NAMELESS[0], ""), (NAMING[0], ""), (NAMING[0], PERSON)]
PLAIN = {"privacy": {"users": "plain"}}


def target(running: Running) -> dict[str, Any]:
    return running.target("github", {"rate_limit": {"interval": "1h"}})


async def leave(running: Running, key: StreamKey = IDLE) -> None:
    """What a stream with people left that was removed from the configuration since."""
    state = StreamState(
        started=dict.fromkeys(STARTED, 1.0),
        privacy=Privacy(Users.PLAIN).fingerprint,
        ledger={
            NAMING: Series(created=1.0, counter=7, slots={Slot(0): 7}),
            NAMELESS: Series(created=1.0, counter=9, slots={Slot(0): 9}),
        },
        gauges={SEEN: {"": Gauge(5.0, 1.0)}},
    )
    store = SQLiteStore.open(running.directory / "state.db", 1.0)
    changes = Changes(frozenset(state.ledger), gauges=True, started=frozenset(STARTED))
    await store.commit(key, state, changes)
    await store.close()


async def left(running: Running, key: StreamKey = IDLE) -> StreamState:
    store = SQLiteStore.open(running.directory / "state.db", 1.0)
    state = await store.load(key)
    await store.close()
    return state


def named(running: Running) -> list[str]:
    """The files of the state that hold the person's name."""
    files = running.directory.glob("state.db*")
    return [file.name for file in files if PERSON.encode() in file.read_bytes()]


async def test_a_start_with_people_off_takes_them_from_what_removed_streams_left(
    running: Running,
) -> None:
    """Byte for byte; what names nobody is kept for when the stream runs again."""
    await leave(running)
    assert named(running)
    running.write(target(running))
    async with running.serving():
        assert named(running) == []
    state = await left(running)
    assert set(state.ledger) == {NAMELESS}
    assert state.ledger[NAMELESS].counter == 9
    assert state.gauges == {}
    assert state.started.keys() == {STARTED[0], STARTED[1]}
    assert state.erased == {(NAMING[0], 0): 7}


async def test_a_reload_with_people_off_does_so_too(running: Running) -> None:
    """As long as people are shown they stay."""
    await leave(running)
    running.write(target(running), **PLAIN)
    async with running.serving():
        assert named(running)
        running.write(target(running))
        assert (await running.reload()).status_code == 200
        assert named(running) == []


async def test_a_stream_that_this_version_does_not_have_is_left_alone(running: Running) -> None:
    """Which of its metrics name people cannot be known."""
    unknown = IDLE._replace(stream="of_another_version")
    await leave(running, unknown)
    running.write(target(running))
    async with running.serving():
        pass
    assert set((await left(running, unknown)).ledger) == {NAMING, NAMELESS}


async def test_a_state_file_that_cannot_be_written_stops_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the next start tries again."""
    await leave(running)
    commit = SQLiteStore.commit

    async def full(
        store: SQLiteStore, key: StreamKey, state: StreamState, changes: Changes
    ) -> None:
        if key == IDLE:
            raise StoreError("state file state.db: the disk is full; make room")
        await commit(store, key, state, changes)

    running.write(target(running))
    with monkeypatch.context() as patched:
        patched.setattr(SQLiteStore, "commit", full)
        async with running.serving():
            await running.until(lambda: running.polled("rate_limit"))
    assert "people may stay in the state of streams that do not run" in caplog.text
    assert PERSON not in caplog.text
    async with running.serving():
        assert named(running) == []
