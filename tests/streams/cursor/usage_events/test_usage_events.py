"""What is odd about usage events: no ids, prices that change, pages that move, cents with fractions."""

import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from tests.streams.cursor.usage_events.case import CASE
from tests.streams.harness import Pipeline, Route, unix

EVENTS = "cursor_usage_events_total"
CHARGED = "cursor_charged_usd_total"
MODEL = ("claude-4.5-sonnet", "Usage-based", "true")
BOTH_ENDS = ("startDate", "endDate")


def event(**changed: Any) -> dict[str, Any]:
    """An event of the fixture's day."""
    return {
        "timestamp": "1767600000123",
        "userEmail": "dev@example.com",
        "model": MODEL[0],
        "kind": MODEL[1],
        "isChargeable": True,
        "chargedCents": 1,
        **changed,
    }


def fill(run: Pipeline, *events: dict[str, Any]) -> None:
    run.vendor.bodies["events"]["usageEvents"] = list(events)


def windows(run: Pipeline) -> list[tuple[float, float]]:
    """What was asked for since the last look, as days after the fixture's day."""
    day = unix("2026-01-05T00:00:00Z")
    bodies = [json.loads(request.content) for request in run.vendor.requests]
    run.vendor.requests.clear()
    return [
        (body["startDate"] / 1000 - day, (body["endDate"] + 1) / 1000 - day)
        for body in bodies
        if body["page"] == 1
    ]


def charged(run: Pipeline) -> dict[str, Decimal]:
    """What was charged by kind, to the last digit."""
    lines = [line for line in run.page.splitlines() if line.startswith(CHARGED + "{")]
    pairs = [line.split('kind="')[1].partition('"') for line in lines]
    return {kind: Decimal(rest.rpartition(" ")[2]) for kind, _, rest in pairs}


async def test_cents_are_added_up_to_the_last_digit(tmp_path: Path) -> None:
    """A tenth and a fifth of a cent are three tenths; what the model cost is not what is charged."""
    usage = {"inputTokens": 1, "totalCents": 99.5}
    async with Pipeline(CASE, tmp_path) as run:
        fill(
            run,
            event(chargedCents=0.1),
            event(chargedCents=0.2, cursorTokenFee=7),
            event(chargedCents=2450.125487, tokenUsage=usage),
        )
        await run.poll()
        assert charged(run) == {"Usage-based": Decimal("24.50425487")}
        cost = [line for line in run.page.splitlines() if line.startswith("assistant_cost_usd")]
        assert [line.rpartition(" ")[2] for line in cost] == ["24.50425487"]


async def test_two_equal_events_are_two(tmp_path: Path) -> None:
    """There is no id to tell a repeated event by, and two requests can be alike."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(), event())
        await run.poll()
        await run.poll(after=HOUR)
        assert run.value(EVENTS, *MODEL[:2], "human") == 2


async def test_a_new_price_replaces_the_old_one(tmp_path: Path) -> None:
    """More is added; what went from one kind to another is counted once; less is owed first."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(chargedCents=100), event(chargedCents=300))
        await run.poll()
        fill(run, event(chargedCents=150), event(chargedCents=300, kind="Included in Business"))
        await run.poll(after=HOUR)
        assert sum(charged(run).values()) == Decimal("4.5")
        fill(run, event(chargedCents=50), event(chargedCents=300, kind="Included in Business"))
        await run.poll(after=HOUR)
        assert sum(charged(run).values()) == Decimal("4.5")
        fill(run, event(chargedCents=250), event(chargedCents=300, kind="Included in Business"))
        await run.poll(after=HOUR)
        assert sum(charged(run).values()) == Decimal("5.5")


async def test_recent_days_are_read_by_each_poll_and_older_ones_once_a_day(tmp_path: Path) -> None:
    """By default the last 24 hours, and three days for prices that change."""
    options = {"recent": "1d", "lookback": "3d"}
    async with Pipeline(CASE, tmp_path, options=options, now="2026-01-05T18:30:00Z") as run:
        closed = 18.5 * HOUR - 300
        await run.poll()
        assert windows(run) == [(-3 * DAY, -2 * DAY), (-2 * DAY, -DAY), (-DAY, 0), (0, closed)]
        await run.poll(after=HOUR)
        assert windows(run) == [(-DAY, 0), (0, closed + HOUR)]
        await run.poll(after=23 * HOUR)
        # The day before the fixture's was read less than a day ago.
        older = [(-3 * DAY, -2 * DAY), (-2 * DAY, -DAY)]
        assert windows(run) == [*older, (0, DAY), (DAY, DAY + closed)]


async def test_a_day_that_was_open_is_read_when_it_is_over(tmp_path: Path) -> None:
    """Its last minutes were too new; nothing after it needs to be read again."""
    options = {"recent": "0s", "lookback": "1h"}
    async with Pipeline(CASE, tmp_path, options=options, now="2026-01-06T00:02:00Z") as run:
        await run.poll()
        assert windows(run) == [(0, DAY - 180)]
        await run.poll(after=600)
        assert windows(run) == [(0, DAY), (DAY, DAY + 420)]
        await run.poll(after=HOUR)
        assert windows(run) == [(DAY, DAY + 4_020)]


