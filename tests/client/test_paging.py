"""Each way of paging reads every row once and ends."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.client import Request
from exporter.client.errors import SchemaError
from exporter.client.paging import (
    MOST_EMPTY,
    BodyFlag,
    Chained,
    LinkHeader,
    Offset,
    PageNumber,
    Paging,
    next_link,
)
from tests.client.support import BASE, LIST, Setup, answer

ROWS = list(range(7))


def rows(body: bytes) -> tuple[list[int], int]:
    found: list[int] = json.loads(body)
    return found, len(found)


def envelope(body: bytes) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = json.loads(body)
    return found, len(found["rows"])


async def read(
    setup: Setup, paging: Paging[list[int]], request: Request | None = None
) -> list[int]:
    pages = setup.client.pages(request or Request(LIST, query={"q": "a b"}), paging, rows)
    return [row async for page in pages for row in page]


def numbered(request: httpx.Request) -> httpx.Response:
    page, size = int(request.url.params["page"]), int(request.url.params["per_page"])
    assert request.url.params["q"] == "a b"
    return answer(ROWS[(page - 1) * size : page * size])


@pytest.mark.parametrize(("size", "requests"), [(3, 3), (7, 2), (10, 1)])
async def test_page_numbers_end_at_a_short_page(size: int, requests: int) -> None:
    """A last page that is exactly full costs one more request."""
    setup = Setup(numbered)
    assert await read(setup, PageNumber(size=size)) == ROWS
    assert len(setup.vendor.requests) == requests


async def test_page_numbers_may_live_in_a_json_body() -> None:
    """An API that takes its parameters by POST is paged the same way."""

    def handler(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        assert asked["team"] == 1
        start = asked["page"] * asked["pageSize"]
        return answer(ROWS[start : start + asked["pageSize"]])

    setup = Setup(handler)
    paging = PageNumber("page", "pageSize", 4, first_page=0)
    request = Request(LIST, method="POST", json={"team": 1})
    assert await read(setup, paging, request) == ROWS


@pytest.mark.parametrize(
    "next_offset",
    [None, lambda page: page[-1] + 1 if page and page[-1] < ROWS[-1] else None],
)
async def test_offsets_move_by_rows_or_as_the_page_says(
    next_offset: Callable[[list[int]], int | None] | None,
) -> None:
    """Both rules read all rows."""

    def handler(request: httpx.Request) -> httpx.Response:
        start, size = int(request.url.params["offset"]), int(request.url.params["limit"])
        return answer(ROWS[start : start + size])

    assert await read(Setup(handler), Offset(next_offset, size=3)) == ROWS


async def test_an_offset_that_stands_still_is_a_schema_error() -> None:
    """It would read the same rows for ever."""
    with pytest.raises(SchemaError, match="next offset 0 is not beyond"):
        await read(Setup(answer(ROWS)), Offset(lambda page: 0, size=3))


async def test_a_flag_in_the_body_decides() -> None:
    """Pages may be short, or empty, as long as the flag says that more follow."""
    bodies = [{"rows": [1], "more": True}, {"rows": [], "more": True}, {"rows": [2], "more": False}]
    setup = Setup(*[answer(body) for body in bodies])
    paging: BodyFlag[dict[str, Any]] = BodyFlag(more=lambda page: page["more"], size=10)
    pages = setup.client.pages(Request(LIST), paging, envelope)
    assert [page["rows"] async for page in pages] == [[1], [], [2]]
    assert [r.url.params["page"] for r in setup.vendor.requests] == ["1", "2", "3"]


async def test_a_token_leads_from_page_to_page() -> None:
    """The last page names none; a parameter with several values is repeated on every page."""

    def pages(request: httpx.Request) -> httpx.Response:
        assert request.url.params.get_list("group_by[]") == ["model", "workspace_id"]
        start = int(request.url.params.get("page", "0"))
        size = int(request.url.params["limit"])
        following = str(start + size) if start + size < len(ROWS) else None
        return answer({"rows": ROWS[start : start + size], "next": following})

    setup = Setup(pages)
    chained: Chained[dict[str, Any]] = Chained(
        following=lambda page: page["next"], param="page", size=3
    )
    request = Request(LIST, query={"group_by[]": ("model", "workspace_id")})
    found = [page["rows"] async for page in setup.client.pages(request, chained, envelope)]
    assert found == [[0, 1, 2], [3, 4, 5], [6]]


async def test_link_headers_are_followed_as_given() -> None:
    """The next URL keeps its own parameters, and the credential, on the vendor's own host."""
    setup = Setup(
        answer([1], link=f'<{BASE}/x?a=1>; rel="last", <{BASE}/list?after=a%2Cb>; rel="next"'),
        answer([2], link='</list?after=c>; title="x,y"; rel=next'),
        answer([3], link=f'<{BASE}/list>; rel="prev"'),
    )
    assert await read(setup, LinkHeader(size=50)) == [1, 2, 3]
    urls = [str(r.url) for r in setup.vendor.requests]
    assert urls[0] == f"{BASE}/list?q=a%20b&per_page=50"
    assert urls[1:] == [f"{BASE}/list?after=a%2Cb", f"{BASE}/list?after=c"]
    assert all("authorization" in r.headers for r in setup.vendor.requests)


