"""Two APIs of one bill: the same page by either, what is cut off, which one is read, exports that change."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from tests.streams.anthropic.enterprise_usage.case import (
    BETA,
    CASE,
    COST,
    COST_REPORT,
    USAGE,
    USAGE_REPORT,
    older,
)
from tests.streams.harness import Pipeline, Route

TOKENS = "anthropic_enterprise_tokens_total"
REQUESTS = "anthropic_enterprise_requests_total"
DOLLARS = "anthropic_enterprise_cost_usd_total"
NEWER, OLDER = [USAGE, COST], [USAGE_REPORT, USAGE_REPORT, COST_REPORT, COST_REPORT]


def paths(run: Pipeline) -> list[str]:
    """What was asked for since the last look."""
    found = [request.url.path for request in run.vendor.requests]
    run.vendor.requests.clear()
    return found


def refusing(status: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Refuses the newer reports."""

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path not in NEWER:
            return None
        return httpx.Response(status, json={"error": {"message": "not for this organization"}})

    return refuse


def sums(run: Pipeline, metric: str) -> float:
    return sum(run.values(metric).values())


async def test_either_api_leads_to_the_same_page(tmp_path: Path) -> None:
    """Only the newer one is asked for by its name as a beta, and nobody by person."""
    pages = {}
    for beta, expected in (("on", NEWER), ("off", OLDER)):
        directory = tmp_path / beta
        directory.mkdir()
        async with Pipeline(CASE, directory, options={"beta": beta}) as run:
            await run.poll()
            names = {request.headers.get("anthropic-beta") for request in run.vendor.requests}
            assert names == {BETA if beta == "on" else None}
            assert paths(run) == expected
            pages[beta] = run.page
    assert pages["on"] == pages["off"]


async def test_what_is_cut_off_is_in_other(tmp_path: Path) -> None:
    """Of each day the largest group only: the families are as large as ever, to the last digit."""
    cut = tuple(
        Route(path, name, partial(older, field=name, most=1), etag=False)
        for path, name in ((USAGE_REPORT, "usage"), (COST_REPORT, "cost"))
    )
    found: dict[str, list[Any]] = {}
    for name, case in (("whole", CASE), ("cut", replace(CASE, routes=cut))):
        directory = tmp_path / name
        directory.mkdir()
        async with Pipeline(case, directory, options={"beta": "off"}) as run:
            await run.poll()
            common = "assistant_tokens_total", "assistant_cost_usd_total"
            found[name] = [sums(run, metric) for metric in (TOKENS, REQUESTS, DOLLARS, *common)]
    assert found["cut"] == found["whole"]
    async with Pipeline(replace(CASE, routes=cut), tmp_path, options={"beta": "off"}) as run:
        await run.poll()
        assert run.value(REQUESTS, "other", "other") == 402 + 5
        assert run.value(DOLLARS, "other", "other", "net") == 10.236


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_newer_reports_that_are_refused_are_tried_once_a_day(
    status: int, tmp_path: Path
) -> None:
    """Until they answer: from then on they are what is counted, and a refusal is an error."""
    async with Pipeline(CASE, tmp_path, options={"beta": "auto"}) as run:
        run.vendor.refuse = refusing(status)
        await run.poll()
        page = run.page
        assert (run.status.state, paths(run)) == (State.OK, [USAGE, *OLDER])
        await run.restart()
        await run.poll(after=HOUR)
        assert paths(run) == OLDER
        await run.poll(after=DAY)
        assert set(paths(run)) == {USAGE, *OLDER}
        run.vendor.refuse = lambda _: None
        await run.poll(after=DAY)
        assert (set(paths(run)), run.page) == (set(NEWER), page)
        run.vendor.refuse = refusing(status)
        await run.restart()
        await run.poll(after=2 * DAY)
        assert run.status.state not in (State.OK, State.EMPTY)
        assert paths(run) == [USAGE]


