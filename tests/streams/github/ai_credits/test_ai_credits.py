"""AI credits by model: what they add up to, which days are asked for, and what is said where there is no bill."""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.config.blocks import one_target
from exporter.model import DAY, HOUR
from exporter.vendors.github.ai_credits.stream import STREAM
from tests.streams.github.ai_credits.case import CASE as AI_CREDITS
from tests.streams.harness import Asked, Case, Pipeline, Route, answer

ROOT = "/enterprises/acme/settings/billing"
TODAY, YESTERDAY = "2026-06-20", "2026-06-19"
QUANTITY, NET = "github_ai_credit_quantity_total", "github_ai_credit_net_usd_total"
PREMIUM = "github_premium_request_quantity_total"
SKU = "github_ai_credit_sku_quantity_total"
BY_ORGANIZATION = {"by": "organization", "organizations": ["acme", "acme-labs"]}
BY_COST_CENTER = {"by": "cost_center"}


Lines = dict[str, list[dict[str, Any]]]


def line(quantity: float, model: str = "GPT-5", **more: Any) -> dict[str, Any]:
    return {
        "product": "Copilot",
        "sku": "Copilot AI Credits",
        "model": model,
        "unitType": "credits",
        "pricePerUnit": 0.01,
        "grossQuantity": quantity,
        "grossAmount": quantity / 100,
        "netAmount": quantity / 100,
        **more,
    }


CENTERS = {"none": [line(1)], "red": [line(2)], "blue": [line(4)]}


def of_part(body: Any, asked: Asked) -> httpx.Response:
    """The lines of the asked day and part; of all parts where none is asked for."""
    parts = body.get("-".join(asked.query[name] for name in ("year", "month", "day")), {})
    chosen = asked.query.get("organization") or asked.query.get("cost_center_id")
    if chosen in body.get("unknown", ()):
        return httpx.Response(404, json={"message": "Not Found"})
    lines = list(chain(*parts.values())) if chosen is None else parts.get(chosen, [])
    return answer({"timePeriod": {}, "enterprise": "acme", "usageItems": lines})


ENTERPRISE = Case(
    **{
        **vars(AI_CREDITS),
        "target": {"enterprise": "acme"},
        "routes": (
            Route(f"{ROOT}/ai_credit/usage", "credits", of_part),
            Route(f"{ROOT}/premium_request/usage", "requests", of_part),
            Route(f"{ROOT}/cost-centers", "cost_centers", lambda body, _: answer(body)),
        ),
    }
)


def used(run: Pipeline, parts: Lines, unknown: Collection[str] = ()) -> None:
    """What each part used yesterday."""
    run.vendor.bodies["credits"] = {"2026-6-19": parts, "unknown": unknown}
    run.vendor.bodies["requests"] = {"unknown": unknown}
    centers = [{"id": each, "name": each.title(), "resources": []} for each in parts]
    run.vendor.bodies["cost_centers"] = {
        "costCenters": [one for one in centers if one["id"] != "none"]
    }


def by(run: Pipeline, place: int, metric: str = QUANTITY) -> dict[str, float]:
    """The sums by the label at a place."""
    sums: defaultdict[str, float] = defaultdict(float)
    for labels, value in run.values(metric).items():
        sums[labels[place]] += value
    return dict(sums)


async def test_what_nobody_in_the_list_used_is_other(tmp_path: Path) -> None:
    """Model by model and SKU by SKU, and taken back where an organization is told of it late: the sum stays."""
    async with Pipeline(ENTERPRISE, tmp_path, options=BY_ORGANIZATION) as run:
        mixed = [line(5), line(3, "Auto: GPT-5")]
        used(run, {"acme": mixed, "acme-labs": [line(7)], "new": [line(2)]})
        await run.poll()
        assert run.values(QUANTITY) == {
            ("GPT-5", "acme", "", "explicit"): 5,
            ("GPT-5", "acme", "", "auto"): 3,
            ("GPT-5", "acme-labs", "", "explicit"): 7,
            ("GPT-5", "other", "", "explicit"): 2,
        }
        assert by(run, 2, SKU) == {"acme": 8, "acme-labs": 7, "other": 2}
        used(run, {"acme": mixed, "acme-labs": [line(9)]})
        await run.poll()
        assert sum(by(run, 1).values()) == 17
        used(run, {"acme": mixed, "acme-labs": [line(10)]})
        await run.poll()
        assert sum(by(run, 1).values()) == 18


