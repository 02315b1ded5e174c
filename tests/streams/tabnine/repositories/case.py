"""The repositories of teams."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Place, Route, answer
from tests.streams.tabnine.routes import TEAMS


def of_team(body: Any, asked: Asked) -> httpx.Response:
    """The fixture as it stands, or what it holds for the team in the path."""
    return answer(body if isinstance(body, list) else body.get(asked.tail.partition("/")[0], []))


CASE = Case(
    vendor="tabnine",
    stream="repositories",
    now="2026-01-07T12:00:00Z",
    routes=(TEAMS, Route("/api/team/v1/", "repositories", of_team)),
    required=Place("repositories", (0, "repository_link")),
    counted=None,
    whole=False,
    empty={"repositories": []},
    members=("/api/team/v1/",),
)
