"""The Copilot seats of an organization, in pages."""

from typing import Any

import httpx

from tests.streams.harness import Asked, Case, Place, Route, answer

PEOPLE = ("octo-jane", "octo-max", "octo-ann", "octo-tim", "octo-eve", "jane.octo@example.com")


def seat_page(body: Any, asked: Asked) -> httpx.Response:
    """A page of the seats, chained to the next by a Link header."""
    seats = body.get("seats")
    if not isinstance(seats, list):
        return answer(body)
    size = min(int(asked.query.get("per_page", "50")), asked.most)
    page = int(asked.query.get("page", "1"))
    shown = {**body, "seats": seats[(page - 1) * size : page * size]}
    if page * size >= len(seats):
        return answer(shown)
    following = asked.url.copy_set_param("page", str(page + 1))
    return answer(shown, link=f'<{following}>; rel="next"')


def as_it_is(body: Any, _: Asked) -> httpx.Response:
    """The fixture itself."""
    return answer(body)


CASE = Case(
    vendor="github",
    stream="copilot_seats",
    now="2026-01-06T10:30:00Z",
    target={"org": "acme"},
    routes=(
        Route("/orgs/acme/copilot/billing", "billing", as_it_is),
        Route("/orgs/acme/copilot/billing/seats", "seats", seat_page, etag=False),
        Route("/enterprises/acme/copilot/billing/seats", "seats", seat_page, etag=False),
    ),
    required=Place("billing", ("seat_breakdown", "total")),
    counted=None,
    empty={"billing": {}, "seats": {"seats": []}},
    people=PEOPLE,
    paged="/orgs/acme/copilot/billing/seats",
)