@pytest.mark.parametrize(
    "link",
    [
        "https://api.vendor.example/list?after=b",
        "https://api.vendor.example/organizations/7/list?after=b",
        "http://api.example.com/list?after=b",
    ],
)
async def test_links_that_a_gateway_left_as_they_were_lead_through_the_gateway(link: str) -> None:
    """The list is asked on at its own address, with the link's query; nothing goes to another host."""
    setup = Setup(answer([1], link=f'<{link}>; rel="next"'), answer([2]))
    assert await read(setup, LinkHeader(size=1)) == [1, 2]
    assert str(setup.vendor.requests[1].url) == f"{BASE}/list?after=b"
    assert {request.url.host for request in setup.vendor.requests} == {"api.example.com"}


async def test_a_link_to_another_host_that_has_no_query_is_refused() -> None:
    """The credential would go there; what a gateway would have to do is told."""
    setup = Setup(answer([1], link='<https://evil.example.net/list/s3cret-page>; rel="next"'))
    with pytest.raises(SchemaError, match=r"another host \(evil.example.net\).*gateway") as caught:
        await read(setup, LinkHeader())
    assert "s3cret-page" not in str(caught.value)
    assert len(setup.vendor.requests) == 1


async def test_without_any_link_header_the_pages_can_be_counted() -> None:
    """The fall-back of GitHub's API Insights: page numbers until a short page."""
    setup = Setup(answer([1, 2]), answer([3, 4]), answer([5]))
    assert await read(setup, LinkHeader(size=2, page_param="page")) == [1, 2, 3, 4, 5]
    assert [r.url.params.get("page") for r in setup.vendor.requests] == [None, "2", "3"]


async def test_without_link_header_and_fall_back_one_page_is_all() -> None:
    """GitHub sends no Link with a single page."""
    assert await read(Setup(answer([1, 2])), LinkHeader(size=2)) == [1, 2]


@given(st.text())
def test_no_link_header_breaks_the_parser(text: str) -> None:
    """Whatever it holds, there is a next URL or there is none."""
    assert next_link(f'<u>; rel="next", {text}') == "u"
    found = next_link(text)
    assert found is None or found in text


@pytest.mark.parametrize("cycle", [1, 2])
async def test_a_page_that_repeats_is_a_schema_error(cycle: int) -> None:
    """A vendor that ignores the page parameter, or goes in circles, must not be counted twice."""
    bodies = [answer([n, n]) for n in range(cycle)]
    setup = Setup(*bodies, answer([0, 0]))
    pages = setup.client.pages(Request(LIST), PageNumber(size=2), rows)
    assert [await anext(pages) for _ in range(cycle)] == [[n, n] for n in range(cycle)]
    with pytest.raises(SchemaError, match=f"page {cycle + 1} repeats page 1"):
        await anext(pages)


async def test_too_many_pages_are_a_schema_error() -> None:
    """A list without end is cut off."""
    numbers = iter(range(100))
    setup = Setup(lambda request: answer([next(numbers)]))
    with pytest.raises(SchemaError, match="GET /list: more than 3 pages"):
        async for _ in setup.client.pages(Request(LIST), PageNumber(size=1), rows, max_pages=3):
            pass
    assert len(setup.vendor.requests) == 3


async def test_a_list_goes_on_over_some_empty_pages_and_not_for_ever() -> None:
    """A vendor may leave rows out after cutting the pages; one that only promises more has no end."""
    link = {"link": f'<{BASE}/list>; rel="next"'}
    gap = Setup(*[answer([], **link)] * MOST_EMPTY, answer([1]))
    assert await read(gap, LinkHeader(), Request(LIST)) == [1]
    without_end = Setup(lambda request: answer([], **link))
    with pytest.raises(SchemaError, match=f"last {MOST_EMPTY + 1} pages are empty.*has no end"):
        await read(without_end, LinkHeader(), Request(LIST))
    assert len(without_end.vendor.requests) == MOST_EMPTY + 1


async def test_a_large_page_is_decoded_too() -> None:
    """Large bodies are decoded in a thread, with the same result and the same errors."""
    many = list(range(100_000))
    assert await read(Setup(answer(many)), PageNumber(size=200_000), Request(LIST)) == many
