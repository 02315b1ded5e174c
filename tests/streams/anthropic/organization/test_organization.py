"""What is a workspace's name, which key expires next, and what the exporter never does."""

from pathlib import Path

import httpx

from exporter.client.errors import State
from tests.streams.anthropic.organization.case import CASE, WORKSPACES
from tests.streams.harness import Pipeline, unix

ALPHA = "wrkspc_01ExampleAlpha000000001"


async def test_a_workspace_that_is_renamed_keeps_its_id(tmp_path: Path) -> None:
    """The old name is gone: two rows of one id would double what is joined with them."""
    async with Pipeline(CASE, tmp_path) as run:
        await run.poll()
        run.vendor.bodies["workspaces"]["data"][0]["name"] = "omega"
        await run.poll(after=3_600)
        of_alpha = [
            labels for labels in run.values("anthropic_workspace_info") if labels[0] == ALPHA
        ]
        assert of_alpha == [(ALPHA, "omega")]


async def test_the_next_expiry_is_that_of_an_active_key(tmp_path: Path) -> None:
    """The default workspace has a name; a workspace whose keys never expire has no series."""
    async with Pipeline(CASE, tmp_path) as run:
        rows = run.vendor.bodies["api_keys"]["data"]
        rows[1] |= {"status": "active", "expires_at": "2026-12-01T00:00:00Z"}
        rows[2]["status"] = "inactive"
        await run.poll()
        assert run.values("anthropic_api_key_expiry_timestamp_seconds") == {
            (ALPHA,): unix("2027-02-01T00:00:00Z"),
            ("default",): unix("2026-12-01T00:00:00Z"),
        }


async def test_a_row_that_comes_twice_is_one(tmp_path: Path) -> None:
    """A list can move while its pages are read."""
    async with Pipeline(CASE, tmp_path) as run:
        for body in run.vendor.bodies.values():
            body["data"].append(body["data"][0])
        await run.poll()
        assert run.values("anthropic_workspaces") == {("active",): 2, ("archived",): 1}
        assert run.value("anthropic_api_keys", "active") == 3
        assert run.value("anthropic_members", "admin") == 1


async def test_every_request_names_key_and_version_and_only_reads(tmp_path: Path) -> None:
    """An Admin key could write."""
    async with Pipeline(CASE, tmp_path, target={"api_version": "2026-10-21"}) as run:
        await run.poll()
        assert {request.method for request in run.vendor.requests} == {"GET"}
        assert {request.headers["anthropic-version"] for request in run.vendor.requests} == {
            "2026-10-21"
        }
        assert all(request.headers["x-api-key"] for request in run.vendor.requests)


async def test_a_page_that_nothing_leads_to_is_a_schema_error(tmp_path: Path) -> None:
    """The rest of the list would be missing without a word."""
    async with Pipeline(CASE, tmp_path) as run:
        run.vendor.alter = lambda route, found: (
            httpx.Response(200, json={"data": [], "has_more": True, "last_id": None})
            if route.path == WORKSPACES
            else found
        )
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "last_id" in run.status.reason


async def test_a_list_that_ends_under_its_reader_is_read_again(tmp_path: Path) -> None:
    """Anthropic's cursors can expire; that is no missing API, which is asked for hourly only."""
    async with Pipeline(CASE, tmp_path) as run:
        message = "cursor expired, restart from the first page"
        error = {"type": "invalid_request_error", "message": message}
        run.vendor.fail(lambda: httpx.Response(410, json={"type": "error", "error": error}))
        await run.poll()
        assert run.status.state is State.UNAVAILABLE
        assert run.status.reason.endswith("the next poll begins with the first page")
