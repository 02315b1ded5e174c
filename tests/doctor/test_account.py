"""Credential, streams and clock of a target: what is refused is told with the right that is missing."""

import asyncio
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.simulated import SECRETS
from exporter.config.blocks import one_target
from exporter.preflight.doctor.finding import Check, Finding, Level
from exporter.simulator.application import Simulator
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.world.world import ENTERPRISE, World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor
from exporter.vendors.github.rights import Right
from tests.doctor.world import NO_ROWS, NOW, asked, of_check, of_stream, target

VENDORS_BY_NAME = {vendor.name: vendor for vendor in VENDORS}
STREAMS = {vendor.name: [stream.name for stream in vendor.streams] for vendor in VENDORS}


def alone(vendor: str, stream: str, **options: Any) -> dict[str, Any]:
    """The block `streams` with this one only."""
    return {
        **{name: {"enabled": False} for name in STREAMS[vendor] if name != stream},
        stream: options,
    }


def refusing(status: int, message: str = "no", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json={"message": message}, headers=named)

    return answer


async def github(directory: Path, stream: str, secret: str, handler: Any, **more: Any) -> Finding:
    configured = target("github", directory, secret, streams=alone("github", stream), **more)
    return of_stream(await asked(configured, handler), stream)


class Simulated(httpx.AsyncBaseTransport):
    """The simulated vendors; every request is kept."""

    def __init__(self) -> None:
        world = World(WorldSettings(developers=8, teams=2), WorldClock(lambda: NOW))
        simulator = Simulator(world, github=GitHubOptions(legacy_copilot=True), wall=lambda: NOW)
        self._transport = httpx.ASGITransport(simulator)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return await self._transport.handle_async_request(request)


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return Simulated()


def applicable(vendor: AnyVendor, scope: Mapping[str, str]) -> list[str]:
    """The streams that a target of this scope can have."""
    account = {"vendor": vendor.name, "account": "acme", "auth": {"token_env": "TOKEN"}, **scope}
    configured = one_target.validate_python(account)
    return [stream.name for stream in vendor.streams if stream.inapplicable(configured) is None]


SCOPES_OF: Mapping[str, Sequence[Mapping[str, str]]] = {
    "github": ({"org": "acme"}, {"enterprise": "acme"}),
    "cursor": ({}, {"organization_id": "org_acme"}),
    "anthropic": ({}, {"api": "analytics"}),
}
KINDS: Mapping[tuple[str, ...], str] = {
    ("cursor", "organization_id"): "cursor organization",
    ("anthropic", "api"): "anthropic analytics",
}
"""The kinds of credential besides a vendor's first one, by the key that asks for it."""
SCOPES: list[tuple[str, Mapping[str, str], str]] = [
    (vendor.name, scope, stream)
    for vendor in VENDORS
    for scope in SCOPES_OF.get(vendor.name, ({},))
    for stream in applicable(vendor, scope)
]


@pytest.mark.parametrize(("scope", "name"), [each[1:] for each in SCOPES if each[0] == "github"])
def test_every_stream_of_github_says_which_right_it_takes(
    scope: Mapping[str, str], name: str
) -> None:
    """Of an organization and of an enterprise, where the two differ."""
    [right] = [
        stream.right
        for vendor in VENDORS
        for stream in vendor.streams
        if (vendor.name, stream.name) == ("github", name)
    ]
    [kind] = scope
    right = right if isinstance(right, Right) else right[kind]
    assert right.document.startswith("https://docs.github.com/")


READ_BY_POST = (
    *("/teams/daily-usage-data", "/teams/filtered-usage-events", "/teams/spend"),
    *("/organizations/daily-usage-data", "/organizations/filtered-usage-events"),
    "/organizations/pooled-usage",
)


