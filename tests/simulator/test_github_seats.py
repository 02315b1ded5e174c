"""The simulated Copilot seats: overlapping, ageing, and the same in every list."""

from collections import Counter
from typing import Any

import pytest

from tests.simulator.support import DAY, Reader, simulator

ENTERPRISE = "/github/enterprises/acme/copilot/billing/seats"
BILLING = "/github/orgs/{}/copilot/billing"


async def seats(reader: Reader, path: str, size: int = 100) -> tuple[int, list[dict[str, Any]]]:
    """The total, and the rows of all pages."""
    response = await reader.github(path, per_page=size)
    assert response.status_code == 200, response.text
    rows = response.json()["seats"]
    while "next" in response.links:
        response = await reader.github(response.links["next"]["url"])
        assert len(response.json()["seats"]) <= size
        rows += response.json()["seats"]
    return response.json()["total_seats"], rows


async def test_an_enterprise_lists_some_persons_more_than_once() -> None:
    """The total counts each once; the grants of one person fall on different pages."""
    reader = Reader(simulator(developers=60))
    total, rows = await seats(reader, ENTERPRISE, 10)
    people = Counter(row["assignee"]["id"] for row in rows)
    assert len(people) == total < len(rows)
    assert {row["organization"]["login"] for row in rows} == {"acme", "acme-labs"}
    assert (await seats(reader, ENTERPRISE))[1] == rows


@pytest.mark.parametrize("organization", ["acme", "acme-labs"])
async def test_an_organization_agrees_with_its_enterprise(organization: str) -> None:
    """Each person once in its list, and the breakdown adds up to its total."""
    reader = Reader(simulator(developers=60))
    path = BILLING.format(organization)
    breakdown = (await reader.github(path)).json()["seat_breakdown"]
    total, rows = await seats(reader, f"{path}/seats", 7)
    ids = [row["assignee"]["id"] for row in rows]
    assert len(ids) == len(set(ids)) == total == breakdown["total"]
    assert total == breakdown["active_this_cycle"] + breakdown["inactive_this_cycle"]
    _, everywhere = await seats(reader, ENTERPRISE)
    there = {row["assignee"]["id"] for row in everywhere}
    assert set(ids) <= there
    cancelled = sum(row["pending_cancellation_date"] is not None for row in rows)
    assert cancelled == breakdown["pending_cancellation"]


async def test_seats_age_and_are_forgotten_after_90_days() -> None:
    """Who works is seen within a day or a weekend; an old activity turns to null; seats are added."""
    app = simulator(developers=60)
    reader = Reader(app)
    before, rows = await seats(reader, ENTERPRISE)
    never = sum(row["last_activity_at"] is None for row in rows)
    assert 0 < never < len(rows) // 3
    again = await seats(reader, ENTERPRISE)
    assert again == (before, rows)
    await reader.control("advance", seconds=60 * DAY)
    after, later = await seats(reader, ENTERPRISE)
    assert after > before
    assert sum(row["last_activity_at"] is None for row in later) > never
    assert max(row["last_activity_at"] or "" for row in later) > "2026-03-04"


async def test_a_quiet_world_ages_no_seat() -> None:
    """What is told stands still."""
    app = simulator(developers=60)
    reader = Reader(app)
    await reader.control("quiet", **{"from": app.world.clock.time()})
    before = await seats(reader, ENTERPRISE)
    await reader.control("advance", seconds=3 * DAY)
    assert await seats(reader, ENTERPRISE) == before


@pytest.mark.parametrize(
    "path",
    [
        BILLING.format("umbrella"),
        f"{BILLING.format('umbrella')}/seats",
        "/github/enterprises/umbrella/copilot/billing/seats",
    ],
)
async def test_unknown_accounts_are_not_found(path: str) -> None:
    """As everywhere at GitHub."""
    assert (await Reader(simulator()).github(path)).status_code == 404
