"""What is odd about the billing API: days asked for by name, cost centers apart, budgets of people."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from exporter.poll.transform.privacy import Users
from tests.streams.github.billing_usage.case import CASE as BILLING_USAGE
from tests.streams.github.billing_usage.case import usage
from tests.streams.harness import Asked, Case, Pipeline, Route, answer

ROOT = "/enterprises/acme/settings/billing"
NET = "github_billing_net_usd_total"
QUANTITY = "github_billing_quantity_total"
BUDGET = "github_billing_budget_usd"
CONSUMED = "github_billing_budget_consumed_usd"

View = Callable[[Any, Asked], httpx.Response]


def line(net: float, organization: str = "acme", repository: str = "acme/api") -> dict[str, Any]:
    return {
        "date": "2026-01-05",
        "product": "Actions",
        "sku": "Actions Linux",
        "quantity": 1,
        "unitType": "minutes",
        "pricePerUnit": net,
        "grossAmount": net,
        "discountAmount": 0,
        "netAmount": net,
        "organizationName": organization,
        "repositoryName": repository,
    }


def by_cost_center(body: Any, asked: Asked) -> httpx.Response:
    """The lines of the day, of one cost center; without one, of none."""
    chosen = body.get(asked.query.get("cost_center_id", "none"), [])
    return usage({"usageItems": chosen}, asked)


def enterprise(view: View = by_cost_center) -> Case:
    """The case of an enterprise: the same fixtures at its own paths, and cost centers."""
    routes = [
        Route(route.path.replace("/organizations/acme/settings/billing", ROOT), *rest(route, view))
        for route in BILLING_USAGE.routes
    ]
    routes.append(Route(f"{ROOT}/cost-centers", "cost_centers", lambda body, _: answer(body)))
    target = {"org": None, "enterprise": "acme"}
    return Case(**{**vars(BILLING_USAGE), "routes": routes, "target": target})


def rest(route: Route, view: View) -> tuple[str, View]:
    views = {"usage": view, "summary": by_day}
    return route.fixture, views.get(route.fixture, route.view)


def by_day(body: Any, asked: Asked) -> httpx.Response:
    """The summary of a day."""
    day = "-".join(asked.query.get(name, "") for name in ("year", "month", "day"))
    return answer({"usageItems": body.get(day, [])})


def with_cost_centers(run: Pipeline, **lines: list[dict[str, Any]]) -> None:
    run.vendor.bodies["usage"] = lines
    run.vendor.bodies["cost_centers"] = {
        "costCenters": [{"id": name, "name": name.title()} for name in lines if name != "none"]
    }


def total(run: Pipeline, metric: str = NET) -> float:
    return sum(run.values(metric).values())


async def test_every_request_names_its_day(tmp_path: Path) -> None:
    """A week back and today, each on its own: GitHub adds up months where no day is given."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        await run.poll()
        asked = [dict(request.url.params) for request in run.vendor.asked("/usage")]
        days = [(query["year"], query["month"], query["day"]) for query in asked]
        assert days == [
            *(("2025", "12", str(day)) for day in (30, 31)),
            *(("2026", "1", str(day)) for day in range(1, 7)),
        ]
        [summary] = run.vendor.asked("/usage/summary")
        assert dict(summary.url.params) == {"year": "2026", "month": "1"}


async def test_lines_that_differ_in_one_thing_only_all_count(tmp_path: Path) -> None:
    """Organization, repository, cost center, or nothing at all: none is taken for another."""
    async with Pipeline(enterprise(), tmp_path) as run:
        with_cost_centers(
            run,
            none=[line(1), line(1), line(2, "acme", "acme/web"), line(4, "acme-labs")],
            red=[line(8), line(16, "acme-labs")],
            blue=[line(8)],
        )
        await run.poll()
        assert run.values(NET) == {
            ("Actions", "Actions Linux", "acme"): 20,
            ("Actions", "Actions Linux", "acme-labs"): 20,
        }
        assert total(run, QUANTITY) == 7


async def test_a_line_that_moves_to_a_cost_center_counts_once(tmp_path: Path) -> None:
    """It is gone in one place and there in another: nothing grows."""
    async with Pipeline(enterprise(), tmp_path) as run:
        with_cost_centers(run, none=[line(5)], red=[line(3)])
        await run.poll()
        with_cost_centers(run, none=[], red=[line(3), line(5)])
        await run.poll()
        assert total(run) == 8
        with_cost_centers(run, none=[line(1)], red=[line(3), line(5)])
        await run.poll()
        assert total(run) == 9