@pytest.mark.parametrize(("vendor", "scope", "stream"), SCOPES)
async def test_a_stream_that_may_be_read_works_with_one_reading_request(
    vendor: str, scope: Mapping[str, str], stream: str, simulated: Simulated, tmp_path: Path
) -> None:
    """And before it one for an id where the request needs one; the quota's pace is kept."""
    world = {"enterprise": ENTERPRISE} if "enterprise" in scope else dict(scope)
    secret = SECRETS[KINDS.get((vendor, *scope), vendor)]
    configured = target(
        vendor,
        tmp_path,
        secret,
        base_url=f"http://127.0.0.1:8080/{vendor}/",
        streams=alone(vendor, stream),
        **world,
    )
    simulated.requests.clear()
    found = of_stream(await asked(configured, simulated), stream)
    assert (found.level, found.message) == (Level.OK, "works"), found
    assert all(map(_only_reads, simulated.requests))
    assert 1 <= len(simulated.requests) <= (2 if vendor == "tabnine" else 1)


def _only_reads(request: httpx.Request) -> bool:
    """A GET, or a POST to what Cursor lets nobody ask in another way."""
    asked = request.url.path.removeprefix("/cursor")
    return request.method == "GET" or asked in READ_BY_POST


async def test_a_stream_of_nothing_but_people_does_not_work_where_they_are_off(
    simulated: Simulated, tmp_path: Path
) -> None:
    """It is not asked, because its polls would not ask either; the remedy names the key."""
    configured = target(
        "tabnine", tmp_path, SECRETS["tabnine"], streams=alone("tabnine", "user_usage")
    )
    simulated.requests.clear()
    found = of_stream(await asked(configured, simulated, people=False), "user_usage")
    assert (found.level, simulated.requests) == (Level.FAIL, [])
    assert "privacy.users is off" in found.message
    assert "pseudonym" in str(found.remedy)


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("github_pat_x", 'the organization permission "API Insights" (read)'),
        ("ghs_1_jwt", "let an owner accept it for the installation"),
        ("ghp_x", "use a fine-grained one"),
        ("unheard-of", 'a fine-grained one with the organization permission "API Insights"'),
    ],
)
async def test_a_missing_permission_is_named_for_the_kind_of_token(
    secret: str, says: str, tmp_path: Path
) -> None:
    """With what GitHub itself names, the plan, and GitHub's document."""
    found = await github(
        tmp_path,
        "api_insights",
        secret,
        refusing(403, x_accepted_github_permissions="organization_api_insights=read"),
    )
    assert (found.level, found.state) == (Level.FAIL, "forbidden")
    remedy = str(found.remedy)
    assert says in remedy
    assert "organization_api_insights=read" in remedy
    assert "GitHub Enterprise Cloud" in remedy
    assert str(found.document).endswith("/rest/orgs/api-insights#get-summary-stats")


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (
            "repo, user",
            "has only repo, user; it needs the scope manage_billing:copilot or read:org",
        ),
        ("", "has no scope; it needs"),
        ("repo, read:org", "(repo, read:org) are enough"),
        ("repo\x1b[31m", "the token needs the scope manage_billing"),
    ],
)
async def test_the_scopes_of_a_classic_token_are_compared(
    held: str, says: str, tmp_path: Path
) -> None:
    """`X-OAuth-Scopes` tells what it has; what is no list of names is not repeated."""
    found = await github(tmp_path, "copilot_seats", "ghp_x", refusing(403, x_oauth_scopes=held))
    assert says in str(found.remedy)
    assert "\x1b" not in f"{found}"
    assert "it must belong to an owner" in str(found.remedy)


@pytest.mark.parametrize(
    ("stream", "more", "secret", "status", "headers", "says"),
    [
        ("copilot_reports", {}, "ghp_x", 403, {}, 'policy "Copilot usage metrics" must be enabled'),
        ("copilot_reports", {"enterprise": "e"}, "ghp_x", 404, {}, "must be an enterprise account"),
        ("copilot_usage", {}, "ghp_x", 422, {}, "policy for access to the Copilot metrics API"),
        ("copilot_usage", {}, "ghp_x", 404, {}, "closed this API on 2025-03-01"),
        ("rate_limit", {}, "ghp_x", 404, {}, "turn the stream off"),
        ("copilot_seats", {}, "ghp_x", 401, {}, "wrong, expired or revoked"),
        ("copilot_seats", {}, "odd", 401, {}, "begins like none of GitHub's"),
        ("billing_usage", {"enterprise": "e"}, "github_pat_x", 403, {}, "use a classic one"),
        ("copilot_seats", {"enterprise": "e"}, "ghs_x", 403, {}, "license management"),
        ("billing_usage", {}, "ghp_x", 403, {"x_github_sso": "required; url=u"}, "single sign-on"),
        ("copilot_seats", {}, "ghp_x", 503, {}, "githubstatus.com"),
    ],
)
async def test_githubs_other_refusals_are_told_apart(
    stream: str,
    more: dict[str, str],
    secret: str,
    status: int,
    headers: dict[str, str],
    says: str,
    tmp_path: Path,
) -> None:
    """Policy, account, closed API, token, single sign-on, an outage."""
    found = await github(tmp_path, stream, secret, refusing(status, **headers), **more)
    assert found.level is Level.FAIL
    assert says in str(found.remedy)
    assert str(found.document).startswith("https://docs.github.com/")


