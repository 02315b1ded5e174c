"""What tests can do to the world, and the faults they can ask for."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from exporter.simulator.answers import json_response
from exporter.simulator.control.faults import Fault, FaultInjector
from tests.simulator.support import (
    CHANGES,
    COMMITS,
    DAY,
    INSIGHTS,
    START,
    Reader,
    simulator,
    stamp,
)

TODAY = START // DAY * DAY
BOT: dict[str, Any] = {
    "actor_type": "installation",
    "actor_name": "night-owl",
    "actor_id": 77,
    "subject_type": "installation",
    "subject_name": "night-owl",
    "subject_id": 77,
    "http_method": "GET",
    "api_route": "/user/repos",
    "timestamp": START - 1000,
}


async def test_the_same_seed_says_the_same_bytes() -> None:
    """Two worlds of a seed cannot be told apart; another seed is another world."""
    bodies: list[Any] = []
    for seed in (1, 1, 2):
        reader = Reader(simulator(seed=seed))
        # The order of questions must not matter, so each world is asked in another one.
        paths = [f"{COMMITS}.csv", f"{CHANGES}.csv"]
        texts = {p: (await reader.cursor(p)).content for p in paths[:: -1 if bodies else 1]}
        stats = await reader.one("subject-stats", START - DAY, START)
        bodies.append((texts, stats))
    assert bodies[0] == bodies[1] != bodies[2]


async def test_the_world_flows_with_its_clock() -> None:
    """Commits appear as time passes; a quiet world makes no more of them."""
    reader = Reader(simulator())
    before = await reader.pages(COMMITS, startDate="2026-01-05")
    await reader.control("advance", seconds=4 * 3600)
    after = await reader.pages(COMMITS, startDate="2026-01-05")
    assert len(after) > len(before)
    assert after[-len(before) :] == before
    await reader.control("quiet", **{"from": START})
    assert await reader.pages(COMMITS, startDate="2026-01-05") == before
    await reader.control("advance", seconds=20 * 3600)
    summary = await reader.one("summary-stats", START, START + DAY)
    assert summary["total_request_count"] == 0
    await reader.control("quiet", **{"from": None})
    assert len(await reader.pages(COMMITS, startDate="2026-01-05")) > len(after)


async def test_an_injected_commit_is_listed_and_true_at_once() -> None:
    """Its second ingestion replaces it in the truth, and both rows are listed."""
    reader = Reader(simulator())
    before = await reader.truth(since=TODAY)
    commit = {
        "commitHash": "feed",
        "repoName": "acme/new",
        "totalLinesAdded": 9,
        "tabLinesAdded": 4,
        "createdAt": "2026-01-05T01:00:00Z",
    }
    await reader.control("commits", items=[commit])
    added = await reader.truth(since=TODAY) - before
    assert added == {
        ("cursor_commits_total", "acme/new", "true"): 1,
        ("cursor_commit_lines_added_total", "acme/new", "true", "tab"): 4,
        ("cursor_commit_lines_added_total", "acme/new", "true", "non_ai"): 5,
    }
    again = commit | {"totalLinesAdded": 6, "createdAt": "2026-01-05T02:00:00Z"}
    await reader.control("commits", items=[again])
    added = await reader.truth(since=TODAY) - before
    assert added["cursor_commit_lines_added_total", "acme/new", "true", "non_ai"] == 2
    listed = await reader.pages(COMMITS, startDate="2026-01-05")
    assert [i["totalLinesAdded"] for i in listed if i["commitHash"] == "feed"] == [6, 9]


async def test_an_injected_change_is_split_by_its_files() -> None:
    """What its metadata leave out goes to `other`, a missing extension to `unknown`."""
    reader = Reader(simulator())
    before = await reader.truth(since=TODAY)
    files = [{"linesAdded": 2}, {"fileExtension": "zig", "linesAdded": 3}]
    await reader.control("changes", items=[{"totalLinesAdded": 10, "metadata": files}])
    assert await reader.truth(since=TODAY) - before == {
        ("cursor_changes_total", "composer", "unknown"): 1,
        ("cursor_change_lines_added_total", "composer", "unknown"): 10,
        ("cursor_change_file_lines_added_total", "unknown"): 2,
        ("cursor_change_file_lines_added_total", "zig"): 3,
        ("cursor_change_file_lines_added_total", "other"): 5,
    }


async def test_injected_traffic_can_be_revised_both_ways() -> None:
    """It needs no lag; a revision sets the value, up, down or to nothing."""
    reader = Reader(simulator())
    key = ("github_api_actor_requests_total", "installation", "77")
    await reader.control("traffic", **BOT, total=10, rate_limited=1)
    await reader.control("traffic", **BOT, total=5)
    assert (await reader.truth(since=TODAY))[key] == 15
    for value in (40, 7, 0):
        await reader.control("traffic/revise", **BOT, total=value)
        assert (await reader.truth(since=TODAY))[key] == value
        summary = await reader.one("summary-stats/installation/77", TODAY, START)
        assert summary == {"total_request_count": value, "rate_limited_request_count": 0}


async def test_generated_traffic_can_be_revised() -> None:
    """A settled unit of the world takes the value that is set."""
    app = simulator()
    reader = Reader(app)
    bucket, units = next(iter(app.world.traffic.visible(START - DAY, START, START)))
    unit, caller = units[0], units[0].caller
    before = await reader.one("summary-stats", bucket, bucket + 300)
    await reader.control(
        "traffic/revise",
        **{name: getattr(caller, name) for name in BOT if hasattr(caller, name)},
        http_method=unit.method,
        api_route=unit.route,
        timestamp=bucket,
        total=unit.total + 100,
        rate_limited=unit.limited,
    )
    after = await reader.one("summary-stats", bucket, bucket + 300)
    assert after["total_request_count"] == before["total_request_count"] + 100


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("traffic/revise", BOT | {"total": 1}, 404),
        ("commits", {"items": [{"nonAiLinesAdded": 1}]}, 400),
        ("changes", {"items": [{"createdAt": "soon"}]}, 400),
        ("advance", {"seconds": -1}, 400),
        ("faults", {"path": "*", "kind": "earthquake"}, 400),
    ],
)
async def test_a_mistake_in_a_test_is_told(path: str, body: dict[str, Any], status: int) -> None:
    """The control endpoints are strict: what they do not know, they refuse with the reason."""
    response = await Reader(simulator()).http.post(f"/_simulator/{path}", json=body)
    assert response.status_code == status
    assert response.json()["error"]


async def test_faults_that_answer_instead() -> None:
    """A status, a sign-in page and a redirect replace the answer as often as asked."""
    reader = Reader(simulator())
    glob = "/cursor/*/commits"
    headers = {"Retry-After": "7"}
    await reader.control("faults", path=glob, kind="status", status=503, headers=headers, times=2)
    await reader.control("faults", path=glob, kind="html", times=1)
    await reader.control("faults", path=glob, kind="redirect", times=1)
    answers = [await reader.cursor(COMMITS) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [503, 503, 200, 302, 200]
    assert answers[0].headers["retry-after"] == "7"
    assert answers[2].text.startswith("<!doctype html>")
    assert "localhost" in answers[3].headers["location"]
    assert (await reader.cursor(CHANGES)).status_code == 200


async def test_faults_that_break_the_body() -> None:
    """Cut and garbled bodies keep their status and type."""
    reader = Reader(simulator())
    good = await reader.cursor(f"{COMMITS}.csv")
    await reader.control("faults", path="*", kind="truncate", clean=True, times=1)
    cut = await reader.cursor(f"{COMMITS}.csv")
    assert cut.content == good.content[: len(good.content) // 2]
    await reader.control("faults", path="*", kind="truncate", times=1)
    broken = await reader.cursor(f"{COMMITS}.csv")
    assert int(broken.headers["content-length"]) == len(good.content) > len(broken.content)
    await reader.control("faults", path="*", kind="garbage", times=1)
    garbage = await reader.cursor(COMMITS)
    assert garbage.headers["content-type"] == "application/json"
    with pytest.raises(ValueError, match="Expecting value"):
        garbage.json()
    await reader.control("faults", path="*", kind="oversize", size=1 << 20, times=1)
    assert len((await reader.cursor(COMMITS)).content) >= 1 << 20


async def test_faults_that_spoil_rows() -> None:
    """Fields go missing, change their type or come up, in JSON and in CSV."""
    reader = Reader(simulator())
    good = (await reader.cursor(COMMITS)).json()

    async def spoilt(path: str, kind: str, **more: Any) -> Any:
        await reader.control("faults", path="/cursor/*", kind=kind, times=1, **more)
        return await reader.cursor(path)

    assert "createdAt" not in (await spoilt(COMMITS, "missing_field")).json()["items"][0]
    wrong = (await spoilt(COMMITS, "wrong_type", field="userId")).json()["items"][0]
    assert isinstance(wrong["userId"], dict)
    assert "surprise" in (await spoilt(COMMITS, "extra_field")).json()["items"][0]
    lie = (await spoilt(COMMITS, "lie_total")).json()
    assert lie["totalCount"] > good["totalCount"]
    assert lie["items"] == good["items"]
    assert "created_at" not in (await spoilt(f"{COMMITS}.csv", "missing_field")).text
    assert "surprise" in (await spoilt(f"{COMMITS}.csv", "extra_field")).text
    lines = (await spoilt(f"{CHANGES}.csv", "short_row")).text.splitlines()
    assert sum(line.count(",") < 8 for line in lines) == 1


async def test_a_repeated_page_is_the_first_one() -> None:
    """A glob can name the query; lifted faults are gone."""
    reader = Reader(simulator())
    first, second = [(await reader.cursor(COMMITS, page=p, pageSize=9)).json() for p in (1, 2)]
    await reader.control("faults", path="*page=2*", kind="repeat_page")
    assert (await reader.cursor(COMMITS, page=2, pageSize=9)).json() == first
    await reader.http.delete("/_simulator/faults")
    assert (await reader.cursor(COMMITS, page=2, pageSize=9)).json() == second


async def test_the_first_page_is_repeated_whatever_page_a_body_asks_for() -> None:
    """An API that is asked by POST has its page number in the JSON body of the request."""

    async def echo(request: Request) -> Response:
        return json_response(await request.json())

    injector = FaultInjector(Starlette(routes=[Route("/asked", echo, methods=["POST"])]))
    injector.faults.append(Fault(path="/asked", kind="repeat_page"))
    transport = httpx.ASGITransport(injector)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as http:
        answered = await http.post("/asked", json={"page": 7, "pageSize": 100, "startDate": 5})
    assert answered.json() == {"page": 1, "pageSize": 100, "startDate": 5}


async def test_a_hanging_request_gets_no_answer() -> None:
    """The request stays open until its client gives up, and is counted as unanswered."""
    reader = Reader(simulator())
    await reader.control("faults", path="*", kind="hang", times=1)
    waiting = asyncio.create_task(reader.cursor(COMMITS))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    counts = (await reader.http.get("/_simulator/requests")).json()["requests"]
    assert counts == [{"path": COMMITS, "status": 0, "count": 1}]


async def test_requests_are_counted_by_path_and_status() -> None:
    """Control requests are not among them."""
    reader = Reader(simulator())
    await reader.cursor(COMMITS)
    await reader.cursor(COMMITS)
    await reader.github(f"{INSIGHTS}/summary-stats")
    await reader.github(f"{INSIGHTS}/summary-stats", min_timestamp=stamp(START - DAY))
    counts = (await reader.http.get("/_simulator/requests")).json()["requests"]
    told = Counter({(c["path"], c["status"]): c["count"] for c in counts})
    stats = f"{INSIGHTS}/summary-stats"
    assert told == {(COMMITS, 200): 2, (stats, 422): 1, (stats, 200): 1}
