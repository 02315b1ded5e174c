"""The simulated GitHub App: its statement is checked, its tokens are good for an hour."""

from collections.abc import Mapping
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from exporter.simulator.github.rest import GitHubOptions
from tests.simulator.support import Reader, Wall, simulator

HOUR = 3_600
CLIENT = GitHubOptions().app_client_id
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


class App:
    """A script that is an App; the simulator's wall clock is its own."""

    def __init__(self) -> None:
        self.wall = Wall()
        options = GitHubOptions(app_public_key=PUBLIC.decode())
        self.reader = Reader(simulator(github=options, wall=self.wall))

    async def ask(
        self, path: str, method: str = "GET", key: rsa.RSAPrivateKey = KEY, **claims: Any
    ) -> httpx.Response:
        """Ask as the App, with some claims changed."""
        now = int(self.wall.now)
        stated: Mapping[str, Any] = {"iat": now - 60, "exp": now + 540, "iss": CLIENT, **claims}
        token = jwt.encode(dict(stated), key, algorithm="RS256")
        headers = {"Authorization": f"Bearer {token}"}
        return await self.reader.http.request(method, f"/github{path}", headers=headers)

    async def status(self, token: str) -> int:
        """What GitHub makes of a token."""
        headers = {"Authorization": f"Bearer {token}"}
        path = "/github/orgs/acme/copilot/billing"
        return (await self.reader.http.get(path, headers=headers)).status_code


async def test_an_installation_gets_tokens_of_an_hour() -> None:
    """Found by organization, enterprise or list; a long token, good until it ends or is revoked."""
    app = App()
    paths = ("/orgs/acme/installation", "/enterprises/acme/installation")
    found = [(await app.ask(path)).json()["id"] for path in paths]
    [listed] = (await app.ask("/app/installations")).json()
    assert found == [listed["id"]] * 2
    given = await app.ask(f"/app/installations/{found[0]}/access_tokens", "POST")
    assert given.status_code == 201
    token = given.json()["token"]
    assert token.startswith("ghs_")
    assert len(token) > 400
    assert await app.status(token) == 200
    app.wall.now += HOUR
    assert await app.status(token) == 401


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/orgs/umbrella/installation", "GET"),
        ("/enterprises/umbrella/installation", "GET"),
        ("/app/installations/1/access_tokens", "POST"),
    ],
)
async def test_what_is_not_installed_is_not_found(path: str, method: str) -> None:
    """404, as for anything that the App may not see."""
    assert (await App().ask(path, method)).status_code == 404


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"iss": "somebody"}, 404),
        ({"iat": 2_000_000}, 401),
        ({"exp": 1_000_601}, 401),
        ({"exp": 999_999}, 401),
        ({}, 200),
    ],
    ids=["issuer", "issued later", "too long", "ended", "good"],
)
async def test_the_statement_is_checked(claims: dict[str, Any], status: int) -> None:
    """Who it is from and how long it holds."""
    assert (await App().ask("/app/installations", **claims)).status_code == status


async def test_the_signature_is_checked() -> None:
    """Another key, or no statement at all, is refused."""
    app = App()
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert (await app.ask("/app/installations", key=other)).status_code == 401
    assert (await app.reader.github("/github/app/installations")).status_code == 401