async def test_an_ip_allow_list_is_what_must_change(tmp_path: Path) -> None:
    """No permission would help."""
    message = "Although you appear to have the correct authorization, the organization has an IP allow list"
    found = await github(tmp_path, "api_insights", "ghp_x", refusing(403, message))
    assert str(found.remedy) == "add the exporter's address to the account's IP allow list"


@pytest.mark.parametrize(
    ("vendor", "stream", "status", "message", "says"),
    [
        ("cursor", "ai_code_commits", 401, "Invalid API key", "a person's own key does not open"),
        ("cursor", "ai_code_commits", 403, "Enterprise access required", "Enterprise plan only"),
        ("cursor", "ai_code_changes", 404, "Not Found", "check base_url"),
        ("cursor", "analytics", 403, "Enterprise access required", "Enterprise plan only"),
        ("cursor", "analytics", 401, "key missing required scope: admin:*", "the scope admin:* is"),
        ("cursor", "analytics", 401, "Insights are not enabled", "switch the feature on"),
        ("cursor", "analytics", 404, "Not Found", "team by team"),
        ("cursor", "usage_events", 401, "Invalid API key", "made by a team admin (dashboard"),
        (
            "cursor",
            "spend",
            401,
            "API key missing required scope: admin:*",
            "the scope admin:* is missing: use a team's API key, made by a team admin (dashboard",
        ),
        ("cursor", "spend", 401, "Spend is not enabled for this team", "switch the feature on"),
        ("cursor", "members", 403, "Enterprise access required", "the Admin API is part of"),
        ("tabnine", "audit_log", 403, "Forbidden", "needs the role Admin"),
        ("tabnine", "organization", 403, "FEATURE_NOT_AVAILABLE", "license does not have"),
        ("tabnine", "audit_log", 404, "Not Found", "product version 5.25"),
        ("tabnine", "repositories", 404, "Not Found", "product version 5.27"),
        ("tabnine", "organization", 500, "License not found", "the license is missing"),
        ("tabnine", "organization", 401, "Unauthorized: Invalid token.", "let an Admin make"),
        (
            "tabnine",
            "organization",
            401,
            "Unauthorized: Invalid organization.",
            "remove organization_id",
        ),
    ],
)
async def test_refusals_of_cursor_and_tabnine_name_plan_role_and_version(
    vendor: str, stream: str, status: int, message: str, says: str, tmp_path: Path
) -> None:
    """Each with the vendor's document."""
    configured = target(vendor, tmp_path, "secret", streams=alone(vendor, stream))
    found = of_stream(await asked(configured, refusing(status, message)), stream)
    assert found.level is Level.FAIL
    assert says in str(found.remedy)
    assert str(found.document).startswith(("https://cursor.com/docs/", "https://docs.tabnine.com/"))


ORGANIZATION = {"organization_id": "org_acme"}


