"""GitHub's credentials: tokens, an App's key and its tokens, and where the API is."""

import asyncio
import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from exporter.client.client import Client, Endpoint, Request
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    RateLimitedError,
    SchemaError,
    UnauthorizedError,
    UnavailableError,
)
from exporter.config.blocks import vendor_of
from exporter.config.file import parse
from exporter.config.text import ConfigError
from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from exporter.vendors.base import enabled_streams, limits_of
from exporter.vendors.github.vendor import GROUP
from tests.client.support import Watch
from tests.clock import ManualClock
from tests.simulator.support import simulator

START = 1_767_600_000.0
HOUR = 3_600
TOKENS = "/app/installations/77/access_tokens"
THINGS = Endpoint("/orgs/{org}/things", GROUP)
ASK = Request(THINGS, {"org": "acme"})


def pem(key: PrivateKeyTypes, password: bytes | None = None) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    ).decode()


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def key_file(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> Path:
    path = tmp_path / "app.pem"
    path.write_text(pem(rsa_key), encoding="utf-8")
    return path


class GitHub:
    """Hands out tokens that are good for `lifetime`, and takes only the newest."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.lifetime = HOUR
        self.issued = 0
        self.installation: int | None = 77
        self.token: Callable[[int], str] = lambda number: f"ghs_token{number}"
        self.refuse: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        refused = self.refuse(request)
        if refused is not None:
            return refused
        path = request.url.path
        if path.endswith("/access_tokens"):
            if path != f"/app/installations/{self.installation}/access_tokens":
                return httpx.Response(404, json={"message": "Not Found"})
            self.issued += 1
            ends = self.clock.time() + self.lifetime
            content = {"token": self.token(self.issued), "expires_at": stamp(ends)}
            return httpx.Response(201, json=content)
        if path.endswith("/installation"):
            if self.installation is None:
                return httpx.Response(404, json={"message": "Not Found"})
            return httpx.Response(200, json={"id": self.installation, "app_id": 1})
        good = request.headers["authorization"] == f"Bearer {self.token(self.issued)}"
        return httpx.Response(200 if good else 401, json={"message": "Bad credentials"})

    def asked(self, path: str) -> int:
        return sum(request.url.path == path for request in self.requests)


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def save(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def remove(path: Path) -> None:
    path.unlink()


class Rig:
    """A configured target's client on a fake GitHub."""

    def __init__(
        self,
        auth: dict[str, Any],
        transport: httpx.AsyncBaseTransport | None = None,
        clock: ManualClock | None = None,
        **target: Any,
    ) -> None:
        scope = {} if "enterprise" in target else {"org": "acme"}
        text = {"vendor": "github", "account": "acme", "auth": auth, **scope, **target}
        [self.target] = parse(json.dumps({"targets": [text]}), "c.yaml").targets
        vendor = vendor_of(self.target)
        self.clock = clock or ManualClock(START)
        self.github = GitHub(self.clock)
        self.watch = Watch()
        bare = Client(
            vendor.settings(self.target),
            None,
            limits_of(vendor, self.target),
            self.watch,
            self.clock,
            Random(7),
            transport or httpx.MockTransport(self.github),
        )
        self.client = bare.authorized(vendor.credential(self.target, bare))

    async def ask(self, after: float = 0) -> str:
        """Ask for something; the credential that GitHub saw at last."""
        self.clock.now += after
        await self.client.get(ASK)
        return str(self.github.requests[-1].headers["authorization"])


@pytest.fixture
def app(key_file: Path) -> dict[str, Any]:
    return {
        "app": {
            "client_id": "Iv23abc",
            "private_key_file": str(key_file),
            "installation_id": 77,
        }
    }


def found(app: dict[str, Any]) -> dict[str, Any]:
    """The same without the installation's id."""
    return {"app": {k: v for k, v in app["app"].items() if k != "installation_id"}}


def problems(auth: dict[str, Any], **more: Any) -> list[str]:
    target = {"vendor": "github", "account": "a", "org": "acme", "auth": auth, **more}
    with pytest.raises(ConfigError) as caught:
        parse(json.dumps({"targets": [target]}), "c.yaml")
    return [line for line in str(caught.value).splitlines() if "targets[0]" in line]


async def test_a_token_is_shown_as_bearer_and_the_version_is_pinned(tmp_path: Path) -> None:
    """A classic or fine-grained token from a file, the two headers that GitHub asks for."""
    file = tmp_path / "token"
    file.write_text("ghp_x\n", encoding="utf-8")
    rig = Rig({"token_file": str(file)})
    rig.github.refuse = lambda _: httpx.Response(200, json=[])
    assert await rig.ask() == "Bearer ghp_x"
    headers = rig.github.requests[0].headers
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"
    assert rig.github.asked(TOKENS) == 0


async def test_the_end_of_a_token_is_watched_and_that_of_an_apps_token_is_not(
    app: dict[str, Any], tmp_path: Path
) -> None:
    """An App's token ends within the hour and is renewed, which nobody need be warned of."""
    ends = {"github-authentication-token-expiration": "2027-01-01 00:00:00 UTC"}
    file = tmp_path / "token"
    file.write_text("ghp_x", encoding="utf-8")
    plain = Rig({"token_file": str(file)})
    plain.github.refuse = lambda _: httpx.Response(200, json=[], headers=ends)
    await plain.ask()
    assert plain.watch.ends == [datetime(2027, 1, 1, tzinfo=UTC).timestamp()]
    renewed = Rig(app)
    await renewed.ask()
    assert renewed.watch.ends == []


@pytest.mark.parametrize("written", ["2026-03-10", '"2026-03-10"'])
async def test_another_version_can_be_pinned_quoted_or_not(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """YAML takes a bare version for a date."""
    monkeypatch.setenv("TOKEN", "x")
    text = (
        "targets:\n  - {vendor: github, account: a, org: o, auth: {token_env: TOKEN}, "
        f"api_version: {written}}}\n"
    )
    [target] = parse(text, "c.yaml").targets
    headers = vendor_of(target).settings(target).headers
    assert headers["X-GitHub-Api-Version"] == "2026-03-10"


async def test_the_app_states_who_it_is_with_its_key(
    app: dict[str, Any], rsa_key: rsa.RSAPrivateKey
) -> None:
    """RS256, issued a minute ago, at most ten minutes long, by the client ID; then its token."""
    rig = Rig(app)
    assert await rig.ask() == "Bearer ghs_token1"
    post = rig.github.requests[0]
    assert (post.method, post.url.path) == ("POST", TOKENS)
    claims = jwt.decode(
        post.headers["authorization"].removeprefix("Bearer "),
        rsa_key.public_key(),
        algorithms=["RS256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {"iat": START - 60, "exp": START + 540, "iss": "Iv23abc"}
    assert post.headers["x-github-api-version"] == "2022-11-28"
    assert rig.watch.endpoints["/app/installations/{installation_id}/access_tokens"] == 1


def test_an_app_id_may_be_a_number(app: dict[str, Any]) -> None:
    """Its settings page shows one, and YAML reads it as one."""
    app["app"]["client_id"] = 178012
    assert Rig(app).target.auth.app.client_id == "178012"


async def test_a_token_serves_until_five_minutes_before_its_end(app: dict[str, Any]) -> None:
    """No request more than needed, none with a token that may end on the way."""
    rig = Rig(app)
    for after, number in ((0, 1), (HOUR - 301, 1), (1, 2), (HOUR - 301, 2), (1, 3)):
        assert await rig.ask(after) == f"Bearer ghs_token{number}"
    assert rig.github.asked(TOKENS) == 3


async def test_streams_that_need_a_token_at_once_share_one_fetch(app: dict[str, Any]) -> None:
    """Single flight, on the first use and on each renewal."""
    rig = Rig(app)
    for number in (1, 2):
        await asyncio.gather(*(rig.client.narrowed(None).get(ASK) for _ in range(9)))
        assert rig.github.issued == number
        rig.clock.now += HOUR


async def test_a_refused_token_is_fetched_anew_once(app: dict[str, Any]) -> None:
    """A token that GitHub ended early costs one request more, not the poll."""
    rig = Rig(app)
    await rig.ask()
    rig.github.issued += 1  # what was handed out is no longer the newest
    assert await rig.ask(after=120) == "Bearer ghs_token3"
    rig.github.refuse = lambda request: (
        None if request.method == "POST" else httpx.Response(401, json={"message": "no"})
    )
    requests = len(rig.github.requests)
    with pytest.raises(UnauthorizedError, match=r"/orgs/\{org\}/things answered 401"):
        await rig.ask(after=120)
    assert len(rig.github.requests) - requests == 3
    assert rig.github.asked(TOKENS) == 3


async def test_refusals_of_the_same_token_end_in_one_new_one(app: dict[str, Any]) -> None:
    """The second refusal finds a token that was just fetched, and is answered with it."""
    rig = Rig(app)
    await rig.ask()
    rig.github.issued += 1
    rig.clock.now += 120
    await asyncio.gather(*(rig.client.get(ASK) for _ in range(5)))
    assert rig.github.asked(TOKENS) == 2


async def test_a_plain_token_that_is_refused_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There is no other to be had."""
    monkeypatch.setenv("TOKEN", "x")
    rig = Rig({"token_env": "TOKEN"})
    with pytest.raises(UnauthorizedError):
        await rig.ask()
    assert len(rig.github.requests) == 1


async def test_a_wrong_clock_does_not_fetch_a_token_for_each_request(app: dict[str, Any]) -> None:
    """A token that seems to have ended is used for a minute; a clock set back fetches one more."""
    rig = Rig(app)
    rig.github.lifetime = -2 * HOUR
    for after, number in ((0, 1), (59, 1), (1, 2), (-HOUR, 3), (1, 3)):
        assert await rig.ask(after) == f"Bearer ghs_token{number}"


async def test_the_simulated_github_takes_what_the_app_states(
    app: dict[str, Any], rsa_key: rsa.RSAPrivateKey
) -> None:
    """An independent reader of the statement checks signature and claims, and its token works."""
    public = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    clock = ManualClock(START)
    options = GitHubOptions(app_client_id="Iv23abc", app_public_key=public.decode())
    github = Simulator(simulator().world, github=options, wall=clock.time)
    rig = Rig(found(app), httpx.ASGITransport(github), clock, base_url="http://sim/github")
    for _ in range(3):
        clock.now += HOUR
        seats = Request(Endpoint("/orgs/{org}/copilot/billing/seats", GROUP), {"org": "acme"})
        assert b"total_seats" in (await rig.client.get(seats)).body
    assert rig.watch.codes == ["200", "201", "200", "201", "200", "201", "200"]


async def test_a_long_token_is_a_token(app: dict[str, Any]) -> None:
    """Today's form holds a JWT: no length is assumed."""
    rig = Rig(app)
    rig.github.token = lambda number: f"ghs_178012_{'eyJhbGciOi.' * 400}{number}"
    assert len(await rig.ask()) > 4_000


@pytest.mark.parametrize("token", ["", "two words", "a\nb", "t\u00f6k"])
async def test_a_token_that_no_header_can_carry_is_a_schema_error(
    token: str, app: dict[str, Any]
) -> None:
    """And the message does not show it."""
    rig = Rig(app)
    rig.github.token = lambda _: token
    with pytest.raises(SchemaError, match="access_tokens: the token") as caught:
        await rig.ask()
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    ("scope", "path"),
    [({}, "/orgs/acme/installation"), ({"enterprise": "e1"}, "/enterprises/e1/installation")],
)
async def test_the_installation_is_found_by_scope_and_remembered(
    scope: dict[str, Any], path: str, app: dict[str, Any]
) -> None:
    """Asked for once; the next tokens go to the same."""
    rig = Rig(found(app), **scope)
    for _ in range(3):
        await rig.ask(after=HOUR)
    assert (rig.github.asked(path), rig.github.asked(TOKENS)) == (1, 3)


async def test_an_app_that_was_installed_anew_is_found_again(app: dict[str, Any]) -> None:
    """The old id answers 404 once; the next poll asks for the new one."""
    rig = Rig(found(app))
    await rig.ask()
    rig.github.installation = 78
    with pytest.raises(NotFoundError, match="no such installation"):
        await rig.ask(after=HOUR)
    assert await rig.ask() == "Bearer ghs_token2"
    assert rig.github.asked("/orgs/acme/installation") == 2


async def test_an_app_that_is_not_installed_says_what_to_do(app: dict[str, Any]) -> None:
    """Both where the id is looked up and where a wrong one is given."""
    rig = Rig(found(app))
    rig.github.installation = None
    with pytest.raises(NotFoundError, match="install the GitHub App in the organization"):
        await rig.ask()
    rig = Rig(app)
    rig.github.installation = None
    with pytest.raises(NotFoundError, match="check installation_id"):
        await rig.ask()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"message": "A JSON web token could not be decoded"}), "401"),
        (httpx.Response(403, json={"message": "This installation has been suspended"}), "403"),
        (httpx.Response(429, headers={"retry-after": "900"}), "429"),
        (httpx.Response(502), "502"),
        (httpx.Response(201, json={"token": "x"}), "expires_at"),
    ],
    ids=["401", "403", "429", "502", "schema"],
)
async def test_the_error_table_holds_for_tokens_too(
    answer: httpx.Response, error: str, app: dict[str, Any]
) -> None:
    """The state is that of the token request, and nothing was asked without a token."""
    rig = Rig(app)
    rig.github.refuse = lambda _: answer
    kinds = (UnauthorizedError, ForbiddenError, RateLimitedError, UnavailableError, SchemaError)
    with pytest.raises(kinds, match=error) as caught:
        await rig.ask()
    assert "/app/installations/{installation_id}/access_tokens" in str(caught.value)
    assert {request.url.path for request in rig.github.requests} == {TOKENS}
    assert len(rig.github.requests) == (3 if error == "502" else 1)


