"""The exporter asks GitHub as GitHub describes it, and the simulator answers so."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.preflight.doctor.finding import Level
from exporter.simulator.github.rest import GitHubOptions
from exporter.streams.payload import decode, drift
from exporter.vendors.github import app_auth
from tests.keys import rsa_pem
from tests.streams.harness import Case
from tests.vendors.github_openapi.conversations import (
    GITHUB_CASES,
    SCOPES,
    Conversation,
    Exchange,
    applies,
    asked_of_fixtures,
    said_by_doctor,
    said_by_stream,
)
from tests.vendors.github_openapi.description import Differences, description
from tests.vendors.github_openapi.differences import IN_ANSWERS

APP = {
    "GET /orgs/{org}/installation": app_auth._Installation,
    "GET /enterprises/{enterprise}/installation": app_auth._Installation,
    "POST /app/installations/{installation_id}/access_tokens": app_auth._Token,
}
"""As what an App's credential reads the answers to its own requests."""

every_conversation = pytest.mark.parametrize(
    ("case", "scope"),
    [
        pytest.param(case, scope, id=f"{case.stream}-{scope}")
        for case in GITHUB_CASES
        for scope in SCOPES
        if applies(case.stream, scope)
    ],
)
both_scopes = pytest.mark.parametrize("scope", SCOPES)

_heard: dict[tuple[str, str], Conversation] = {}


async def heard(case: Case, scope: str, directory: Path) -> Conversation:
    """The conversation of a stream, held once for all tests."""
    key = (case.stream, scope)
    if key not in _heard:
        _heard[key] = await said_by_stream(case, scope, directory)
    return _heard[key]


@pytest.fixture(scope="module")
def key() -> str:
    return rsa_pem()


@pytest.mark.parametrize("case", GITHUB_CASES, ids=lambda case: case.stream)
async def test_a_stream_asks_as_described(case: Case, tmp_path: Path) -> None:
    """Every request under contract, page after page."""
    requests = await asked_of_fixtures(case, tmp_path)
    assert requests
    assert not _of_requests(requests)


@every_conversation
async def test_a_stream_and_the_simulator_speak_as_described(
    case: Case, scope: str, tmp_path: Path
) -> None:
    """Every request, and every answer but where GitHub itself differs."""
    said, _ = await heard(case, scope, tmp_path)
    assert said
    assert not _of_requests(one.request for one in said)
    asked = {description().name(one.request) for one in said}
    known = {what for what in IN_ANSWERS if what.partition(": ")[0] in asked}
    assert _of_answers(said).keys() == known


@every_conversation
async def test_a_stream_reads_the_examples(case: Case, scope: str, tmp_path: Path) -> None:
    """GitHub's own answers to what it asks fit its records, and have no field that is unknown."""
    said, read = await heard(case, scope, tmp_path)
    asked = {str(description().name(one.request)) for one in said}
    for operation in asked:
        for example in description().examples(operation):
            kind, known = read[operation]
            decode(example.content, kind, operation)
            assert not drift(example.content, known)


@pytest.mark.parametrize(("operation", "kind"), APP.items())
def test_an_app_reads_the_examples(operation: str, kind: Any) -> None:
    """What is not of the App's own records is not read, so it is no drift."""
    examples = description().examples(operation)
    assert examples
    for example in examples:
        decode(example.content, kind, operation)


@both_scopes
async def test_probes_are_as_described(scope: str, tmp_path: Path) -> None:
    """What the doctor asks of every stream is answered."""
    said, findings = await said_by_doctor(scope, tmp_path)
    assert {one.level for one in findings} == {Level.OK}
    _as_described(said)


@both_scopes
async def test_an_app_asks_for_its_token_as_described(scope: str, key: str, tmp_path: Path) -> None:
    """For its installation first, then for a token of it."""
    path = tmp_path / "app.pem"
    path.write_text(key, encoding="utf-8")
    app = {"client_id": GitHubOptions().app_client_id, "private_key_file": str(path)}
    said, findings = await said_by_doctor(scope, tmp_path, auth={"app": app})
    assert {one.level for one in findings} == {Level.OK}
    _as_described(said)
    asked = {description().name(one.request) for one in said}
    assert len(asked & APP.keys()) == 2


@both_scopes
@pytest.mark.parametrize(
    ("status", "wrong"),
    [
        (401, {"token": "nobody's"}),
        (403, {"token": GitHubOptions().forbidden_token}),
        (404, {"account": "nobody"}),
    ],
    ids=["401", "403", "404"],
)
async def test_the_simulator_refuses_as_described(
    status: int, wrong: dict[str, str], scope: str, tmp_path: Path
) -> None:
    """Where GitHub describes the body of a refusal, it is that."""
    said, _ = await said_by_doctor(scope, tmp_path, **wrong)
    assert status in {one.response.status_code for one in said}
    _as_described(said)


def _as_described(said: Iterable[Exchange]) -> None:
    assert not _of_requests(one.request for one in said)
    assert not _of_answers(said).keys() - IN_ANSWERS.keys()


def _of_requests(requests: Iterable[httpx.Request]) -> Differences:
    differences: Differences = {}
    # Looking at one takes longer than sending it, and polls repeat themselves.
    distinct = {(one.method, one.url, one.content): one for one in requests}
    for one in distinct.values():
        differences |= description().of_request(one)
    return differences


def _of_answers(said: Iterable[Exchange]) -> Differences:
    differences: Differences = {}
    for one in said:
        differences |= description().of_answer(*one)
    return differences