@pytest.mark.parametrize(
    ("stream", "status", "message", "says"),
    [
        ("pool", 401, "Invalid Organization API Key", "use an organization's API key, made by an"),
        ("usage_events", 401, "Invalid Organization API Key", "with one, remove organization_id"),
        (
            "usage_events",
            401,
            "Organization API key missing required scope: usage:*",
            "the key's scope is another than usage:* or admin:*, and an organization's key has one",
        ),
        (
            "members",
            401,
            "Organization API key missing required scope: members:read",
            "another than members:read or admin:*",
        ),
        ("daily_usage", 403, "Not authorized", "organization_id is not the organization that the"),
        ("daily_usage", 403, "Enterprise access required", "the Organization API is part of"),
        ("pool", 404, "Organization not found", "check organization_id (as org_abc123)"),
    ],
)
async def test_refusals_of_an_organizations_key_name_its_scope(
    stream: str, status: int, message: str, says: str, tmp_path: Path
) -> None:
    """An organization's key has one scope, so a stream of another one needs another key."""
    configured = target(
        "cursor", tmp_path, "secret", streams=alone_of_organization(stream), **ORGANIZATION
    )
    found = of_stream(await asked(configured, refusing(status, message)), stream)
    assert found.level is Level.FAIL
    assert says in str(found.remedy)
    assert str(found.document).endswith("/organizations/organization-admin-api")


def alone_of_organization(stream: str) -> dict[str, Any]:
    """The block `streams` with one stream of an organization only."""
    return {
        name: {"enabled": name == stream}
        for name in applicable(VENDORS_BY_NAME["cursor"], ORGANIZATION)
    }


async def test_a_key_with_one_scope_reads_what_it_may(simulated: Simulated, tmp_path: Path) -> None:
    """The others say which scope they need."""
    configured = target(
        "cursor",
        tmp_path,
        "sim-cursor-usage-key",
        base_url="http://127.0.0.1:8080/cursor/",
        **ORGANIZATION,
    )
    found = await asked(configured, simulated)
    streams = {one.stream: one for one in found if one.check is Check.STREAM}
    works = {name for name, one in streams.items() if one.level is Level.OK}
    assert works == {"usage_events", "daily_usage", "pool"}
    assert streams["members"].state == "forbidden"
    assert "members:read" in str(streams["members"].remedy)


async def test_a_used_up_quota_says_when_to_come_back_and_is_not_tried_again(
    tmp_path: Path,
) -> None:
    """One request, and the time of the vendor's Retry-After; nothing is known to be wrong."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(429, headers={"retry-after": "60"})

    configured = target("cursor", tmp_path, "key", streams=alone("cursor", "ai_code_commits"))
    found = of_stream(await asked(configured, answer), "ai_code_commits")
    assert (found.level, found.state, len(seen)) == (Level.WARN, "rate_limited", 1)
    assert "2025-11-13T02:14:20Z" in str(found.remedy)


async def test_a_failure_of_the_vendor_is_asked_once(tmp_path: Path) -> None:
    """What a poll would try again the doctor tells at once."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ReadTimeout("slow")

    configured = target("cursor", tmp_path, "key", streams=alone("cursor", "ai_code_commits"))
    found = of_stream(await asked(configured, answer), "ai_code_commits")
    assert (found.level, found.state, len(seen)) == (Level.FAIL, "unavailable", 1)
    assert "timeout" in str(found.remedy)


async def test_a_proxy_that_wants_a_password_is_told_apart(tmp_path: Path) -> None:
    """407 comes from the proxy, so no document of the vendor helps."""
    configured = target("cursor", tmp_path, "key", streams=alone("cursor", "ai_code_commits"))
    found = of_stream(await asked(configured, refusing(407)), "ai_code_commits")
    assert (found.level, found.document) == (Level.FAIL, None)
    assert "http://USER:PASSWORD@HOST:PORT" in str(found.remedy)


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, text="<h1>Sign in</h1>", headers={"content-type": "text/html"}),
        httpx.Response(200, text="hello"),
    ],
)
async def test_something_else_at_the_address_is_told(
    response: httpx.Response, tmp_path: Path
) -> None:
    """A login page, or no JSON at all."""
    configured = target("cursor", tmp_path, "key", streams=alone("cursor", "ai_code_commits"))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=response.content, headers=response.headers)

    found = of_stream(await asked(configured, answer), "ai_code_commits")
    assert found.state == "schema_error"
    assert "check base_url" in str(found.remedy)


