"""Rows of AI code tracking, and cases of which one answer is another."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.streams.harness import Case, Pipeline, Route
from tests.streams.views import csv_answer

NOON = "2026-01-05T12:00:00.000Z"


def commit(hash_: str, **more: Any) -> dict[str, Any]:
    """A commit of ten Tab lines; None for a field leaves it out."""
    row = {
        "commitHash": hash_,
        "userId": "user_1",
        "userEmail": "dev@example.com",
        "repoName": "example/api",
        "branchName": "main",
        "isPrimaryBranch": True,
        "totalLinesAdded": 15,
        "totalLinesDeleted": 4,
        "tabLinesAdded": 10,
        "tabLinesDeleted": 1,
        "composerLinesAdded": 2,
        "composerLinesDeleted": 1,
        "nonAiLinesAdded": 3,
        "nonAiLinesDeleted": 2,
        "message": "words",
        "commitTs": NOON,
        "createdAt": NOON,
    }
    return row | more


def change(id_: str, **more: Any) -> dict[str, Any]:
    """A change of Tab in one Python file."""
    row = {
        "changeId": id_,
        "userId": "user_1",
        "userEmail": "dev@example.com",
        "source": "TAB",
        "model": None,
        "totalLinesAdded": 8,
        "totalLinesDeleted": 2,
        "createdAt": NOON,
        "metadata": [{"fileExtension": "py", "linesAdded": 8, "linesDeleted": 2}],
    }
    return row | more


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def fill(run: Pipeline, *rows: dict[str, Any]) -> None:
    """Let the vendor have these rows only."""
    [body] = [body for body in run.vendor.bodies.values() if isinstance(body, dict)]
    body["items"] = list(rows)


def swapped(case: Case, path: str, view: Callable[[Any, Any], httpx.Response]) -> Case:
    """The case with another answer at the paths with this end."""
    routes = [
        Route(route.path, route.fixture, view, etag=False) if route.path.endswith(path) else route
        for route in case.routes
    ]
    return Case(**{**vars(case), "routes": routes})


def csv_case(case: Case, text: str) -> Case:
    """The case with this text as its CSV."""
    return swapped(case, ".csv", lambda body, asked: csv_answer(text))


def counted_commits(run: Pipeline) -> float:
    return sum(run.values("cursor_commits_total").values())