async def test_newer_reports_that_do_not_answer_are_waited_for(tmp_path: Path) -> None:
    """An outage is no refusal."""
    async with Pipeline(CASE, tmp_path, options={"beta": "auto"}) as run:
        run.vendor.refuse = refusing(529)
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert set(paths(run)) == {USAGE}


async def test_what_no_export_covers_is_unknown(tmp_path: Path) -> None:
    """Nothing of what was counted is taken back, and the state says why nothing comes."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        page = run.page
        for name in ("usage", "cost"):
            run.vendor.bodies[name] = {"data": [], "data_refreshed_at": None}
        await run.poll(after=HOUR)
        assert (run.status.state, run.page) == (State.EMPTY, page)
        assert "Anthropic has exported nothing of 2026-10-27 and later; wait" in run.status.reason
        assert run.status.corrections == 0


@pytest.mark.parametrize("beta", ["on", "off"])
async def test_a_window_ends_where_the_export_ends(beta: str, tmp_path: Path) -> None:
    """A day that it does not reach is unknown, and not a day without use."""
    async with Pipeline(CASE, tmp_path, options={"beta": beta}) as run:
        await run.poll()
        value = sums(run, REQUESTS)
        for name in ("usage", "cost"):
            run.vendor.bodies[name]["data_refreshed_at"] = "2026-11-24T22:00:00Z"
            run.vendor.bodies[name]["data"] = run.vendor.bodies[name]["data"][:2]
        await run.poll(after=HOUR)
        assert (sums(run, REQUESTS), run.status.corrections) == (value, 0)
        for name in ("usage", "cost"):
            run.vendor.bodies[name]["data_refreshed_at"] = "2026-11-26T12:00:00Z"
        await run.poll(after=HOUR)
        assert (run.status.corrections > 0) is (beta == "on")


@pytest.mark.parametrize(("changes", "state"), [(1, State.OK), (9, State.UNAVAILABLE)])
async def test_pages_of_two_exports_are_not_added_up(
    changes: int, state: State, tmp_path: Path
) -> None:
    """They are read once more; where the export changes again, the next poll reads them."""
    left = changes

    def exported_anew(_: Route, response: httpx.Response) -> httpx.Response:
        nonlocal left
        body: dict[str, Any] = response.json()
        if left:
            body["data_refreshed_at"] = f"2026-11-26T09:0{left}:00Z"
        left = max(0, left - 1)
        return httpx.Response(200, json=body)

    async with Pipeline(CASE, tmp_path, options={"beta": "off"}) as run:
        run.vendor.alter = exported_anew
        await run.poll()
        assert run.status.state is state
        assert (run.page == "") is (state is not State.OK)


async def test_requests_that_are_null_are_unknown(tmp_path: Path) -> None:
    """On that day they stay as they were; tokens count."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        requests = run.values(REQUESTS)
        for row in run.vendor.bodies["usage"]["data"][:2]:
            row["usage"]["requests"] = None
            row["usage"]["output_tokens"] += 1
        await run.poll(after=HOUR)
        assert (run.values(REQUESTS), run.status.corrections) == (requests, 0)
        assert run.value("assistant_tokens_total", "output") == 588_002


@pytest.mark.parametrize(("beta", "a_day"), [("on", 50), ("off", 100)])
async def test_as_many_requests_a_day_as_the_plan_says(
    beta: str, a_day: int, tmp_path: Path
) -> None:
    """The first poll of a day reads a day more, which takes a second range."""
    now = "2026-11-26T12:30:00Z"
    async with Pipeline(CASE, tmp_path, options={"beta": beta}, now=now) as run:
        for _ in range(24):
            await run.poll(after=HOUR)
        [cost] = run.stream.plan(run.job.target, run.job.options)
        assert len(run.vendor.requests) == round(24 * cost.requests) == a_day


async def test_a_price_in_another_currency_is_left_out(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.bodies["cost"]["data"][0]["cost"]["currency"] = "EUR"
        await run.poll()
        assert run.value("assistant_cost_usd_total") == 11.011
        assert dict(run.status.rejected) == {"currency": 1}