@pytest.mark.parametrize(("vendor", "scope", "stream"), SCOPES)
@pytest.mark.parametrize("body", ["{}", '{"status": "up"}', "[1]"])
async def test_an_answer_that_is_not_the_vendors_does_not_work(
    vendor: str, scope: Mapping[str, str], stream: str, body: str, tmp_path: Path
) -> None:
    """JSON with status 200 is not enough: each probe reads it as the polls of its stream do."""
    configured = target(vendor, tmp_path, "key", streams=alone(vendor, stream), **scope)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=body, headers={"content-type": "application/json"})

    found = of_stream(await asked(configured, answer), stream)
    assert (found.level, found.state) == (Level.FAIL, "schema_error")
    assert "check base_url" in str(found.remedy)


async def test_csv_that_is_not_the_audit_log_does_not_work(tmp_path: Path) -> None:
    """The columns that are configured must be there, as for a poll."""
    columns = alone("tabnine", "audit_log", format="csv")
    configured = target("tabnine", tmp_path, "key", streams=columns)
    for body, level in (("{}\n", Level.FAIL), ("id,timestamp,eventType\n", Level.OK)):
        found = await asked(configured, lambda _, text=body: httpx.Response(200, text=text))
        assert of_stream(found, "audit_log").level is level


async def test_a_day_without_a_report_works(tmp_path: Path) -> None:
    """GitHub answers 204 where nobody used Copilot."""
    found = await github(
        tmp_path, "copilot_reports", "ghp_x", lambda _: httpx.Response(204), org="acme"
    )
    assert found.level is Level.OK


async def test_a_stream_with_a_bug_does_not_hide_the_others(tmp_path: Path) -> None:
    """Its type is told and where it arose, never its message, which may quote a secret."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/commits"):
            raise RuntimeError("secret-part")
        return httpx.Response(200, json=NO_ROWS)

    found = await asked(target("cursor", tmp_path, "key"), answer)
    broken = of_stream(found, "ai_code_commits")
    assert broken.level is Level.FAIL
    assert broken.message.startswith("a bug: RuntimeError at test_account.py:")
    assert "secret-part" not in repr(found)
    assert of_stream(found, "ai_code_changes").level is Level.OK


@pytest.mark.parametrize("secret", ["t\u00f6k", "one\ntwo", "a\xa0b", " padded"])
@pytest.mark.parametrize("vendor", ["github", "tabnine", "cursor"])
async def test_a_secret_that_no_header_can_carry_is_told_before_anything_is_asked(
    vendor: str, secret: str, tmp_path: Path
) -> None:
    """The remedy is about the file: another credential of the vendor would not help."""
    found = await asked(target(vendor, tmp_path, secret), refusing(500))
    shown = of_check(found, Check.CREDENTIAL)
    assert (shown.level, shown.state, shown.document) == (Level.FAIL, "unauthorized", None)
    assert f"{vendor}.secret" in shown.message
    assert shown.remedy in ("it must be the credential alone, on one line", "remove them")
    assert secret not in repr(found)
    assert {one.level for one in found if one.check is Check.STREAM} == {Level.SKIP}


async def test_a_stream_that_hangs_does_not_hold_the_others(tmp_path: Path) -> None:
    """It is given up after the doctor's patience; the other stream works."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/commits"):
            await asyncio.Event().wait()
        return httpx.Response(200, json=NO_ROWS)

    found = await asked(target("cursor", tmp_path, "key"), answer, patience=0.5)
    assert of_stream(found, "ai_code_commits").state == "unavailable"
    assert of_stream(found, "ai_code_changes").level is Level.OK


