"""The simulated bill: every endpoint and file tells the same lines, and the invoice is their sum."""

import csv
import io
import json
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import httpx

from exporter.simulator.application import Simulator
from exporter.simulator.github.exports import LINK_SECONDS
from exporter.simulator.world.billing import COST_CENTERS
from tests.simulator.support import DAY, GITHUB_AUTH, START, Reader, Wall, simulator

ENTERPRISE = "/github/enterprises/acme/settings/billing"
ORGANIZATION = "/github/organizations/acme/settings/billing"
REPORTS = f"{ENTERPRISE}/reports"
JANUARY_3 = {"year": 2026, "month": 1, "day": 3}


class BillReader(Reader):
    """Reads numbers as decimals, and follows links by hand."""

    async def bill(self, path: str, **parameters: Any) -> Any:
        response = await self.github(path, **parameters)
        assert response.status_code == 200, response.text
        return json.loads(response.text, parse_float=Decimal, parse_int=Decimal)

    async def post(self, **body: Any) -> httpx.Response:
        return await self.http.post(REPORTS, json=body, headers=GITHUB_AUTH)

    async def link(self, export: dict[str, Any]) -> str:
        [url] = export["download_urls"]
        response = await self.http.get(url, headers=GITHUB_AUTH)
        assert response.status_code == 302
        return response.headers["location"]

    async def file(self, export: dict[str, Any]) -> list[dict[str, str]]:
        response = await self.http.get(await self.link(export))
        assert response.headers["content-type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(response.text, newline="")))


def reader(app: Simulator) -> BillReader:
    return BillReader(app)


def net(items: list[dict[str, Any]], name: str = "netAmount") -> Decimal:
    return sum((Decimal(item[name]) for item in items), Decimal(0))


async def test_usage_by_cost_center_adds_up_to_the_summary() -> None:
    """Without a cost center `usage` tells only what none is charged for, the summary everything."""
    read = reader(simulator())
    summary = (await read.bill(f"{ENTERPRISE}/usage/summary", **JANUARY_3))["usageItems"]
    parts = [(await read.bill(f"{ENTERPRISE}/usage", **JANUARY_3))["usageItems"]]
    for cost_center in COST_CENTERS:
        query = {**JANUARY_3, "cost_center_id": cost_center.id}
        parts.append((await read.bill(f"{ENTERPRISE}/usage", **query))["usageItems"])
    assert all(parts)
    assert net(parts[0]) < net(summary) == sum(map(net, parts))
    assert {item["date"] for part in parts for item in part} == {"2026-01-03"}


async def test_the_days_of_a_month_add_up_to_the_invoice() -> None:
    """When everything is posted; before, late lines are missing."""
    app = simulator()
    read = reader(app)
    early = (await read.bill(f"{ENTERPRISE}/usage/summary", year=2025, month=12))["usageItems"]
    app.world.clock.advance(10 * DAY)
    late = (await read.bill(f"{ENTERPRISE}/usage/summary", year=2025, month=12))["usageItems"]
    invoice = app.world.billing.invoice(2025, 12)
    by_product: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in late:
        by_product[item["product"]] += item["netAmount"]
    assert by_product == invoice
    assert net(early) != net(late)
    truth = await read.truth(since=1_764_547_200, until=1_767_225_600)
    for family in ("github_billing_net_usd_total", "github_usage_report_net_usd_total"):
        told = sum(value for key, value in truth.items() if key[0] == family)
        assert abs(told - float(sum(invoice.values()))) < 1e-6


async def test_without_month_and_day_usage_is_dated_on_the_first() -> None:
    """The trap that the explicit day is for."""
    read = reader(simulator())
    items = (await read.bill(f"{ORGANIZATION}/usage", year=2025))["usageItems"]
    assert {item["date"] for item in items} == {"2025-11-01", "2025-12-01"}
    assert {item["organizationName"] for item in items} == {"acme"}


async def test_an_organization_billed_through_the_enterprise_has_no_bill() -> None:
    """404, whatever is asked for."""
    read = reader(simulator())
    for path in ("usage", "usage/summary", "budgets"):
        response = await read.github(f"/github/organizations/acme-labs/settings/billing/{path}")
        assert response.status_code == 404


async def test_use_by_model_is_narrowed_by_user_and_model() -> None:
    """Each slice is a part of the whole."""
    app = simulator()
    read = reader(app)
    path = f"{ENTERPRISE}/ai_credit/usage"
    whole = (await read.bill(path, **JANUARY_3))["usageItems"]
    people = [
        net((await read.bill(path, **JANUARY_3, user=person.login.upper()))["usageItems"])
        for person in app.world.developers
    ]
    assert sum(people) == net(whole)
    model = str(whole[0]["model"])
    [one] = (await read.bill(path, **JANUARY_3, model=model))["usageItems"]
    assert one == whole[0]


async def test_budgets_come_in_pages() -> None:
    """Ten to a page, the body says whether there are more; scopes narrow the list."""
    read = reader(simulator())
    first = await read.bill(f"{ENTERPRISE}/budgets")
    second = await read.bill(f"{ENTERPRISE}/budgets", page=2)
    assert (len(first["budgets"]), first["has_next_page"]) == (10, True)
    assert second["has_next_page"] is False
    assert len(first["budgets"]) + len(second["budgets"]) == first["total_count"]
    ids = [budget["id"] for budget in first["budgets"] + second["budgets"]]
    assert max(Counter(ids).values()) == 1
    people = await read.bill(f"{ENTERPRISE}/budgets", scope="user")
    assert all(budget["user"] for budget in people["budgets"])


async def test_what_a_budget_has_consumed_is_what_the_bill_says() -> None:
    """Of the month so far; the list tells it for people only."""
    read = reader(simulator())
    summary = (await read.bill(f"{ENTERPRISE}/usage/summary", year=2026, month=1))["usageItems"]
    budgets = (await read.bill(f"{ENTERPRISE}/budgets", per_page=100))["budgets"]
    told = {budget["budget_scope"] for budget in budgets if "consumed_amount" in budget}
    assert told == {"user"}
    for budget in budgets[:2]:
        [product] = budget["budget_product_skus"]
        alone = await read.bill(f"{ENTERPRISE}/budgets/{budget['id']}")
        spent = net([item for item in summary if item["product"] == product])
        assert abs(alone["consumed_amount"] - spent) < Decimal("0.001")
        assert spent > 0


async def test_an_export_takes_its_time_and_tells_the_truth() -> None:
    """Processing, then completed; the file holds what was posted when it was created."""
    app = simulator()
    app.world.exports.nightly = False
    read = reader(app)
    response = await read.post(report_type="summarized", start_date="2026-01-01")
    assert (response.status_code, response.json()["status"]) == (202, "processing")
    as_of = app.world.clock.time()
    busy = await read.post(report_type="detailed", start_date="2026-01-01")
    assert busy.status_code == 400
    app.world.clock.advance(600)
    [export] = (await read.github(REPORTS)).json()["usage_report_exports"]
    assert (export["status"], export["end_date"]) == ("completed", "2026-01-05")
    rows = await read.file(export)
    items = list(app.world.billing.items(1_767_225_600, int(START) + DAY, as_of))
    assert net(rows, "net_amount") == sum(item.net for item in items)
    assert len(rows) < len(items)


async def test_types_of_files() -> None:
    """Models and tokens, US dates, booleans in any spelling."""
    app = simulator()
    app.world.exports.nightly = False
    read = reader(app)
    rows = {}
    for report_type in ("detailed", "premium_request", "ai_credit"):
        export = (await read.post(report_type=report_type, start_date="2026-01-01")).json()
        app.world.clock.advance(600)
        rows[report_type] = await read.file((await read.github(f"{REPORTS}/{export['id']}")).json())
    assert any(row["username"] for row in rows["detailed"])
    assert all("/26" in row["date"] for row in rows["premium_request"])
    assert {row["exceeds_quota"] for row in rows["premium_request"]} > {"TRUE", "True"}
    assert any(int(row["input"] or 0) for row in rows["ai_credit"])
    assert any(row["input"] == "" for row in rows["ai_credit"])


async def test_a_link_ends_and_takes_no_credential() -> None:
    """The storage knows nothing of GitHub's tokens."""
    wall = Wall()
    app = simulator(wall=wall)
    read = BillReader(app)
    export = (await read.github(REPORTS)).json()["usage_report_exports"][0]
    export["download_urls"] = [
        url.replace("http://simulator", "http://127.0.0.1:9") for url in export["download_urls"]
    ]
    link = await read.link(export)
    assert link.startswith("http://localhost:9/github/")
    assert (await read.http.get(link)).status_code == 200
    assert (await read.http.get(link, headers=GITHUB_AUTH)).status_code == 400
    assert (await read.http.get(link.replace("sig=", "sig=0"))).status_code == 403
    wall.now += LINK_SECONDS
    assert (await read.http.get(link)).status_code == 403


async def test_exports_fail_on_demand_and_the_nightly_job_can_be_stopped() -> None:
    """By the control endpoint."""
    app = simulator()
    read = BillReader(app)
    assert len((await read.github(REPORTS)).json()["usage_report_exports"]) > 6
    await read.control("exports", failing=1, nightly=False, processing_seconds=60)
    await read.post(report_type="ai_credit", start_date="2026-01-01", end_date="2026-01-02")
    app.world.clock.advance(60)
    [export] = (await read.github(REPORTS)).json()["usage_report_exports"]
    assert export["status"] == "failed"
    assert "download_urls" not in export


async def test_spans_have_limits() -> None:
    """A year of sums, a month of anything else."""
    read = reader(simulator())
    for body in (
        {"report_type": "ai_credit", "start_date": "2025-12-01"},
        {"report_type": "summarized", "start_date": "2024-12-01"},
        {"report_type": "summarized", "start_date": "2026-02-01"},
        {"report_type": "other", "start_date": "2026-01-01"},
        {"report_type": "detailed"},
    ):
        assert (await read.post(**body)).status_code == 400


async def test_lines_are_injected_for_any_day() -> None:
    """A credit note is on the bill from now on."""
    app = simulator()
    read = reader(app)
    before = await read.bill(f"{ENTERPRISE}/usage", **JANUARY_3)
    line = {"date": "2026-01-03", "discount": 12.5, "repository": "acme/api"}
    assert await read.control("billing", items=[line]) == {"added": 1}
    after = await read.bill(f"{ENTERPRISE}/usage", **JANUARY_3)
    assert net(after["usageItems"]) == net(before["usageItems"]) - Decimal("12.5")
