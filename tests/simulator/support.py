"""A small simulator in this process, and reading code that shares nothing with it."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx

from exporter.simulator.anthropic.rest import AnthropicOptions
from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.tabnine.rest import TabnineOptions
from exporter.simulator.world.traffic import Lag
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock

START = 1_767_600_000.0
"""2026-01-05T08:00:00Z, a Monday."""
DAY = 86_400
INSIGHTS = "/github/orgs/acme/insights/api"
COMMITS = "/cursor/analytics/ai-code/commits"
CHANGES = "/cursor/analytics/ai-code/changes"
CURSOR_AUTH = ("sim-cursor-key", "")
GITHUB_AUTH = {"Authorization": "Bearer sim-github-token"}

Totals: TypeAlias = Counter[tuple[Any, ...]]


class Wall:
    """The time that rate limits pass in, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def simulator(
    *,
    seed: int = 1,
    developers: int = 12,
    teams: int = 8,
    lag: Lag | None = None,
    anthropic: AnthropicOptions | None = None,
    cursor: CursorOptions | None = None,
    github: GitHubOptions | None = None,
    tabnine: TabnineOptions | None = None,
    wall: Wall | None = None,
) -> Simulator:
    """A frozen world of a few people; without options Cursor's limit is off."""
    clock = WorldClock(lambda: 0.0, start=START)
    clock.freeze()
    settings = WorldSettings(seed=seed, developers=developers, teams=teams, lag=lag or Lag())
    return Simulator(
        World(settings, clock),
        anthropic=anthropic,
        cursor=cursor or CursorOptions(requests_per_minute=None),
        github=github,
        tabnine=tabnine,
        wall=wall or Wall(),
    )


class Reader:
    """Reads the simulated APIs the way a simple script would."""

    def __init__(self, app: Simulator) -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://simulator"
        )

    async def cursor(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.http.get(path, params=parameters, auth=CURSOR_AUTH)

    async def github(self, path: str, **parameters: Any) -> httpx.Response:
        return await self.http.get(path, params=parameters or None, headers=GITHUB_AUTH)

    async def control(self, path: str, /, **body: Any) -> Any:
        response = await self.http.post(f"/_simulator/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def pages(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page = 0
        while True:
            page += 1
            response = await self.cursor(path, page=page, pageSize=70, **parameters)
            assert response.status_code == 200, response.text
            body = response.json()
            items += body["items"]
            if page * body["pageSize"] >= body["totalCount"]:
                assert len(items) == body["totalCount"]
                return items

    async def table(self, path: str, **parameters: Any) -> list[dict[str, str]]:
        response = await self.cursor(f"{path}.csv", **parameters)
        assert response.headers["content-type"] == "text/csv; charset=utf-8"
        return list(csv.DictReader(io.StringIO(response.text, newline="")))

    async def rows(self, path: str, start: float, end: float) -> list[dict[str, Any]]:
        parameters = {"min_timestamp": stamp(start), "max_timestamp": stamp(end), "per_page": 7}
        response = await self.github(f"{INSIGHTS}/{path}", **parameters)
        rows: list[dict[str, Any]] = response.json()
        while "next" in response.links:
            response = await self.github(response.links["next"]["url"])
            rows += response.json()
        return rows

    async def one(self, path: str, start: float, end: float, **more: Any) -> Any:
        parameters = {"min_timestamp": stamp(start), "max_timestamp": stamp(end), **more}
        response = await self.github(f"{INSIGHTS}/{path}", **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    async def truth(self, **parameters: Any) -> Totals:
        response = await self.http.get("/_simulator/truth", params=parameters)
        assert response.status_code == 200, response.text
        return Counter(
            {
                (metric["name"], *metric["labels"].values()): metric["value"]
                for metric in response.json()["metrics"]
            }
        )


def stamp(moment: float) -> str:
    """As GitHub wants it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def named(totals: Totals, prefix: str) -> Totals:
    """The totals of the families whose names begin with `prefix`."""
    return Counter({key: value for key, value in totals.items() if key[0].startswith(prefix)})