@pytest.mark.parametrize(
    ("off", "level"),
    [(0, Level.OK), (20, Level.OK), (-90, Level.WARN), (90, Level.WARN), (-3600, Level.FAIL)],
)
async def test_the_clocks_are_compared_by_the_date_of_an_answer(
    off: float, level: Level, tmp_path: Path
) -> None:
    """Also of a refusal; the finding says which way and how far."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, headers={"date": formatdate(NOW - off, usegmt=True)})

    found = of_check(await asked(target("cursor", tmp_path, "key"), answer), Check.CLOCK)
    assert found.level is level
    if level is not Level.OK:
        assert ("ahead of" if off > 0 else "behind") in found.message


async def test_without_a_date_nothing_is_said_of_the_clock(tmp_path: Path) -> None:
    """Also where it is no date, and where a cache kept the answer its age is taken into account."""
    for headers in ({}, {"date": "yesterday"}, {"date": "Fri, 31 Feb 2025 00:00:00 GMT"}):
        found = await asked(
            target("cursor", tmp_path, "key"), lambda _, h=headers: httpx.Response(403, headers=h)
        )
        assert [one for one in found if one.check is Check.CLOCK] == []
    cached = {"date": formatdate(NOW - 900, usegmt=True), "age": "900"}
    found = await asked(
        target("cursor", tmp_path, "key"), lambda _: httpx.Response(403, headers=cached)
    )
    assert of_check(found, Check.CLOCK).level is Level.OK


@pytest.mark.parametrize(
    ("vendor", "secret", "level", "says"),
    [
        ("github", "ghp_secret-part", Level.OK, "a classic personal access token"),
        ("github", "0123456789abcdef" * 2 + "01234567", Level.OK, "a classic personal access"),
        ("github", "github_pat_secret-part", Level.OK, "a fine-grained personal access token"),
        ("github", "secret-part", Level.OK, "a token of unknown form"),
        ("github", "ghs_secret-part", Level.WARN, "an installation token"),
        ("github", "ghu_secret-part", Level.WARN, "a user token"),
        ("github", "ghr_secret-part", Level.FAIL, "a refresh token"),
        ("github", "-----BEGIN secret-part", Level.FAIL, "a private key"),
        ("cursor", "crsr_secret-part", Level.OK, "an API key"),
        ("cursor", "ghp_secret-part", Level.FAIL, "a GitHub token"),
        ("tabnine", "eyJ.secret-part", Level.OK, "an access token"),
        ("tabnine", "key_secret-part", Level.FAIL, "a Cursor key"),
    ],
)
async def test_the_kind_of_a_credential_is_told_and_nothing_of_it(
    vendor: str, secret: str, level: Level, says: str, tmp_path: Path
) -> None:
    """By its first letters; one that cannot do is not sent anywhere."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        quoted = request.headers["authorization"].split()[-1]
        return httpx.Response(401, json={"message": f"bad credential {quoted}"})

    found = await asked(target(vendor, tmp_path, secret), answer)
    shown = of_check(found, Check.CREDENTIAL)
    assert shown.level is level
    assert says in shown.message
    assert "secret-part" not in repr(found)
    assert bool(sent) is (level is not Level.FAIL)
    first, *others = [one for one in found if one.check is Check.STREAM]
    assert first.level is (Level.SKIP if level is Level.FAIL else Level.FAIL)
    assert {one.level for one in others} == {Level.SKIP}


async def test_one_refused_credential_is_told_once(tmp_path: Path) -> None:
    """By the first stream; the others say where, and keep their state."""
    found = await asked(target("tabnine", tmp_path, "a-token"), refusing(401))
    first, *others = [one for one in found if one.check is Check.STREAM]
    assert (first.level, first.state, bool(first.remedy)) == (Level.FAIL, "unauthorized", True)
    assert len(others) > 2
    for one in others:
        assert (one.level, one.state, one.remedy) == (Level.SKIP, "unauthorized", None)
        assert one.message == f"the same credential was refused: see {first.stream}"


async def test_refusals_of_different_rights_are_each_told(tmp_path: Path) -> None:
    """A stream that is forbidden needs a right of its own."""
    found = await asked(target("tabnine", tmp_path, "a-token"), refusing(403))
    levels = [one.level for one in found if one.check is Check.STREAM]
    assert set(levels) == {Level.FAIL}


async def test_a_secret_that_went_away_is_no_credential(tmp_path: Path) -> None:
    """The file is named, and no stream is asked for."""
    configured = target("cursor", tmp_path, "key")
    (tmp_path / "cursor.secret").unlink()
    found = of_check(await asked(configured, refusing(200)), Check.CREDENTIAL)
    assert found.level is Level.FAIL
    assert "cursor.secret" in found.message