async def test_a_passing_failure_of_the_token_request_is_waited_out(app: dict[str, Any]) -> None:
    """It may be sent twice, although it is a POST: a token more harms nobody."""
    rig = Rig(app)
    rig.github.refuse = lambda _: httpx.Response(500) if len(rig.github.requests) < 3 else None
    assert await rig.ask() == "Bearer ghs_token1"


async def test_a_changed_key_is_read_for_the_next_token(
    app: dict[str, Any], key_file: Path
) -> None:
    """Keys are rotated in the file, without a restart."""
    rig = Rig(app)
    await rig.ask()
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    save(key_file, pem(other))
    await rig.ask(after=HOUR)
    shown = rig.github.requests[-2].headers["authorization"].removeprefix("Bearer ")
    options: Any = {"verify_exp": False, "verify_iat": False}
    jwt.decode(shown, other.public_key(), algorithms=["RS256"], options=options)


def _small() -> str:
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))


@pytest.mark.parametrize(
    "make",
    [
        lambda key: "ghp_not-a-key-at-all",
        lambda key: pem(key)[:800],
        lambda key: pem(key, b"password"),
        lambda key: pem(ec.generate_private_key(ec.SECP256R1())),
        lambda key: _small(),
        lambda key: (
            key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        ),
    ],
    ids=["no key", "cut off", "with a password", "not RSA", "small", "public"],
)
async def test_a_key_that_cannot_sign_is_named_and_never_shown(
    make: Callable[[rsa.RSAPrivateKey], str],
    app: dict[str, Any],
    key_file: Path,
    rsa_key: rsa.RSAPrivateKey,
) -> None:
    """The file and the remedy; neither message nor traceback has a line of it; nothing is asked.

    A configuration with it is refused, too.
    """
    text = make(rsa_key)
    rig = Rig(app)
    save(key_file, text)
    with pytest.raises(UnauthorizedError, match=r"app\.pem is not an RSA private key") as caught:
        await rig.ask()
    shown = "".join(traceback.format_exception(caught.value))
    assert rig.github.requests == []
    told = "\n".join(problems(app))
    assert "private_key_file: secret file" in told
    assert "app.pem is not an RSA private key" in told
    for line in text.splitlines():
        assert "-----" in line or line not in shown + told