async def test_after_days_without_a_poll_every_day_is_read(tmp_path: Path) -> None:
    """Whatever is remembered of days that were read before."""
    async with Pipeline(CASE, tmp_path, options={"recent": "0s"}) as run:
        await run.poll()
        windows(run)
        await run.poll(after=6 * DAY)
        assert len(windows(run)) == 10


async def test_ends_are_numbers_and_the_last_is_five_minutes_old(tmp_path: Path) -> None:
    """Cursor counts both ends in, and fails on numbers that are texts."""
    async with Pipeline(CASE, tmp_path, now="2026-01-05T18:30:30.250Z") as run:
        await run.poll()
        bodies = [json.loads(request.content) for request in run.vendor.requests]
        assert all(isinstance(body[end], int) for body in bodies for end in BOTH_ENDS)
        assert {body["endDate"] % 1000 for body in bodies} == {999}
        assert bodies[-1]["endDate"] < (run.clock.now - 300) * 1000
        assert {request.method for request in run.vendor.requests} == {"POST"}


def shifted(body: dict[str, Any], page: int) -> dict[str, Any]:
    """A page as if one event had come in front since the first page was read."""
    if page > 1:
        body["totalUsageEventsCount"] += 1
    return body


def altering(
    run: Pipeline, change: Callable[[dict[str, Any], int], dict[str, Any]], walks: int
) -> None:
    """Change the pages of the fixture's day during its first walks."""
    began = [0]

    def alter(_: Route, response: httpx.Response) -> httpx.Response:
        body = response.json()
        if not body["usageEvents"]:
            return response
        page = body["pagination"]["currentPage"]
        began[0] += page == 1
        if began[0] > walks:
            return response
        return httpx.Response(200, json=change(copy.deepcopy(body), page))

    run.vendor.alter = alter


async def test_a_day_whose_pages_moved_is_walked_once_more(tmp_path: Path) -> None:
    """As many rows as announced can be one twice and one never: every page must announce the same."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, *(event(timestamp=f"176760000{n}000") for n in range(5)))
        run.vendor.most = 2
        altering(run, shifted, walks=1)
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.value(EVENTS, *MODEL[:2], "human") == 5
        asked = [json.loads(request.content)["page"] for request in run.vendor.requests]
        assert asked[-6:] == [1, 2, 3, 1, 2, 3]
        assert run.status.last_records == 5


async def test_a_total_that_is_never_right_is_told_and_the_events_count(tmp_path: Path) -> None:
    """Two walks that found the same: it is the total that is wrong."""

    def lying(body: dict[str, Any], _: int) -> dict[str, Any]:
        return {**body, "totalUsageEventsCount": 7}

    async with Pipeline(CASE, tmp_path) as run:
        altering(run, lying, walks=99)
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "the events of 2026-01-05: /teams/filtered-usage-events: 3 events came" in (
            run.status.reason
        )
        assert "totalUsageEventsCount is 7, twice; they count" in run.status.reason
        assert sum(run.values(EVENTS).values()) == 3


@pytest.mark.parametrize("charged", ["NaN", "sNaN", -0.5, "Infinity"])
async def test_an_event_without_a_price_is_left_out(tmp_path: Path, charged: object) -> None:
    """The others count, and one is told as rejected."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(), event(chargedCents=charged))
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.rejected == {"chargedCents": 1}
        assert run.value(EVENTS, *MODEL[:2], "human") == 1


