"""A GitHub App's token is asked for once, before the streams, and its refusals are its own."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.preflight.doctor.finding import Check, Finding, Level
from tests.doctor.world import asked, of_check, target
from tests.keys import rsa_pem

ANSWERS: dict[str, Any] = {
    "summary-stats": {"total_request_count": 0, "rate_limited_request_count": 0},
    "organization-1-day": {"download_links": []},
    "seats": {"seats": []},
    "summary": {"usageItems": []},
    "rate_limit": {"resources": {}},
}
"""The least that each stream's endpoint answers."""


@pytest.fixture(scope="module")
def key() -> str:
    return rsa_pem()


async def found(directory: Path, key: str, handler: Any) -> list[Finding]:
    path = directory / "app.pem"
    path.write_text(key, encoding="utf-8")
    app = {"client_id": "Iv1", "private_key_file": str(path), "installation_id": 7}
    return await asked(target("github", directory, "", auth={"app": app}), handler)


async def test_one_token_serves_all_streams(tmp_path: Path, key: str) -> None:
    """The token is fetched once; every stream is asked for with it."""
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        if request.method == "POST":
            return httpx.Response(
                201, json={"token": "ghs_of-the-app", "expires_at": "2099-01-01T00:00:00Z"}
            )
        assert request.headers["authorization"] == "Bearer ghs_of-the-app"
        return httpx.Response(200, json=ANSWERS[request.url.path.rpartition("/")[-1]])

    findings = await found(tmp_path, key, answer)
    assert {one.level for one in findings} == {Level.OK}, findings
    assert sum(path.endswith("/access_tokens") for path in paths) == 1


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "the machine's clock must be right within a minute"),
        (403, "suspension"),
        (404, "install the App in the account"),
    ],
)
async def test_a_refused_app_is_told_once_and_no_stream_is_asked_for(
    status: int, says: str, tmp_path: Path, key: str
) -> None:
    """Key, suspension, installation: with the document on installation tokens."""
    paths: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(status, json={"message": "no"})

    findings = await found(tmp_path, key, answer)
    credential = of_check(findings, Check.CREDENTIAL)
    assert says in str(credential.remedy)
    assert "installation-access-token" in str(credential.document)
    assert {one.level for one in findings if one.check is Check.STREAM} == {Level.SKIP}
    assert len(paths) == 1


async def test_a_broken_key_file_is_told_without_a_request(tmp_path: Path) -> None:
    """The message names the PEM file, and the remedy is about it: GitHub was not asked."""
    findings = await found(tmp_path, "not a key", lambda _: httpx.Response(500))
    credential = of_check(findings, Check.CREDENTIAL)
    assert (credential.level, credential.document) == (Level.FAIL, None)
    assert "app.pem is not an RSA private key" in credential.message
    assert "save the file as it is" in str(credential.remedy)
