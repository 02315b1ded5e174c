"""What the comparison with GitHub's description sees, and where GitHub's examples differ from it."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.vendors.github_openapi.description import HOST, description
from tests.vendors.github_openapi.differences import IN_EXAMPLES

_VALUES = {"actor_type": "installation", "actor_id": "1", "installation_id": "1"}
_UUID = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
INSIGHTS, SEATS = "/orgs/acme/insights/api", "/orgs/acme/copilot/billing/seats"
REPORTS, BILL = "/enterprises/acme/copilot/metrics/reports", "/organizations/acme/settings/billing"
EXPORTS = "/enterprises/acme/settings/billing/reports"
SINCE = "min_timestamp=2026-01-05T00:00:00Z"


def request_of(operation: str, **body: Any) -> httpx.Request:
    """A request that calls an operation."""
    method, path = operation.split(" ")
    filled = re.sub(r"\{(\w+)\}", lambda name: _VALUES.get(name[1], _UUID), path)
    return httpx.Request(method, HOST + filled, json=body or None)


@pytest.mark.parametrize("operation", description().operations)
def test_the_examples_are_as_described(operation: str) -> None:
    """But where GitHub's own are known to differ: no more, and no less."""
    request = request_of(operation)
    assert description().name(request) == operation
    found: set[str] = set()
    for example in description().examples(operation):
        found |= description().of_answer(request, example).keys()
    assert found == {what for what in IN_EXAMPLES if what.startswith(f"{operation}: ")}


@pytest.mark.parametrize(
    ("asked", "difference"),
    [
        ("GET /orgs/acme/insights/stats", "is not described"),
        ("PUT /orgs/acme/copilot/billing", "is not described"),
        (f"GET {SEATS}?per_page=101", "'per_page': maximum"),
        (f"GET {SEATS}?per_page=0", "'per_page': minimum"),
        (f"GET {SEATS}?page=two", "page"),
        (f"GET {SEATS}?pageSize=100", "no parameter 'pageSize'"),
        ("GET /orgs/acme/copilot/usage?per_page=29", "'per_page': maximum"),
        (f"GET {BILL}/usage?year=2026&month=13", "'month': maximum"),
        (f"GET {BILL}/usage?year=2026&month=1&day=0", "'day': minimum"),
        (f"GET {BILL}/usage?hour=1", "no parameter 'hour'"),
        (f"GET {BILL}/budgets?scope=team", "'scope': enum"),
        (f"GET {REPORTS}/users-1-day", "Missing required query parameter: day"),
        (f"GET {REPORTS}/users-1-day?day=05.01.2026", "'day': format"),
        (f"GET {INSIGHTS}/subject-stats", "Missing required query parameter: min_timestamp"),
        (f"GET {INSIGHTS}/subject-stats?min_timestamp=2026-01-05", "'min_timestamp': pattern"),
        (f"GET {INSIGHTS}/subject-stats?{SINCE}&direction=down", "'direction': enum"),
        (f"GET {INSIGHTS}/subject-stats?{SINCE}&sort=api_route", "'sort': enum"),
        (f"GET {INSIGHTS}/route-stats/installations/1?{SINCE}", "'actor_type': enum"),
        (f"GET {EXPORTS}/7", "'report_id': format"),
    ],
)
def test_a_wrong_request_is_seen(asked: str, difference: str) -> None:
    """By what is wrong with it, and by nothing else."""
    method, path = asked.split(" ")
    [found] = description().of_request(httpx.Request(method, HOST + path))
    assert difference in found


@pytest.mark.parametrize(
    ("body", "difference"),
    [
        ({"report_type": "weekly", "start_date": "2026-01-05"}, "$.report_type: enum"),
        ({"report_type": "detailed"}, "'start_date' is a required property"),
        ({"report_type": "detailed", "start_date": "5 January"}, "$.start_date: format"),
    ],
)
def test_a_wrong_body_is_seen(body: dict[str, Any], difference: str) -> None:
    """What is posted is compared as well."""
    [found] = description().of_request(request_of(f"POST {EXPORTS}", **body))
    assert difference in found


def _without(field: str) -> Callable[[Any], Any]:
    return lambda body: {name: value for name, value in body.items() if name != field}


def _with(**fields: Any) -> Callable[[Any], Any]:
    return lambda body: body | fields


@pytest.mark.parametrize(
    ("operation", "breaks", "difference"),
    [
        ("GET /rate_limit", _without("resources"), "'resources' is a required property"),
        ("GET /rate_limit", _with(plan="team"), "'plan' was unexpected"),
        ("GET /orgs/{org}/copilot/billing", _with(plan_type=7), "$.plan_type: type"),
        ("GET /orgs/{org}/copilot/billing", _with(seat_breakdown=None), "$.seat_breakdown: type"),
        ("GET /orgs/{org}/copilot/billing/seats", _with(seats=[{}]), "'created_at' is a required"),
        ("GET /orgs/{org}/insights/api/time-stats", lambda rows: rows[0], "$: type"),
    ],
)
def test_a_wrong_answer_is_seen(
    operation: str, breaks: Callable[[Any], Any], difference: str
) -> None:
    """GitHub's own example, with one thing that is not as described."""
    [example] = description().examples(operation)
    broken = httpx.Response(example.status_code, json=breaks(example.json()))
    found = description().of_answer(request_of(operation), broken)
    assert any(difference in one for one in found)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="soon back", headers={"content-type": "application/json"}),
        httpx.Response(200, text="<p>soon back", headers={"content-type": "text/html"}),
        httpx.Response(202, json={}),
        httpx.Response(404, json=["Not Found"]),
    ],
    ids=["no JSON", "HTML", "another status", "another error"],
)
def test_an_answer_of_another_kind_is_seen(answer: httpx.Response) -> None:
    """A good status that GitHub does not describe, or a body of another kind."""
    assert description().of_answer(request_of("GET /orgs/{org}/copilot/billing"), answer)


def test_an_error_that_is_not_described_says_nothing() -> None:
    """Of many operations GitHub describes no error at all."""
    request = request_of("GET /orgs/{org}/insights/api/summary-stats")
    refused = httpx.Response(403, text=json.dumps({"message": "Forbidden"}))
    assert not description().of_answer(request, refused)
