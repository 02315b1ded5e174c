"""Hours: those that did not come, those without use, and what the labels are."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from exporter.client.errors import State
from tests.streams.anthropic.usage.case import CASE, PATH
from tests.streams.harness import Pipeline, unix

TOKENS, SEARCHES = "anthropic_tokens_total", "anthropic_web_search_requests_total"
ALPHA = "wrkspc_01ExampleAlpha000000001"


def hours(run: Pipeline) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run.vendor.bodies["usage"]["data"]
    return found


async def test_an_hour_that_did_not_come_is_no_zero_and_an_empty_one_is(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        first = hours(run).pop(0)
        await run.poll(after=300)
        assert run.status.corrections == 0
        hours(run).insert(0, {**first, "results": []})
        await run.poll(after=300)
        assert run.status.corrections > 0


async def test_a_day_that_lacks_hours_is_asked_for_by_every_poll(tmp_path: Path) -> None:
    """Until it is whole; then once a day, like every day that is not recent."""
    asked = []
    async with Pipeline(CASE, tmp_path, options={"recent": "1h"}) as run:
        for number in range(4):
            if number == 2:
                known = {hour["starting_at"] for hour in hours(run)}
                hours(run)[:0] = [
                    {
                        "starting_at": f"2026-11-{day}T{hour:02}:00:00Z",
                        "ending_at": f"2026-11-{day}T{hour:02}:59:59Z",
                        "results": [],
                    }
                    for day in (25, 26)
                    for hour in range(24)
                    if f"2026-11-{day}T{hour:02}:00:00Z" not in known
                ]
            known_requests = len(run.vendor.requests)
            await run.poll(after=300)
            asked.append(
                [r.url.params["starting_at"] for r in run.vendor.requests[known_requests:]]
            )
        assert [len(starts) for starts in asked] == [1, 1, 1, 1]
        assert [starts[0] for starts in asked] == [
            *["2026-11-25T10:00:00Z"] * 3,
            "2026-11-27T00:00:00Z",
        ]


async def test_the_open_hour_is_asked_for_without_an_end(tmp_path: Path) -> None:
    """A bucket that ends later than the end that is asked for would be missing."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        [request] = run.vendor.requests
        assert "ending_at" not in request.url.params
        assert request.url.params.get_list("group_by[]") == [
            "workspace_id",
            "model",
            "service_tier",
        ]
        assert (request.url.params["bucket_width"], request.url.params["limit"]) == ("1h", "168")
        assert run.status.data_until == unix(CASE.now)
        assert request.method == "GET"
        assert request.url.path == PATH


async def test_what_anthropic_does_not_name_has_a_name(tmp_path: Path) -> None:
    """No workspace is the default one; a model or tier that is null is unknown."""
    async with Pipeline(CASE, tmp_path) as run:
        hours(run)[0]["results"][0] |= {"workspace_id": None, "model": None, "service_tier": None}
        await run.poll()
        assert run.value(TOKENS, "default", "unknown", "unknown", "output") == 20_500
        assert run.value(SEARCHES, "default") == 14


async def test_the_same_hour_twice_counts_once(tmp_path: Path) -> None:
    """Pages can move while an hour begins."""
    async with Pipeline(CASE, tmp_path) as run:
        hours(run).insert(1, hours(run)[0])
        await run.poll()
        assert run.status.state is State.OK
        assert run.value(SEARCHES, ALPHA) == 15


@pytest.mark.parametrize("room", [12, 40])
async def test_what_does_not_fit_is_added_to_other_and_the_sums_stay(
    room: int, tmp_path: Path
) -> None:
    """By tier and kind of token; also of hours that come later, and after a restart."""
    sums: list[dict[str, float]] = []
    for limit in (5_000, room):
        (tmp_path / str(limit)).mkdir()
        options = {"max_series": limit}
        async with Pipeline(CASE, tmp_path / str(limit), options=options) as run:
            _busy(run, hour=8, workspaces=range(4))
            await run.poll()
            _busy(run, hour=9, workspaces=range(2, 6))
            await run.restart()
            await run.poll(after=300)
            sums.append(_sums(run))
            workspaces = {labels[0] for labels in run.values(TOKENS)}
            assert ("other" in workspaces) is (limit == room)
    assert sums[0] == sums[1]


def _busy(run: Pipeline, hour: int, workspaces: range) -> None:
    """Let each workspace use three models in an hour, each as much as nothing else."""
    [bucket] = [each for each in hours(run) if each["starting_at"][11:13] == f"{hour:02}"]
    row = hours(run)[-1]["results"][0]
    bucket["results"] = [
        {
            **row,
            "workspace_id": f"wrkspc_{one}",
            "model": f"m{model}",
            "output_tokens": 7**one + model,
        }
        for one in workspaces
        for model in range(3)
    ]


def _sums(run: Pipeline) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for (*_, tier, kind), value in run.values(TOKENS).items():
        found[f"{tier} {kind}"] += value
    found["searches"] = sum(run.values(SEARCHES).values())
    return found
