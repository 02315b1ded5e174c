"""What is odd about Copilot seats: persons listed twice, answers without counts, zeros."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.model import DAY
from exporter.vendors.github.copilot_seats import AGES, NEVER
from tests.streams.github.copilot_seats.case import CASE
from tests.streams.harness import Asked, Pipeline, unix

ENTERPRISE = replace(CASE, target={"enterprise": "acme"})
SEATS = "github_copilot_seats"
IDLE = "github_copilot_seats_idle"


def seat(number: int | None, active: str | None = None, **more: Any) -> dict[str, Any]:
    assignee = None if number is None else {"id": number, "login": f"u{number}", "type": "User"}
    return {"assignee": assignee, "last_activity_at": active, **more}


@asynccontextmanager
async def enterprise(
    path: Path, seats: list[dict[str, Any]], total: int | None = None, *, page: int = 10_000
) -> AsyncIterator[Pipeline]:
    """An enterprise with these seats, polled."""
    async with Pipeline(ENTERPRISE, path) as run:
        run.vendor.most = page
        run.vendor.bodies["seats"] = {"seats": seats} | (
            {} if total is None else {"total_seats": total}
        )
        await run.poll()
        yield run


async def test_an_enterprise_counts_a_person_once_across_pages_and_organizations(
    tmp_path: Path,
) -> None:
    """The newest activity of all grants decides; the breakdown is not there to be asked for."""
    rows = [
        seat(1, "2026-01-05T10:00:00Z", organization={"login": "one", "id": 1}),
        seat(2, "2025-11-20T10:00:00Z", organization={"login": "one", "id": 1}),
        seat(2, "2026-01-02T10:00:00Z", organization={"login": "two", "id": 2}),
        seat(1, None, organization={"login": "two", "id": 2}, plan_type="enterprise"),
        seat(3, None),
    ]
    async with enterprise(tmp_path, rows, 3, page=2) as run:
        assert run.status.state is State.OK
        assert run.value(SEATS) == run.value("assistant_seats") == 3
        idle = {labels[0]: value for labels, value in run.values(IDLE).items()}
        assert idle == dict.fromkeys((NEVER, *AGES), 0) | {"under_7d": 2, "never": 1}
        assert run.values("github_copilot_plan_seats") == {("enterprise",): 1, ("unknown",): 2}
        for missing in ("added", "active", "inactive"):
            assert run.values(f"{SEATS}_{missing}_this_cycle") == {}
        paths = {request.url.path for request in run.vendor.requests}
        assert paths == {"/enterprises/acme/copilot/billing/seats"}
        assert len(run.vendor.requests) == 3
        assert run.vendor.requests[0].url.params["per_page"] == "100"


async def test_who_keeps_one_grant_keeps_the_seat(tmp_path: Path) -> None:
    """A seat ends only when all its grants do."""
    ending = {"pending_cancellation_date": "2026-02-01"}
    rows = [seat(1, **ending), seat(1), seat(2, **ending), seat(2, **ending), seat(3)]
    async with enterprise(tmp_path, rows) as run:
        assert run.value("github_copilot_seats_pending_cancellation") == 1
        assert run.value(SEATS) == 3


async def test_the_total_counts_and_not_the_rows(tmp_path: Path) -> None:
    """GitHub bills what it says; without a total the persons are counted."""
    for total, expected in ((7, 7), (None, 2)):
        directory = tmp_path / str(total)
        directory.mkdir()
        async with enterprise(directory, [seat(1), seat(1), seat(2)], total) as run:
            assert run.value(SEATS) == expected


async def test_a_team_is_not_the_person_with_the_same_number(tmp_path: Path) -> None:
    """Nor are seats whose holder is not told one seat."""
    team = {"assignee": {"id": 1, "slug": "platform", "name": "Platform"}}
    async with enterprise(tmp_path, [seat(1), team, team, seat(None), seat(None)]) as run:
        assert run.value(SEATS) == 4


async def test_a_seat_says_what_it_was_last_used_with(tmp_path: Path) -> None:
    """The editor's name without versions; none without activity."""
    active = "2026-01-05T10:00:00Z"
    rows = [
        seat(1, active, last_activity_editor="JetBrains-IU/243.21565/copilot-intellij/1.5"),
        seat(2, active, last_activity_editor=None),
        seat(3, None, last_activity_editor=None),
    ]
    async with enterprise(tmp_path, rows) as run:
        editors = run.values("github_copilot_editor_seats")
        assert editors == {("jetbrains-iu",): 1, ("unknown",): 1, ("none",): 1}


@pytest.mark.parametrize(
    ("days", "value"),
    [
        (-0.1, "under_7d"),
        (0, "under_7d"),
        (6.99, "under_7d"),
        (7, "7d_to_30d"),
        (29.99, "7d_to_30d"),
        (30, "30d_to_90d"),
        (89.99, "30d_to_90d"),
        (90, "over_90d"),
        (4_000, "over_90d"),
    ],
)
async def test_a_seat_ages_without_a_word_from_github(
    days: float, value: str, tmp_path: Path
) -> None:
    """The bounds belong to the older range; activity later than now is young."""
    async with Pipeline(ENTERPRISE, tmp_path) as run:
        run.vendor.bodies["seats"] = {"seats": [seat(1, "2026-01-06T10:30:00Z")]}
        run.clock.now = unix("2026-01-06T10:30:00Z") + days * DAY
        await run.poll()
        assert {labels[0] for labels, n in run.values(IDLE).items() if n} == {value}


