"""The simulated Anthropic against the world's truth and what is known of the service."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from tests.simulator.support import Reader, Wall, simulator

ROOT = "/anthropic/v1/organizations"
OPTIONS = AnthropicOptions(requests_per_hour=None, requests_per_minute=None)
VERSION = {"anthropic-version": "2023-06-01"}


def anthropic(**options: Any) -> Simulator:
    return simulator(anthropic=replace(OPTIONS, **options))


async def get(
    app: Simulator, path: str, key: str = OPTIONS.admin_key, **query: Any
) -> httpx.Response:
    headers = {"x-api-key": key, **VERSION}
    return await Reader(app).http.get(f"{ROOT}/{path}", params=query, headers=headers)


@pytest.mark.parametrize("path", ["workspaces", "api_keys", "users"])
async def test_a_list_is_read_after_the_last_id(path: str) -> None:
    """To its end, each row once; without a limit a page has 20 rows."""
    app = anthropic()
    whole = (await get(app, path, limit=1_000)).json()
    assert (whole["has_more"], whole["last_id"]) == (False, whole["data"][-1]["id"])
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await get(app, path, limit=2, **after)).json()
        found += page["data"]
        if not page["has_more"]:
            break
        after = {"after_id": page["last_id"]}
    assert found == whole["data"]
    assert len((await get(app, path)).json()["data"]) == min(20, len(found))


async def test_a_workspace_is_renamed_and_one_is_archived() -> None:
    """Archived ones are told where they are asked for; the default one never is."""
    app = anthropic()
    before = {row["id"]: row for row in (await get(app, "workspaces")).json()["data"]}
    app.world.clock.advance(3 * 86_400)
    active = (await get(app, "workspaces")).json()["data"]
    every = (await get(app, "workspaces", include_archived="true")).json()["data"]
    assert [row["id"] for row in every] == list(before)
    assert len(active) == len(every) - 1
    assert every[-1]["archived_at"] is not None
    assert sum(row["name"] != before[row["id"]]["name"] for row in every) == 1


async def test_a_request_needs_the_right_kind_of_key_and_a_version() -> None:
    app = anthropic()
    for key in ("nobody", OPTIONS.analytics_key):
        refused = await get(app, "me", key=key)
        assert refused.status_code == 401
        assert refused.json()["error"] == {
            "type": "authentication_error",
            "message": "invalid x-api-key",
        }
    bare = await Reader(app).http.get(f"{ROOT}/me", headers={"x-api-key": OPTIONS.admin_key})
    assert (bare.status_code, bare.json()["type"]) == (400, "error")
    assert (await get(app, "me")).json()["type"] == "organization"
    assert (await get(app, "elsewhere")).status_code == 404


@pytest.mark.parametrize("told", [True, False])
async def test_more_than_the_limit_is_refused_until_the_hour_is_over(told: bool) -> None:
    wall = Wall()
    options = AnthropicOptions(requests_per_hour=2, retry_after=told)
    app = simulator(anthropic=options, wall=wall)
    assert [(await get(app, "me")).status_code for _ in range(3)] == [200, 200, 429]
    assert ((await get(app, "me")).headers.get("retry-after") is not None) is told
    assert (await get(app, "workspaces")).status_code == 200
    wall.now += 3_600
    assert (await get(app, "me")).status_code == 200