async def test_a_key_that_is_gone_is_unauthorized(app: dict[str, Any], key_file: Path) -> None:
    """As with any other secret."""
    rig = Rig(app)
    remove(key_file)
    with pytest.raises(UnauthorizedError, match=r"app\.pem cannot be read"):
        await rig.ask()


@pytest.mark.parametrize("both", [True, False])
def test_exactly_one_credential_is_given(
    both: bool, app: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token and an App at once, or neither, are told by name."""
    monkeypatch.setenv("TOKEN", "x")
    [problem] = problems({**app, "token_env": "TOKEN"} if both else {})
    assert "targets[0].auth: needs exactly one of token_file and token_env, or app" in problem


def test_everything_wrong_with_an_app_is_told(tmp_path: Path) -> None:
    """The unreadable key file too, however deep it stands."""
    told = problems({"app": {"private_key_file": str(tmp_path / "gone.pem"), "clientid": "x"}})
    wanted = ("client_id: is required", "(did you mean client_id?)", "gone.pem cannot be read")
    for text in wanted:
        assert any("targets[0].auth.app" in line and text in line for line in told), told


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.github.com/",
        "https://api.octocorp.ghe.com",
        "https://github.example.com/api/v3",
        "http://127.0.0.1:8080/github",
        "https://gateway.example.com/",
    ],
)
def test_places_where_the_api_can_be(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The three forms that GitHub documents, and gateways."""
    monkeypatch.setenv("TOKEN", "x")
    assert Rig({"token_env": "TOKEN"}, base_url=url).target.base_url == url


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("https://github.com", "its API is at https://api.github.com"),
        ("https://github.com/acme", "its API is at https://api.github.com"),
        ("https://octocorp.ghe.com", "its API is at https://api.octocorp.ghe.com"),
        ("http://api.github.com", "use https://api.github.com"),
        ("https://api.github.com/api/v3", "no path there"),
        ("https://api.octocorp.ghe.com/v3", "no path there"),
        ("https://github.example.com", "use https://HOST/api/v3"),
        ("https://github.example.com/api/", "use https://HOST/api/v3"),
    ],
)
def test_places_where_it_is_not(url: str, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with the address that was probably meant."""
    monkeypatch.setenv("TOKEN", "x")
    [problem] = problems({"token_env": "TOKEN"}, base_url=url)
    assert "targets[0].base_url" in problem
    assert remedy in problem


def test_a_ghes_host_has_the_rate_limit_and_what_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its versions lack the other APIs; a later one may have them, so naming a stream is enough."""
    monkeypatch.setenv("TOKEN", "x")
    url = "https://github.example.com/api/v3"

    def streams(**given: Any) -> set[str]:
        target = Rig({"token_env": "TOKEN"}, base_url=url, streams=given).target
        return {stream.name for stream, _ in enabled_streams(vendor_of(target), target)}

    assert streams() == {"rate_limit"}
    assert streams(copilot_seats={}) == {"rate_limit", "copilot_seats"}