async def test_an_organization_that_is_not_there_is_told_and_its_use_is_other(
    tmp_path: Path,
) -> None:
    async with Pipeline(ENTERPRISE, tmp_path, options=BY_ORGANIZATION) as run:
        used(run, {"acme": [line(5)], "acme-labs": [line(7)]}, unknown=["acme-labs"])
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "organization acme-labs" in run.status.reason
        assert "counted as other" in run.status.reason
        assert by(run, 1) == {"acme": 5, "other": 7}


async def test_cost_centers_and_what_none_is_charged_for_add_up(tmp_path: Path) -> None:
    """A deleted one of which GitHub tells nothing any more is left to `other`; nobody has to mend it."""
    async with Pipeline(ENTERPRISE, tmp_path, options=BY_COST_CENTER) as run:
        centers = {"none": [line(1)], "red": [line(2)], "blue": [line(4)], "old": [line(8)]}
        used(run, centers, unknown=["old"])
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert by(run, 2) == {"": 1, "Red": 2, "Blue": 4, "other": 8}
        run.vendor.bodies["cost_centers"]["costCenters"][0]["name"] = "Crimson"
        await run.poll()
        assert sum(by(run, 2).values()) == 15


async def test_cost_centers_by_their_ids_leave_the_others_together(tmp_path: Path) -> None:
    options = {**BY_COST_CENTER, "cost_centers": ["red"]}
    async with Pipeline(ENTERPRISE, tmp_path, options=options) as run:
        used(run, CENTERS)
        await run.poll()
        assert by(run, 2) == {"": 1, "Red": 2, "other": 4}


@pytest.mark.parametrize("then", [BY_ORGANIZATION, BY_COST_CENTER])
async def test_another_way_to_tell_it_counts_nothing_twice(
    then: dict[str, Any], tmp_path: Path
) -> None:
    """The days of the lookback stay as they are; what is used afterwards is counted where it is told."""
    for options in ({}, then, {}):
        async with Pipeline(ENTERPRISE, tmp_path, options=options) as run:
            used(run, {"none": [line(1)], "red": [line(2)], "acme": [line(4)]})
            await run.poll()
            assert sum(by(run, 1).values()) == 7
            assert sum(by(run, 2, SKU).values()) == 7


async def test_net_is_what_github_says(tmp_path: Path) -> None:
    """Also where the discount is more than all of it, and to the last digit."""
    async with Pipeline(AI_CREDITS, tmp_path) as run:
        run.vendor.bodies["credits"] = {
            YESTERDAY: {
                "usageItems": [
                    line(100, grossAmount=1, discountAmount=1.25, netAmount=0),
                    line(1, "Claude", grossAmount=9, discountAmount=1, netAmount=0.12345678901),
                    line(1, "Claude", netAmount=-0.00000000001),
                ]
            }
        }
        await run.poll()
        nets = {
            key[1][0]: s.counter for key, s in (await run.state()).ledger.items() if key[0] == NET
        }
        assert nets == {"GPT-5": 0, "Claude": Decimal("0.123456789")}


async def test_lines_in_another_unit_are_left_out_and_told(tmp_path: Path) -> None:
    """However many there are: the month in which the unit changed may have nothing else."""
    async with Pipeline(AI_CREDITS, tmp_path) as run:
        run.vendor.bodies["credits"] = {
            YESTERDAY: {"usageItems": [line(1), *[line(1, unitType="requests")] * 30]}
        }
        await run.poll()
        assert (run.status.state, run.status.rejected) == (State.OK, {"unitType": 30})
        assert by(run, 0) == {"GPT-5": 1}


async def test_a_day_without_lines_is_no_data(tmp_path: Path) -> None:
    """Such as all days before there were AI credits: no series, and nothing that says up to when it is known."""
    async with Pipeline(AI_CREDITS, tmp_path) as run:
        run.vendor.bodies |= {"credits": {}, "requests": {}}
        await run.poll()
        assert (run.status.state, run.page, run.status.data_until) == (State.EMPTY, "", None)


