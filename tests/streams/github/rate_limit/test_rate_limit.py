"""What is odd about the rate limit: it is free, and must be told while the quota is used up."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.client import Endpoint, Request
from exporter.client.errors import RateLimitedError, State
from exporter.model import HOUR
from exporter.vendors.github.vendor import GROUP
from tests.streams.github.rate_limit.case import CASE as RATE_LIMIT
from tests.streams.harness import Pipeline

REMAINING = "github_rate_limit_remaining"


@pytest.mark.parametrize("scope", [{"org": "acme"}, {"enterprise": "acme", "org": None}], ids=str)
@pytest.mark.parametrize("version", ["2022-11-28", "2026-03-10"])
async def test_both_versions_of_the_answer_give_the_same(
    scope: dict[str, Any], version: str, tmp_path: Path
) -> None:
    """Without `rate` nothing is missing: the resource `core` says the same."""
    target = {**scope, "api_version": version}
    async with Pipeline(RATE_LIMIT, tmp_path, target=target) as run:
        if version == "2026-03-10":
            del run.vendor.bodies["rate_limit"]["rate"]
        await run.poll()
        assert (run.status.state, run.status.drift) == (State.OK, {})
        assert run.value(REMAINING, "core") == 3_750
        [request] = run.vendor.requests
        assert request.headers["x-github-api-version"] == version


async def test_resources_come_and_go(tmp_path: Path) -> None:
    """One that GitHub adds is shown, one that it drops is gone."""
    async with Pipeline(RATE_LIMIT, tmp_path) as run:
        await run.poll()
        resources = run.vendor.bodies["rate_limit"]["resources"]
        resources["copilot_usage_records"] = resources.pop("scim")
        await run.poll()
        assert ("copilot_usage_records",) in run.values(REMAINING)
        assert ("scim",) not in run.values(REMAINING)


async def test_an_old_server_does_not_say_what_was_used(tmp_path: Path) -> None:
    """The other three are there."""
    async with Pipeline(RATE_LIMIT, tmp_path) as run:
        for allowance in run.vendor.bodies["rate_limit"]["resources"].values():
            del allowance["used"]
        await run.poll()
        assert run.value(REMAINING, "core") == 3_750
        assert run.values("github_rate_limit_used") == {}


async def test_a_used_up_quota_of_the_others_does_not_hold_it_back(tmp_path: Path) -> None:
    """It goes on telling that nothing is left, and when that ends, whatever its own headers say."""
    async with Pipeline(RATE_LIMIT, tmp_path) as run:
        core = run.vendor.bodies["rate_limit"]["resources"]["core"]
        core |= {"remaining": 0, "used": 5_000, "reset": int(run.clock.now) + HOUR}
        run.vendor.fail(lambda: httpx.Response(429, headers={"retry-after": "3600"}), times=1)
        for _ in range(2):
            with pytest.raises(RateLimitedError):
                await run.job.client.get(Request(Endpoint("/things", GROUP)))
        assert len(run.vendor.requests) == 1
        for _ in range(3):
            await run.poll(after=60)
            assert run.status.state is State.OK
            assert run.value(REMAINING, "core") == 0


async def test_a_server_without_rate_limits_says_so(tmp_path: Path) -> None:
    """GitHub Enterprise Server has them off by default: a state with its words, and no zero."""
    async with Pipeline(RATE_LIMIT, tmp_path) as run:
        message = {"message": "Rate limiting is not enabled."}
        run.vendor.fail(lambda: httpx.Response(404, json=message))
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "Rate limiting is not enabled." in run.status.reason
        assert run.page == ""