@pytest.mark.parametrize("back", [False, True])
async def test_another_way_to_read_cost_centers_counts_nothing_twice(
    tmp_path: Path, back: bool
) -> None:
    """From all cost centers to the summary, or back: the days of the lookback stay as they are."""
    summary = {"2026-1-5": [{**line(8), "grossQuantity": 2}]}
    settings: list[dict[str, Any]] = [{"cost_centers": "auto"}, {"cost_centers": False}]
    for options in reversed(settings) if back else settings:
        async with Pipeline(enterprise(), tmp_path, options=options) as run:
            with_cost_centers(run, none=[line(5)], red=[line(3)])
            run.vendor.bodies["summary"] = summary
            await run.poll()
            ledger = (await run.state()).ledger
    nets = [series.counter - series.debt for key, series in ledger.items() if key[0] == NET]
    assert sum(nets) == 8


async def test_a_cost_center_that_is_refused_does_not_count_as_nothing(tmp_path: Path) -> None:
    """A 404 of a bill is an error with its reason, not a part that is gone."""

    def missing(body: Any, asked: Asked) -> httpx.Response:
        if asked.query.get("cost_center_id") in refused:
            return httpx.Response(404, json={"message": "Not Found"})
        return by_cost_center(body, asked)

    refused = set[str]()
    async with Pipeline(enterprise(missing), tmp_path) as run:
        with_cost_centers(run, none=[line(5)], red=[line(3)])
        await run.poll()
        refused.add("red")
        with_cost_centers(run, none=[line(6)], red=[line(3)])
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "enhanced billing platform" in run.status.reason
        assert (total(run), run.status.corrections) == (9, 0)


async def test_a_quota_that_ends_half_way_repeats_no_request_but_the_list(tmp_path: Path) -> None:
    """What was read of cost centers stays; month and budgets are asked for once, at the end."""
    async with Pipeline(enterprise(), tmp_path) as run:
        with_cost_centers(run, blue=[line(5)], none=[line(1)], red=[line(3)])
        refused = httpx.Response(429, headers={"retry-after": "3600"})
        run.vendor.fail(lambda: refused, after=1 + 2 * 8 + 3)
        await run.poll()
        states, counted = [run.status.state], [total(run)]
        run.vendor.heal()
        await run.poll(after=2 * HOUR)
        assert [*states, run.status.state] == [State.RATE_LIMITED, State.OK]
        assert [*counted, total(run)] == [6, 9]
        asked = [request.url.params.get("cost_center_id") for request in run.vendor.asked("/usage")]
        assert asked == ["blue"] * 8 + [None] * 8 + ["red"] * 3 + ["red"] * 9
        times = [len(run.vendor.asked(path)) for path in ("/cost-centers", "/summary", "/budgets")]
        assert times == [2, 1, 1]


async def test_a_quota_that_ends_between_days_goes_on_with_the_next_day(tmp_path: Path) -> None:
    """Of an organization each day that was read stays."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        refused = httpx.Response(429, headers={"retry-after": "3600"})
        run.vendor.fail(lambda: refused, after=3)
        await run.poll()
        states = [run.status.state]
        run.vendor.heal()
        await run.poll(after=2 * HOUR)
        assert [*states, run.status.state] == [State.RATE_LIMITED, State.OK]
        days = [request.url.params["day"] for request in run.vendor.asked("/usage")]
        assert days == ["30", "31", "1", "2", "2", "3", "4", "5", "6"]


async def test_an_organization_without_a_bill_of_its_own_is_told_so(tmp_path: Path) -> None:
    """The reason says what to do about the 404."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        run.vendor.fail(lambda: httpx.Response(404, json={"message": "Not Found"}))
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "billed through its enterprise" in run.status.reason


async def test_an_answer_about_other_days_is_refused(tmp_path: Path) -> None:
    """Or a month that is added up on its first day would count on every day that is asked for."""
    case = Case(
        **{
            **vars(BILLING_USAGE),
            "routes": [
                Route(route.path, route.fixture, lambda body, _: answer(body))
                for route in BILLING_USAGE.routes
            ],
        }
    )
    async with Pipeline(case, tmp_path) as run:
        run.vendor.bodies["usage"]["usageItems"] = [line(1) | {"date": "2026-01-01"}]
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "other days" in run.status.reason


