"""What GitHub grants the credential, with the headers that repeat it."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Place, Route, answer


def allowances(body: Any, _: Asked) -> httpx.Response:
    """The fixture, with the headers that GitHub gives every answer: those of the resource `core`."""
    core = body["resources"].get("core", {})
    headers = {f"x-ratelimit-{name}": str(value) for name, value in core.items()}
    return answer(body, **headers)


CASE = Case(
    vendor="github",
    stream="rate_limit",
    now="2026-01-06T10:30:00Z",
    target={"org": "acme"},
    routes=(Route("/rate_limit", "rate_limit", allowances, etag=False),),
    required=Place("rate_limit", ("resources", "core", "limit")),
    counted=None,
    empty={"rate_limit": {"resources": {}}},
)
