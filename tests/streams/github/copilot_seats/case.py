"""The Copilot seats of an organization, in pages."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Place, Route, answer
from tests.streams.views import linked_page, plain

PEOPLE = ("octo-jane", "octo-max", "octo-ann", "octo-tim", "octo-eve", "jane.octo@example.com")


def seat_page(body: Any, asked: Asked) -> httpx.Response:
    """A page of the seats, chained to the next by a Link header."""
    seats = body.get("seats")
    if not isinstance(seats, list):
        return answer(body)
    return linked_page(seats, asked, lambda shown: {**body, "seats": shown})


CASE = Case(
    vendor="github",
    stream="copilot_seats",
    now="2026-01-06T10:30:00Z",
    target={"org": "acme"},
    routes=(
        Route("/orgs/acme/copilot/billing", "billing", plain),
        Route("/orgs/acme/copilot/billing/seats", "seats", seat_page, etag=False),
        Route("/enterprises/acme/copilot/billing/seats", "seats", seat_page, etag=False),
    ),
    parts={"the breakdown of seats": "/orgs/acme/copilot/billing"},
    required=Place("seats", ("seats",)),
    counted=None,
    whole=False,
    empty={"billing": {}, "seats": {"seats": []}},
    people=PEOPLE,
    paged="/orgs/acme/copilot/billing/seats",
)
