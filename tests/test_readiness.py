"""Ready is an exporter that serves and has planned its polls, however long these take."""

import re
from pathlib import Path

import pytest

from tests.running import Running, Vendors

pytestmark = pytest.mark.process

TEAMS = 100
READING = re.compile(r"reading its first (\d+) of (\d+) parts")
STREAM_STATE = "usage_exporter_stream_state"


async def test_an_account_of_many_teams_is_ready_at_once(tmp_path: Path) -> None:
    """At the vendor's pace its first walk takes minutes; the page says how far it is."""
    async with Vendors(TEAMS).serving() as vendors:
        running = Running(tmp_path, vendors)
        running.write(running.target("tabnine", {}, requests_per_minute=60))
        async with running.serving():
            ready = await running.http.get("/-/ready")
            assert (ready.status_code, ready.text) == (200, "ready\n")
            parts = await _first_walk(running)
            assert parts >= TEAMS
            assert await running.value(STREAM_STATE, stream="team_usage") is None


async def _first_walk(running: Running) -> int:
    """Of how many parts the page says that they are read for the first time."""
    parts: list[int] = []

    async def told() -> bool:
        found = READING.search((await running.http.get("/")).text)
        parts.extend([int(found[2])] if found else [])
        return bool(parts)

    await running.until(told)
    return parts[-1]


async def test_what_is_not_known_before_the_first_poll_is_absent(
    running: Running, vendors: Vendors
) -> None:
    """A zero would say that the vendor gives no answer, or that nothing is used."""
    go = vendors.hold("/tabnine/*")
    running.write(running.target("tabnine", {}))
    async with running.serving():
        assert (await running.http.get("/-/ready")).status_code == 200
        shown = {name for name, _ in await running.values()}
        assert "usage_exporter_polls_total" in shown
        assert not {STREAM_STATE, "usage_exporter_up"} & shown
        assert not {name for name in shown if name.startswith(("tabnine_", "assistant_"))}
        go.set()

        async def up() -> bool:
            return await running.value("usage_exporter_up") == 1

        await running.until(up)
