"""Cursor's Admin API, simulated: what a simple script reads of it, and what the world says."""

from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from exporter.model import DAY, Window
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.cursor.walks import SHIFTS_EVERY
from exporter.simulator.world.truth import View, totals
from tests.simulator.support import CURSOR_AUTH, START, Reader, Wall, simulator

EVENTS, SPEND = "/cursor/teams/filtered-usage-events", "/cursor/teams/spend"
MEMBERS, DAYS = "/cursor/teams/members", "/cursor/teams/daily-usage-data"
DAY_MS = DAY * 1000
TODAY_MS = int(START // DAY * DAY_MS)
YESTERDAY = {"startDate": TODAY_MS - 3 * DAY_MS, "endDate": TODAY_MS - 1}


async def ask(reader: Reader, path: str, **body: Any) -> Any:
    """The decoded answer to a POST; numbers with a fraction are exact."""
    response = await reader.http.post(path, json=body, auth=CURSOR_AUTH)
    assert response.status_code == 200, response.text
    decoder = msgspec.json.Decoder(float_hook=Decimal)
    return decoder.decode(response.content)


async def walk(reader: Reader, size: int, **body: Any) -> list[Any]:
    """All pages of usage events."""
    found: list[Any] = []
    while not found or found[-1]["pagination"]["hasNextPage"]:
        found.append(await ask(reader, EVENTS, page=len(found) + 1, pageSize=size, **body))
    return found


def charged(pages: list[Any]) -> Counter[str]:
    """Cents by kind."""
    found: Counter[str] = Counter()
    for page in pages:
        for event in page["usageEvents"]:
            found[event["kind"]] += event["chargedCents"]
    return found


def true_dollars(app: Simulator, since: float, until: float) -> Decimal:
    view = View(app.world, Window(int(since), int(until)), app.world.clock.time())
    return sum(
        (Decimal(t.value) for t in totals(view) if t.name == "cursor_charged_usd_total"), Decimal(0)
    )


async def test_the_events_of_a_window_are_what_the_world_says() -> None:
    """Both ends are inclusive, pages leave nothing out, and cents are exact."""
    app = simulator()
    pages = await walk(Reader(app), 50, **YESTERDAY)
    assert len(pages) > 1
    rows = [row for page in pages for row in page["usageEvents"]]
    assert {page["totalUsageEventsCount"] for page in pages} == {len(rows)}
    assert all(YESTERDAY["startDate"] <= int(r["timestamp"]) <= YESTERDAY["endDate"] for r in rows)
    true = true_dollars(app, YESTERDAY["startDate"] / 1000, TODAY_MS / 1000)
    assert charged(pages).total() / 100 == true > 0
    assert all(("tokenUsage" in row) == row["isTokenBasedCall"] for row in rows)


async def test_events_are_priced_again_within_two_days() -> None:
    """As many events, at other prices; after that they stay."""
    app = simulator()
    reader = Reader(app)
    told = []
    for _ in range(4):
        told.append(await walk(reader, 1_000, **YESTERDAY))
        app.world.clock.advance(DAY)
    counts = [page["totalUsageEventsCount"] for [page] in told]
    assert len(set(counts)) == 1
    sums = [charged(pages) for pages in told]
    assert sums[0] != sums[1]
    assert sums[2] == sums[3]


async def test_events_can_be_put_into_the_world() -> None:
    """At the time and the price that are posted, in the list and in the truth alike."""
    app = simulator()
    reader = Reader(app)
    window = {"startDate": TODAY_MS - 3 * DAY_MS, "endDate": TODAY_MS - 3 * DAY_MS + 999}
    event = {
        "timestamp": str(window["startDate"]),
        "kind": "Included in Business",
        "isChargeable": False,
        "chargedCents": 12.5,
        "tokenUsage": {"inputTokens": 3, "outputTokens": 4},
    }
    before = true_dollars(app, window["startDate"] / 1000, TODAY_MS / 1000)
    await reader.control("usage-events", items=[event, {}])
    [page] = await walk(reader, 50, **window)
    [row] = page["usageEvents"]
    assert {name: row[name] for name in event if name != "tokenUsage"} == {
        **{name: value for name, value in event.items() if name != "tokenUsage"},
        "chargedCents": Decimal("12.5"),
    }
    assert (row["tokenUsage"]["inputTokens"], row["tokenUsage"]["outputTokens"]) == (3, 4)
    after = true_dollars(app, window["startDate"] / 1000, TODAY_MS / 1000)
    assert after - before == Decimal("0.125")
    response = await reader.http.post(
        "/_simulator/usage-events", json={"items": [{"timestamp": "today"}]}
    )
    assert response.status_code == 400


async def test_the_pages_of_one_walk_of_several_move() -> None:
    """One event comes twice, and the total with it; the next walk is as it was."""
    reader = Reader(simulator())
    walks = [await walk(reader, 50, **YESTERDAY) for _ in range(SHIFTS_EVERY + 1)]
    moved = [
        number
        for number, pages in enumerate(walks)
        if len({page["totalUsageEventsCount"] for page in pages}) > 1
    ]
    assert moved == [SHIFTS_EVERY - 2]
    assert walks[0] == walks[-1]


async def test_somebody_joins_while_the_members_are_read() -> None:
    """The last page announces one more than the first, and who joined stays."""
    reader = Reader(simulator(developers=40))
    for _ in range(SHIFTS_EVERY - 1):
        first = await ask(reader, SPEND, page=1, pageSize=5)
        second = await ask(reader, SPEND, page=2, pageSize=5)
    assert second["totalMembers"] == first["totalMembers"] + 1
    again = await ask(reader, SPEND, page=1, pageSize=5)
    assert again["totalMembers"] == second["totalMembers"]


async def test_somebody_joins_while_the_days_of_the_members_are_read() -> None:
    """Page 2 begins with somebody who was on page 1; those who joined are told on no earlier day."""
    app = simulator(developers=40)
    reader = Reader(app)
    body = {"startDate": TODAY_MS - DAY_MS, "endDate": TODAY_MS + DAY_MS - 1, "pageSize": 5}
    for _ in range(SHIFTS_EVERY - 1):
        first = await ask(reader, DAYS, page=1, **body)
        second = await ask(reader, DAYS, page=2, **body)
    assert second["pagination"]["totalUsers"] == first["pagination"]["totalUsers"] + 1
    rows = [*first["data"], *second["data"]]
    assert len({(row["email"], row["day"]) for row in rows}) < len(rows)
    told = await ask(reader, DAYS, page=1, **{**body, "pageSize": 1_000})
    begun = {
        app.world.developers[place].email for place in app.world.member_days.rollout.people(START)
    }
    [joined] = [row for row in told["data"] if row["email"] not in begun]
    assert (joined["date"], joined["isActive"]) == (TODAY_MS, False)


async def test_spending_is_what_the_events_of_the_cycle_add_up_to() -> None:
    """What is charged for on demand, and everything."""
    app = simulator()
    reader = Reader(app)
    spend = await ask(reader, SPEND, pageSize=1_000)
    start = spend["subscriptionCycleStart"]
    pages = await walk(reader, 1_000, startDate=start, endDate=int(START * 1000))
    members = {row["email"] for row in spend["teamMemberSpend"]}
    rows = [r for page in pages for r in page["usageEvents"] if r["userEmail"] in members]
    for name, cents in (
        ("overallSpendCents", sum(row["chargedCents"] for row in rows)),
        ("spendCents", sum(row["chargedCents"] for row in rows if row["isChargeable"])),
    ):
        assert sum(row[name] for row in spend["teamMemberSpend"]) == cents > 0


async def test_members_who_were_removed_stay_in_the_list_and_spend_nothing() -> None:
    """As Cursor tells them."""
    reader = Reader(simulator(developers=60))
    members = (await reader.cursor(MEMBERS)).json()["teamMembers"]
    removed = {row["id"] for row in members if row["isRemoved"]}
    assert removed
    assert {"owner", "member"} <= {row["role"] for row in members}
    spend = await ask(reader, SPEND, pageSize=1_000)
    assert not removed & {row["userId"] for row in spend["teamMemberSpend"]}


async def test_billing_groups_have_every_member_once() -> None:
    """Those of the last team are in no group."""
    reader = Reader(simulator(developers=40))
    told = (await reader.cursor("/cursor/teams/groups")).json()
    members = (await reader.cursor(MEMBERS)).json()["teamMembers"]
    groups = [*told["groups"], told["unassignedGroup"]]
    assert len({group["id"] for group in groups}) == len(groups)
    present = sum(not row["isRemoved"] for row in members)
    assert sum(group["memberCount"] for group in groups) == present
    assert sum(group["spendCents"] for group in groups) > 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"startDate": str(TODAY_MS), "endDate": TODAY_MS},
        {"startDate": TODAY_MS, "endDate": TODAY_MS - 1},
        {"startDate": TODAY_MS - 31 * DAY_MS, "endDate": TODAY_MS},
        {**YESTERDAY, "pageSize": 1_001},
        {**YESTERDAY, "page": 0},
    ],
    ids=str,
)
async def test_a_wrong_question_is_refused(body: dict[str, Any]) -> None:
    """Dates are numbers, in order, at most thirty days apart; a page has at most 1,000 rows."""
    reader = Reader(simulator())
    response = await reader.http.post(EVENTS, json=body, auth=CURSOR_AUTH)
    assert (response.status_code, response.json()["error"]) == (400, "Bad Request")


async def test_each_endpoint_has_its_limit() -> None:
    """Sixty requests a minute for events, twenty for the others."""
    app = simulator(cursor=CursorOptions(), wall=Wall())
    reader = Reader(app)
    for path, limit in ((EVENTS, 60), (SPEND, 20)):
        body = YESTERDAY if path is EVENTS else {}
        answers = [
            await reader.http.post(path, json={**body, "pageSize": 1}, auth=CURSOR_AUTH)
            for _ in range(limit + 1)
        ]
        assert [answer.status_code for answer in answers] == [200] * limit + [429]