async def test_a_day_whose_pages_move_again_counts_as_it_was(tmp_path: Path) -> None:
    """The other days count, and the next poll reads it again."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(), event(timestamp=str(1_767_600_000_000 - DAY * 1000)))
        await run.poll()
        fill(run, event(), event(), event(timestamp=str(1_767_600_000_000 - DAY * 1000)))
        turn = iter(range(100))

        def moving(body: dict[str, Any], _: int) -> dict[str, Any]:
            if int(body["usageEvents"][0]["timestamp"]) < 1_767_600_000_000:
                return body
            more = [event(chargedCents=next(turn))]
            return {**body, "usageEvents": body["usageEvents"] + more}

        altering(run, moving, walks=99)
        await run.poll(after=HOUR)
        assert run.status.state is State.UNAVAILABLE
        assert "the pages move" in run.status.reason
        assert run.value(EVENTS, *MODEL[:2], "human") == 2
        altering(run, moving, walks=0)
        await run.poll(after=HOUR)
        assert run.status.failures_in_row == 0
        assert run.value(EVENTS, *MODEL[:2], "human") == 3


async def test_a_first_read_goes_on_with_the_day_whose_pages_moved(tmp_path: Path) -> None:
    """What was there before the exporter is where counting starts, also if it was read later."""
    async with Pipeline(CASE, tmp_path, count_history=False) as run:
        fill(run, event(), event())
        turn = iter(range(100))

        def moving(body: dict[str, Any], _: int) -> dict[str, Any]:
            more = [event(chargedCents=next(turn))]
            return {**body, "usageEvents": body["usageEvents"] + more}

        altering(run, moving, walks=99)
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        windows(run)
        altering(run, moving, walks=0)
        await run.poll(after=600)
        assert windows(run) == [(0, 18.5 * HOUR + 300)]
        fill(run, event(), event(), event())
        await run.poll(after=600)
        assert run.value(EVENTS, *MODEL[:2], "human") == 1


async def test_where_people_are_shown_later_all_days_are_read_for_them(tmp_path: Path) -> None:
    """What users did before is where their counters start; read a day later, it would be growth."""
    async with Pipeline(CASE, tmp_path, count_history=False, options={"recent": "1h"}) as run:
        fill(run, event(timestamp=str(1_767_600_000_000 - 2 * DAY * 1000)))
        await run.poll()
        windows(run)
        await run.restart(users=Users.PLAIN)
        await run.poll(after=HOUR)
        assert len(windows(run)) == 4
        await run.poll(after=DAY)
        assert run.values("cursor_user_usage_events_total") == {("dev@example.com",): 0}


async def test_an_event_of_another_window_is_left_out(tmp_path: Path) -> None:
    """It comes with its own day, and would count twice."""

    def foreign(body: dict[str, Any], _: int) -> dict[str, Any]:
        body["usageEvents"][0]["timestamp"] = "1767500000000"
        return body

    async with Pipeline(CASE, tmp_path) as run:
        altering(run, foreign, walks=99)
        await run.poll()
        assert run.status.rejected == {"timestamp": 1}
        assert sum(run.values(EVENTS).values()) == 2


async def test_what_is_unknown_is_absent(tmp_path: Path) -> None:
    """No price, no units, no tokens: the events count, and nothing is said of the rest."""
    async with Pipeline(CASE, tmp_path) as run:
        unpriced = event(chargedCents=None, tokenUsage={"inputTokens": 5}, userEmail=None)
        del unpriced["model"], unpriced["kind"]
        fill(run, unpriced)
        await run.poll()
        assert run.values(EVENTS) == {("unknown", "unknown", "human"): 1}
        assert run.values("cursor_tokens_total") == {("unknown", "input"): 5}
        assert not run.values(CHARGED)
        assert not run.values("cursor_request_units_total")
        assert not run.values("assistant_cost_usd_total")


@pytest.mark.parametrize(
    ("made_by", "actor"),
    [
        ({}, "human"),
        ({"cloudAgentId": "bc_1"}, "cloud_agent"),
        ({"cloudAgentId": "bc_1", "serviceAccountId": "sa_1"}, "service_account"),
        ({"cloudAgentId": "bc", "serviceAccountId": "sa", "automationId": "a"}, "automation"),
    ],
)
async def test_who_or_what_made_a_request(
    made_by: dict[str, str], actor: str, tmp_path: Path
) -> None:
    """An automation acts through agents and accounts; none of their ids is on the page."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(**made_by))
        await run.poll()
        assert run.values(EVENTS) == {(*MODEL[:2], actor): 1}
        assert not any(f'"{name}"' in run.page for name in made_by.values())


async def test_users_are_shown_where_the_configuration_asks_for_them(tmp_path: Path) -> None:
    """By their e-mail address; what each of them adds up to is the whole."""
    async with Pipeline(CASE, tmp_path, users=Users.PLAIN) as run:
        await run.poll()
        assert run.values("cursor_user_usage_events_total") == {
            ("dev@example.com",): 1,
            ("bot@example.com",): 1,
            ("ops@example.com",): 1,
        }
        assert run.value("cursor_user_charged_usd_total", "dev@example.com") == 0.2136232
        assert run.value("cursor_user_tokens_total", "bot@example.com", "input") == 5805


@pytest.mark.parametrize("odd", [-0.5, "1e400", 10**16], ids=str)
async def test_an_amount_that_none_can_be_costs_its_event_only(odd: object, tmp_path: Path) -> None:
    """Below zero, or too large for exact sums."""
    async with Pipeline(CASE, tmp_path) as run:
        fill(run, event(), event(chargedCents=odd))
        await run.poll()
        assert [name.split(".")[-1] for name in run.status.rejected] == ["chargedCents"]
        assert charged(run) == {"Usage-based": Decimal("0.01")}


@pytest.mark.parametrize(
    ("status", "message", "state", "says"),
    [
        (401, "Invalid API key", State.UNAUTHORIZED, "Invalid API key"),
        (401, "API key missing required scope: admin:*", State.FORBIDDEN, "scope: admin:*"),
        (401, "Usage events are not enabled for this team", State.FORBIDDEN, "switched this off"),
        (403, "Enterprise access required", State.FORBIDDEN, "the plan"),
    ],
)
async def test_each_refusal_has_its_state_and_words(
    status: int, message: str, state: State, says: str, tmp_path: Path
) -> None:
    """Cursor answers 401 also where the key is right."""
    refusal = {"error": "Unauthorized", "message": message}
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.fail(lambda: httpx.Response(status, json=refusal))
        await run.poll()
        assert run.status.state is state
        assert says in run.status.reason
