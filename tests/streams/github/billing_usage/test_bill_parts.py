"""A part of the bill that fails costs that part: the bill counts, and the state tells of the part."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import HOUR
from tests.streams.github.billing_usage.case import CASE as BILLING_USAGE
from tests.streams.github.billing_usage.test_billing_usage import (
    BUDGET,
    by_cost_center,
    enterprise,
    line,
    total,
    with_cost_centers,
)
from tests.streams.harness import Asked, Case, Pipeline, Route, answer

MONTH = "github_billing_month_net_usd"

FAILURES = [
    pytest.param(httpx.Response(500, json={"message": "Oops"}), State.UNAVAILABLE, id="500"),
    pytest.param(httpx.Response(400, json={"message": "Bad"}), State.ERROR, id="400"),
    pytest.param(httpx.Response(403, json={"message": "No"}), State.FORBIDDEN, id="403"),
    pytest.param(httpx.Response(404, json={"message": "No"}), State.NOT_FOUND, id="404"),
    pytest.param(answer({"budgets": None, "usageItems": None}), State.SCHEMA_ERROR, id="null"),
]


def failing(case: Case, fixture: str, failure: httpx.Response) -> Case:
    routes = [
        Route(r.path, r.fixture, (lambda _, __: failure) if r.fixture == fixture else r.view)
        for r in case.routes
    ]
    return Case(**{**vars(case), "routes": routes})


@pytest.mark.parametrize(("failure", "state"), FAILURES)
@pytest.mark.parametrize(
    ("fixture", "place", "gone", "left"),
    [("budgets", "/budgets", BUDGET, MONTH), ("summary", "/usage/summary", MONTH, BUDGET)],
)
async def test_a_part_that_cannot_be_had_costs_that_part(
    fixture: str,
    place: str,
    gone: str,
    left: str,
    failure: httpx.Response,
    state: State,
    tmp_path: Path,
) -> None:
    """The days count, the other part is shown, and the reason is not that of a bill that is missing."""
    async with Pipeline(failing(BILLING_USAGE, fixture, failure), tmp_path) as run:
        await run.poll()
        assert total(run) > 0
        assert run.values(gone) == {}
        assert run.values(left) != {}
        assert run.status.state is state
        assert place in run.status.reason
        assert "billed through" not in run.status.reason


@pytest.mark.parametrize(("failure", "state"), FAILURES[:-1])
async def test_a_list_of_cost_centers_that_is_refused_leaves_what_no_cost_center_is_charged_for(
    failure: httpx.Response, state: State, tmp_path: Path
) -> None:
    """What the cost centers had told stays, and they are read again when the list is back."""
    case = enterprise()
    async with Pipeline(case, tmp_path) as run:
        with_cost_centers(run, none=[line(5)], red=[line(3)])
        await run.poll()
        assert (run.status.state, total(run)) == (State.OK, 8)
        run.vendor.alter = lambda route, found: (
            failure if route.fixture == "cost_centers" else found
        )
        with_cost_centers(run, none=[line(6)], red=[line(4)])
        await run.poll(after=HOUR)
        assert (run.status.state, total(run)) == (state, 9)
        assert "/cost-centers" in run.status.reason
        run.vendor.alter = lambda _, found: found
        await run.poll(after=HOUR)
        assert (run.status.state, total(run)) == (State.OK, 10)
        assert run.status.corrections == 0


@pytest.mark.parametrize(
    ("deleted", "status", "state"),
    [
        (True, 404, State.OK),
        (True, 400, State.ERROR),
        (False, 404, State.NOT_FOUND),
        (False, 403, State.FORBIDDEN),
    ],
)
async def test_a_cost_center_that_fails_costs_itself_only(
    deleted: bool, status: int, state: State, tmp_path: Path
) -> None:
    """Also the ones after it count. That a deleted one is gone is nobody's fault, so it is not told."""

    def broken(body: Any, asked: Asked) -> httpx.Response:
        if asked.query.get("cost_center_id") == "blue":
            return httpx.Response(status, json={"message": "No"})
        return by_cost_center(body, asked)

    async with Pipeline(enterprise(broken), tmp_path) as run:
        with_cost_centers(run, none=[line(5)], blue=[line(1)], red=[line(3)])
        if deleted:
            run.vendor.bodies["cost_centers"]["costCenters"][0]["state"] = "deleted"
        await run.poll()
        assert (run.status.state, total(run)) == (state, 8)


async def test_where_the_credential_is_refused_no_other_cost_center_is_asked_for(
    tmp_path: Path,
) -> None:
    """What was charged to none counts; the first refusal tells for all."""
    asked_for: list[str] = []

    def refused(body: Any, asked: Asked) -> httpx.Response:
        if center := asked.query.get("cost_center_id"):
            asked_for.append(center)
            return httpx.Response(401, json={"message": "Bad credentials"})
        return by_cost_center(body, asked)

    async with Pipeline(enterprise(refused), tmp_path) as run:
        with_cost_centers(run, none=[line(5)], blue=[line(1)], red=[line(3)], zero=[line(1)])
        await run.poll()
        assert run.status.state is State.UNAUTHORIZED
        assert run.status.reason.startswith("a cost center: ")
        assert len(asked_for) == 1


async def test_a_deleted_cost_center_that_is_told_of_is_on_the_bill(tmp_path: Path) -> None:
    """So the list is asked for with the deleted ones."""
    async with Pipeline(enterprise(), tmp_path) as run:
        with_cost_centers(run, none=[line(5)], blue=[line(1)])
        run.vendor.bodies["cost_centers"]["costCenters"][0]["state"] = "deleted"
        await run.poll()
        assert (run.status.state, total(run)) == (State.OK, 6)
        assert [str(r.url.query) for r in run.vendor.asked("/cost-centers")] == ["b''"]


@pytest.mark.parametrize("odd", [(None, -1), ("NaN", "sNaN")])
async def test_an_odd_budget_is_left_out(odd: tuple[object, object], tmp_path: Path) -> None:
    """The others are shown; a limit cannot be below zero."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        [first, second, *_] = run.vendor.bodies["budgets"]["budgets"]
        first["budget_amount"], second["budget_amount"] = odd
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.rejected == {"budget_amount": 2}
        assert len(run.values(BUDGET)) > 0


async def test_net_is_what_github_says(tmp_path: Path) -> None:
    """A discount may be greater than the gross amount while nothing is billed."""
    async with Pipeline(BILLING_USAGE, tmp_path) as run:
        row = line(0) | {"grossAmount": 1.5, "discountAmount": 2.5}
        run.vendor.bodies["usage"]["usageItems"] = [row]
        await run.poll()
        labels = ("Actions", "Actions Linux", "acme")
        assert run.value("github_billing_gross_usd_total", *labels) == 1.5
        assert run.value("github_billing_discount_usd_total", *labels) == 2.5
        assert run.value("github_billing_net_usd_total", *labels) == 0