@pytest.mark.parametrize("amount", ["NaN", "Infinity", 1e300, "1E+999999999"])
async def test_a_line_without_an_amount_is_rejected(tmp_path: Path, amount: object) -> None:
    """A single one would spoil every sum that it is added to."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        items = run.vendor.bodies["usage"]["usageItems"]
        items.append(items[0] | {"netAmount": amount})
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.rejected == {"netAmount": 1}
        assert run.page == BILLING_USAGE.golden().read_text(encoding="utf-8")


async def test_a_tenth_of_a_cent_is_not_lost(tmp_path: Path) -> None:
    """Amounts are decimals end to end: a thousand times 0.0001 is 0.1."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        lines = [line(0.0001) for _ in range(1_000)]
        run.vendor.bodies["usage"]["usageItems"] = lines
        await run.poll()
        [series] = [s for key, s in (await run.state()).ledger.items() if key[0] == NET]
        assert series.counter == Decimal("0.1")
        assert (
            f'{NET}{{account="acme",product="Actions",sku="Actions Linux",organization="acme"}} 0.1\n'
            in run.page
        )


async def test_a_negative_day_is_paid_before_the_counter_grows(tmp_path: Path) -> None:
    """A credit note of more than the day's use: the counter waits until growth has paid for it."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        lines = run.vendor.bodies["usage"]["usageItems"] = [line(10)]
        await run.poll()
        lines.append(line(-15))
        for _ in range(2):
            await run.poll()
            assert total(run) == 10
        await run.restart()
        for growth, shown in ((14, 10), (1, 10), (2.5, 12.5)):
            lines.append(line(growth) | {"date": "2026-01-06"})
            await run.poll(after=60)
            assert total(run) == shown


@pytest.mark.parametrize(("status", "state"), [(403, State.FORBIDDEN), (404, State.NOT_FOUND)])
async def test_budgets_that_are_refused_do_not_stop_the_bill(
    status: int, state: State, tmp_path: Path
) -> None:
    """What was read counts; the state and its reason show the budgets' refusal, not that of a bill."""

    def refused(body: Any, asked: Asked) -> httpx.Response:
        return httpx.Response(status, json={"message": "no budgets"})

    routes = [
        Route(r.path, r.fixture, refused if r.fixture == "budgets" else r.view)
        for r in BILLING_USAGE.routes
    ]
    case = Case(**{**vars(BILLING_USAGE), "routes": routes})
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        assert run.status.state is state
        assert "budgets" in run.status.reason
        assert "billed through" not in run.status.reason
        assert total(run) > 0
    (tmp_path / "off").mkdir()
    async with Pipeline(case, tmp_path / "off", options={"budgets": False}) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.vendor.asked("/budgets") == []


async def test_budgets_by_name(tmp_path: Path) -> None:
    """Entity and products name a budget; of a person's, the person; licenses are no dollars."""
    async with Pipeline(BILLING_USAGE, tmp_path, users=Users.PLAIN) as run:
        await run.poll()
        assert run.values(BUDGET) == {
            ("organization", "acme: actions"): 1_000,
            ("repository", "acme/api: actions_linux"): 500,
            ("user", "octo-jane"): 50,
            ("user", "hubber-ali"): 70,
        }
        licenses = run.values("github_billing_budget_licenses")
        assert licenses == {("organization", "acme: ghas_licenses"): 40}
        assert "budget-reader" not in run.page


async def test_what_is_consumed_is_asked_for_where_it_is_wanted(tmp_path: Path) -> None:
    """The list tells it for some budgets only; each on its own costs a request."""
    routes = [
        *BILLING_USAGE.routes,
        Route(
            "/organizations/acme/settings/billing/budgets/",
            "budgets",
            lambda body, asked: answer(
                next(one for one in body["budgets"] if one["id"] == asked.tail)
                | {"consumed_amount": 7.25}
            ),
        ),
    ]
    case = Case(**{**vars(BILLING_USAGE), "routes": routes})
    async with Pipeline(case, tmp_path, options={"budget_details": True}) as run:
        await run.poll()
        assert run.status.state is State.OK
        assert run.values(CONSUMED) == {
            ("organization", "acme: actions"): 7.25,
            ("repository", "acme/api: actions_linux"): 7.25,
            ("user", "other"): 14.5,
        }


@pytest.mark.parametrize("spelling", ["budget_product_sku", "budget_product_skus"])
@pytest.mark.parametrize("value", ["actions", ["actions"]])
async def test_both_spellings_of_a_budgets_products(
    tmp_path: Path, spelling: str, value: object
) -> None:
    """The document has a text, its examples have a list under another name."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        [budget, *_] = run.vendor.bodies["budgets"]["budgets"]
        del budget["budget_product_skus"]
        budget[spelling] = value
        await run.poll()
        assert run.value(BUDGET, "organization", "acme: actions") == 1_000


async def test_a_day_long_past_is_not_asked_for_again(tmp_path: Path) -> None:
    """The lookback bounds the requests; after a downtime the days between are made up for."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        await run.poll()
        first = len(run.vendor.asked("/usage"))
        await run.poll(after=3 * DAY)
        assert first == 8
        assert len(run.vendor.asked("/usage")) - first == 11