async def test_an_organization_without_a_bill_of_its_own_is_told_so(tmp_path: Path) -> None:
    """In words, and nothing is shown as zero."""
    async with Pipeline(AI_CREDITS, tmp_path) as run:
        run.vendor.fail(lambda: httpx.Response(404, json={"message": "Not Found"}))
        await run.poll()
        assert (run.status.state, run.page) == (State.NOT_FOUND, "")
        assert "billed through its enterprise has no bill of its own" in run.status.reason


def planned(case: Case, options: dict[str, Any]) -> float:
    """The requests of a day that `check` reckons with."""
    keys = {"vendor": "github", "account": "acme", "auth": {"token_env": "TOKEN"}}
    target: Any = one_target.validate_python({**keys, **case.target})
    settings = STREAM.options.model_validate(options)
    return sum(cost.requests for cost in STREAM.plan(target, settings)) * DAY / settings.interval


@pytest.mark.parametrize(
    ("case", "options", "a_day"),
    [
        (AI_CREDITS, {}, 28),
        (ENTERPRISE, {**BY_ORGANIZATION, "interval": "12h"}, 10 * 2 * 3),
        (
            ENTERPRISE,
            {**BY_COST_CENTER, "interval": "12h", "expected_cost_centers": 2},
            2 + 10 * 2 * 4,
        ),
    ],
)
async def test_the_plan_is_what_is_sent(
    case: Case, options: dict[str, Any], a_day: int, tmp_path: Path
) -> None:
    """On a day like any other: the recent days at each poll, each older one once."""
    async with Pipeline(case, tmp_path, options={"recent": "1d", **options}) as run:
        used(run, CENTERS)
        days = [f"2026-{'6' if case is ENTERPRISE else '06'}-{day}" for day in range(13, 31)]
        lines = CENTERS if case is ENTERPRISE else {"usageItems": [line(1)]}
        run.vendor.bodies["credits"] = dict.fromkeys(days, lines)
        polls_a_day = DAY // run.job.options.interval
        for _ in range(8 * polls_a_day):
            await run.poll(after=run.job.options.interval)
        before = len(run.vendor.requests)
        for _ in range(polls_a_day):
            await run.poll(after=run.job.options.interval)
        sent = run.vendor.requests[before:]
        assert len(sent) == planned(case, options) == a_day
        bills = [dict(request.url.params) for request in sent if "usage" in request.url.path]
        assert all({"year", "month", "day"} <= query.keys() for query in bills)
        assert not any("hour" in query for query in bills)


def test_an_enterprise_of_20_organizations_is_planned() -> None:
    logins = [f"org-{number}" for number in range(20)]
    assert planned(ENTERPRISE, {"by": "organization", "organizations": logins}) == 588


async def test_a_walk_goes_on_with_the_day_that_a_quota_ended(tmp_path: Path) -> None:
    """What was read before is committed and not asked for again."""
    async with Pipeline(ENTERPRISE, tmp_path, options=BY_ORGANIZATION) as run:
        used(run, {"acme": [line(5)], "acme-labs": [line(7)]})
        refused = httpx.Response(429, headers={"retry-after": "3600"})
        whole_days = 5
        run.vendor.fail(lambda: refused, after=whole_days * 6 + 2)
        await run.poll()
        assert run.status.state is State.RATE_LIMITED
        run.vendor.heal()
        before = len(run.vendor.requests)
        await run.poll(after=2 * HOUR)
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert len(run.vendor.requests) - before == (8 - whole_days) * 6
        assert by(run, 1) == {"acme": 5, "acme-labs": 7}


async def test_premium_requests_that_are_refused_are_asked_for_once_a_poll(tmp_path: Path) -> None:
    """They are told, the credits of all days count, and the rest comes when they are back."""
    async with Pipeline(AI_CREDITS, tmp_path) as run:
        path = "/premium_request/usage"
        run.vendor.refuse = lambda request: (
            httpx.Response(403, json={}) if request.url.path.endswith(path) else None
        )
        await run.poll()
        assert (run.status.state, run.status.reason[:22]) == (
            State.FORBIDDEN,
            "the premium requests: ",
        )
        assert (len(run.vendor.asked(path)), run.values(PREMIUM)) == (1, {})
        assert sum(by(run, 0).values()) > 0
        run.vendor.refuse = lambda _: None
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert sum(by(run, 0, PREMIUM).values()) == 11