@settings(deadline=None, max_examples=12)
@given(
    grants=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 200)), max_size=20),
    page=st.integers(1, 7),
)
async def test_every_seat_has_one_age_however_it_is_listed(
    grants: list[tuple[int, int]], page: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Order and pages change nothing: each person has one of the five ages."""
    ago = {n: f"2025-{12 - n // 28:02d}-{28 - n % 28:02d}T00:00:00Z" for n in range(201)}
    rows = [seat(number, ago[days]) for number, days in grants]
    # No two pages may be equal, or the client takes them for a vendor that goes in circles.
    rows = [{**row, "created_at": str(index)} for index, row in enumerate(rows)]
    pages = []
    for some in (rows, rows[::-1]):
        async with enterprise(tmp_path_factory.mktemp("seats"), some, len(rows), page=page) as run:
            assert sum(run.values(IDLE).values()) == len({number for number, _ in grants})
            pages.append(run.page)
    assert pages[0] == pages[1]


async def test_a_zero_that_was_answered_is_a_zero(tmp_path: Path) -> None:
    """An enterprise that took all seats back has none; that is data and no failure."""
    async with enterprise(tmp_path, [], 0) as run:
        assert run.status.state is State.OK
        assert run.value(SEATS) == run.value("assistant_seats") == 0
        assert set(run.values(IDLE).values()) == {0}


async def test_an_organization_without_a_breakdown_is_counted_by_its_list(tmp_path: Path) -> None:
    """What the list cannot tell is absent."""
    async with Pipeline(CASE, tmp_path) as run:
        del run.vendor.bodies["billing"]["seat_breakdown"]
        await run.poll()
        assert run.status.state is State.OK
        assert run.value(SEATS) == 7
        assert run.value("github_copilot_seats_pending_cancellation") == 1
        assert run.values("github_copilot_seats_pending_invitation") == {}


async def test_a_breakdown_may_lack_parts(tmp_path: Path) -> None:
    """What GitHub does not say is absent, and no zero."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["billing"] = {"seat_breakdown": {"total": 3, "added_this_cycle": None}}
        await run.poll()
        assert (run.status.state, run.value(SEATS)) == (State.OK, 3)
        assert run.values("github_copilot_seats_added_this_cycle") == {}
        assert run.values("github_copilot_seats_pending_cancellation") == {}


def _refused(status: int) -> Callable[[Any, Asked], httpx.Response]:
    return lambda _, __: httpx.Response(status, json={"message": "no summary"})


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (403, State.FORBIDDEN),
        (404, State.NOT_FOUND),
        (422, State.ERROR),
        (500, State.UNAVAILABLE),
    ],
)
async def test_a_summary_that_is_refused_costs_only_itself(
    status: int, state: State, tmp_path: Path
) -> None:
    """The list counts the seats, what it cannot tell is absent, and the state names the summary."""
    routes = [replace(CASE.routes[0], view=_refused(status)), *CASE.routes[1:]]
    async with Pipeline(replace(CASE, routes=routes), tmp_path) as run:
        await run.poll()
        assert run.status.state is state
        assert "/copilot/billing answered" in run.status.reason
        assert "no summary" in run.status.reason
        _counts_by_list(run)


@pytest.mark.parametrize(
    "breakdown", [{"total": None}, {"total": -1}, {"total": "many"}, {}, "none", [7]]
)
async def test_a_summary_that_cannot_be_read_costs_only_itself(
    breakdown: Any, tmp_path: Path
) -> None:
    """A total that is null is no total."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["billing"]["seat_breakdown"] = breakdown
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "/copilot/billing" in run.status.reason
        assert "seat_breakdown" in run.status.reason
        _counts_by_list(run)


def _counts_by_list(run: Pipeline) -> None:
    assert run.value(SEATS) == run.value("assistant_seats") == 7
    assert sum(run.values(IDLE).values()) == 7
    assert run.values(f"{SEATS}_added_this_cycle") == {}


@pytest.mark.parametrize(
    ("field", "odd"),
    [
        ("last_activity_at", ""),
        ("last_activity_at", "2026-01-05"),
        ("assignee", {"id": None, "login": "octo-jane"}),
        ("assignee", "octo-jane"),
        ("plan_type", 3),
    ],
)
async def test_one_odd_seat_costs_only_itself(field: str, odd: Any, tmp_path: Path) -> None:
    """It is rejected and told, and the others are counted."""
    rows = [seat(1), seat(2), {**seat(3), field: odd}]
    async with enterprise(tmp_path, rows, 3) as run:
        assert (run.status.state, run.value(SEATS)) == (State.OK, 3)
        assert sum(run.values(IDLE).values()) == 2
        [rejected] = run.status.rejected
        assert rejected.startswith(field)
        assert "octo-jane" not in run.self_page()


async def test_a_list_of_nothing_but_odd_seats_is_a_schema_error(tmp_path: Path) -> None:
    """The API has changed; nothing is shown of it."""
    async with enterprise(tmp_path, [seat(1, "yesterday"), seat(2, "today")], 2) as run:
        assert run.status.state is State.SCHEMA_ERROR
        assert "last_activity_at" in run.status.reason
        assert run.page == ""


@pytest.mark.parametrize(("status", "state"), [(404, State.NOT_FOUND), (422, State.ERROR)])
async def test_without_copilot_there_is_a_state_and_no_zero(
    status: int, state: State, tmp_path: Path
) -> None:
    """Copilot is not set up, or not paid for: the state and GitHub's words say so."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.fail(lambda: httpx.Response(status, json={"message": "no subscription"}))
        await run.poll()
        assert run.status.state is state
        assert "no subscription" in run.status.reason
        assert run.page == ""


async def test_what_github_says_of_persons_is_neither_drift_nor_shown(tmp_path: Path) -> None:
    """A field that appears in a user is none of ours."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["seats"]["seats"][0]["assignee"]["shoe_size"] = 44
        await run.poll()
        assert run.status.drift == {}
        assert "octo-jane" not in repr(await run.state()) + run.page
