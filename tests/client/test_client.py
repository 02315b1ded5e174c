"""The client as streams use it: requests, retries, redirects, limits, and what it never tells."""

import asyncio
import gzip
import logging
import traceback
from typing import Any

import httpx
import pytest

from exporter.client.auth import Basic, Secret
from exporter.client.client import ClientSettings, Endpoint, Request
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    RateLimitedError,
    SchemaError,
    State,
    UnauthorizedError,
    UnavailableError,
)
from exporter.client.pace import Limit
from tests.client.support import BASE, ENVIRON, LIST, THINGS, TOKEN, Setup, Transport, answer, wired

LINK = "https://files.example.net/a%2Fb.json?sig=a%2Bb%3D&se=2026-01-01T00%3A00%3A00Z&sp=r"


def redirect(location: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"location": location})


async def test_a_request_carries_what_the_settings_say() -> None:
    """Method, encoded path and query, static headers, credential, user agent, encoding."""
    setup = Setup(answer([1]))
    got = await setup.client.get(
        Request(THINGS, {"org": "a/b?c d"}, {"since": "2026-01-01T00:00:00Z", "page": 1})
    )
    sent = setup.vendor.requests[0]
    assert (got.status, got.body, got.from_cache) == (200, b"[1]", False)
    assert got.headers["Content-Type"] == "application/json"
    assert str(sent.url) == (
        f"{BASE}/orgs/a%2Fb%3Fc%20d/things?since=2026-01-01T00%3A00%3A00Z&page=1"
    )
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert sent.headers["user-agent"] == "usage-exporter/1"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["accept-encoding"] == "gzip"
    assert setup.watch.endpoints == {"/orgs/{org}/things": 1}


async def test_an_endpoint_may_have_headers_of_its_own() -> None:
    """They go with its requests, and not to another host where a redirect leads."""
    elsewhere = httpx.Response(302, headers={"location": "https://files.example.net/1"})
    setup = Setup(answer(), answer(), elsewhere, answer())
    beta = Endpoint("/beta", "core", headers=(("x-beta", "2026"),))
    for endpoint in (beta, LIST, beta):
        await setup.client.get(Request(endpoint))
    sent = [request.headers.get("x-beta") for request in setup.vendor.requests]
    assert sent == ["2026", None, "2026", None]


async def test_a_base_url_may_have_a_path_and_a_post_a_body() -> None:
    """GitHub Enterprise Server lives below a path."""
    setup = Setup(answer(), base_url=f"{BASE}/api/v3/")
    await setup.client.get(Request(LIST, method="POST", json={"a": 1}))
    sent = setup.vendor.requests[0]
    assert (sent.method, str(sent.url), sent.content) == ("POST", f"{BASE}/api/v3/list", b'{"a":1}')


@pytest.mark.parametrize("value", ["", ".", ".."])
async def test_a_path_value_that_would_change_the_path_is_refused(value: str) -> None:
    """Dots are folded by every URL library, and an empty value asks for something else."""
    setup = Setup(answer())
    with pytest.raises(SchemaError, match=r"cannot stand for \{org\}"):
        await setup.client.get(Request(THINGS, {"org": value}))
    assert setup.vendor.requests == []


async def test_an_unknown_group_fails_before_any_request() -> None:
    """A stream's declaration and its vendor's limits must agree."""
    setup = Setup(answer())
    with pytest.raises(KeyError, match="other"):
        await setup.client.get(Request(Endpoint("/x", "other")))
    assert setup.vendor.requests == []


@pytest.mark.parametrize(
    "url", ["api.example.com", "ftp://x", "https://u:p@x", "https://x?a=1", "https://"]
)
def test_a_base_url_that_cannot_work_is_refused(url: str) -> None:
    """At the start, not in every poll."""
    with pytest.raises(ValueError, match="base_url"):
        ClientSettings(url)


# Retries


@pytest.mark.parametrize(
    "problem",
    [
        httpx.Response(502),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        wired(Transport([b'{"cut'], httpx.ReadError("reset"))),
        wired(Transport([b"short"]), content_length="9"),
        wired(Transport([gzip.compress(b"[1]")[:-3]]), content_encoding="gzip"),
    ],
    ids=["502", "connect", "timeout", "cut", "length", "gzip"],
)
async def test_a_passing_problem_is_tried_again(problem: httpx.Response | Exception) -> None:
    """The poll goes on; the exchange is counted and the wait is observed."""
    setup = Setup(problem, answer([1]))
    assert (await setup.client.get(Request(LIST))).body == b"[1]"
    assert setup.watch.codes == [
        "502" if isinstance(problem, httpx.Response) and problem.status_code == 502 else "error",
        "200",
    ]
    assert setup.clock.slept == setup.watch.waits
    assert 0.5 <= setup.clock.slept[0] <= 1


async def test_three_failures_end_the_poll_as_unavailable() -> None:
    """The error names the endpoint and the status, and what went before it is not chained to it."""
    setup = Setup(httpx.Response(500, json={"message": "oops"}))
    with pytest.raises(UnavailableError, match="GET /list answered 500: oops") as caught:
        await setup.client.get(Request(LIST))
    assert setup.watch.codes == ["500"] * 3
    assert caught.value.__context__ is None


async def test_a_post_that_may_have_arrived_is_not_sent_twice() -> None:
    """Unless its endpoint is declared to be a mere question."""
    setup = Setup(httpx.ReadTimeout("slow"))
    with pytest.raises(UnavailableError):
        await setup.client.get(Request(LIST, method="POST", json={}))
    assert len(setup.vendor.requests) == 1
    question = Setup(httpx.ReadTimeout("slow"), answer())
    await question.client.get(Request(LIST, method="POST", json={}, idempotent=True))
    assert len(question.vendor.requests) == 2


async def test_429_waits_as_told_and_holds_the_whole_group() -> None:
    """The pace of the group is blocked, so other streams do not ask meanwhile."""
    setup = Setup(httpx.Response(429, headers={"retry-after": "50"}), answer())
    began = setup.clock.now
    await asyncio.gather(setup.client.get(Request(LIST)), setup.client.get(Request(LIST)))
    assert setup.watch.codes[0] == "429"
    assert setup.clock.now == began + 50
    assert len(setup.vendor.requests) == 3


@pytest.mark.parametrize(
    ("page", "limited"),
    [
        ("https://developer.github.com/v3/#abuse-rate-limits", True),
        ("https://developer.github.com/v3/#rate-limiting", True),
        ("https://docs.github.com/rest/overview/rate-limits-for-the-rest-api", True),
        ("https://docs.github.com/rest/rate-limit/rate-limit#get-rate-limit-status", False),
        ("https://docs.github.com/rest/copilot/copilot-user-management", False),
        (7, False),
    ],
)
async def test_the_page_that_a_refusal_names_tells_a_limit_from_a_missing_right(
    page: object, limited: bool
) -> None:
    """Where a gateway takes the headers away, and the words are others."""
    setup = Setup(httpx.Response(403, json={"message": "Forbidden", "documentation_url": page}))
    with pytest.raises(RateLimitedError if limited else ForbiddenError):
        await setup.client.get(Request(LIST))


async def test_a_limit_without_headers_holds_the_whole_group() -> None:
    """The next request of the group waits, though no header says for how long."""
    setup = Setup(httpx.Response(403, json={"message": "API rate limit exceeded"}), answer([1]))
    began = setup.clock.now
    await asyncio.gather(setup.client.get(Request(LIST)), setup.client.get(Request(LIST)))
    assert setup.clock.now >= began + 60
    assert len(setup.vendor.requests) == 3


async def test_a_wait_that_is_too_long_ends_the_poll_and_blocks_the_next() -> None:
    """The next poll before that time makes no request either."""
    setup = Setup(httpx.Response(403, headers={"retry-after": "600"}, json={"message": "slow"}))
    retry_at = setup.clock.now + 600
    with pytest.raises(RateLimitedError, match="GET /list answered 403: slow") as first:
        await setup.client.get(Request(LIST))
    with pytest.raises(RateLimitedError, match="core") as second:
        await setup.client.get(Request(LIST))
    assert first.value.retry_at == second.value.retry_at == retry_at
    assert len(setup.vendor.requests) == 1
    assert setup.clock.slept == []


async def test_a_used_up_quota_is_heeded_before_the_vendor_complains() -> None:
    """A good answer that says 0 remaining holds the next request until the reset."""
    setup = Setup(answer())
    reset = setup.clock.now + 40
    setup.vendor.script = [
        answer(x_ratelimit_remaining="0", x_ratelimit_reset=f"{reset:.0f}"),
        answer(),
    ]
    for _ in range(2):
        await setup.client.get(Request(LIST))
    assert setup.clock.now == reset
    assert setup.watch.waits == [40]


async def test_a_narrowed_client_obeys_both_limits() -> None:
    """The stream's own limit holds for it alone, the group's for all."""
    setup = Setup(answer(), limits={"core": [Limit(2, 10)]})
    began = setup.clock.now
    slow = setup.client.narrowed(Limit(1, 60))
    await slow.get(Request(LIST))
    await setup.client.get(Request(LIST))
    await setup.client.get(Request(LIST))
    assert setup.clock.now == began + 10
    await slow.get(Request(LIST))
    assert setup.clock.now == began + 60


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, PollError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (418, PollError),
    ],
)
async def test_a_refusal_is_final_and_redacted(status: int, error: type[PollError]) -> None:
    """One request, one error of its state, no secret, no e-mail address."""
    said = {"message": f"bad token {TOKEN} of jo@example.com"}
    setup = Setup(httpx.Response(status, json=said))
    expected = rf"answered {status}: bad token \[secret\] of \[e-mail\]"
    with pytest.raises(error, match=expected) as refused:
        await setup.client.get(Request(LIST))
    assert refused.value.status == status
    assert setup.watch.codes == [str(status)]


async def test_a_basic_key_is_redacted_in_both_forms() -> None:
    """The key and the coded header."""
    secret = Secret.from_env("TOKEN", ENVIRON)
    setup = Setup(
        lambda request: httpx.Response(
            400, json={"message": f"{TOKEN} {request.headers['authorization']}"}
        ),
        credential=Basic(secret),
    )
    with pytest.raises(PollError, match=r"answered 400: \[secret\] \[secret\]$"):
        await setup.client.get(Request(LIST))


async def test_a_401_makes_the_credential_fresh() -> None:
    """The next poll reads the secret again."""

    class Counting:
        invalidated = 0

        async def headers(self) -> dict[str, str]:
            return {"X-Key": "k"}

        def invalidate(self) -> bool:
            self.invalidated += 1
            return False

    credential = Counting()
    setup = Setup(httpx.Response(401), credential=credential)
    with pytest.raises(UnauthorizedError):
        await setup.client.get(Request(LIST))
    assert credential.invalidated == 1


async def test_a_missing_secret_fails_without_a_request() -> None:
    """It is the stream's state, not a crash."""
    setup = Setup(answer(), credential=Basic(Secret.from_env("NONE", {})))
    with pytest.raises(UnauthorizedError, match="NONE"):
        await setup.client.get(Request(LIST))
    assert setup.vendor.requests == []


# Bodies


async def test_an_answer_over_the_limit_is_a_schema_error_and_not_retried() -> None:
    """A gzip bomb is cut while it is unpacked."""
    bomb = wired(Transport([gzip.compress(b"\0" * 5_000_000)]), content_encoding="gzip")
    setup = Setup(bomb, max_body=1_000_000)
    with pytest.raises(SchemaError, match=r"GET /list: .*limit of 1000000 bytes"):
        await setup.client.get(Request(LIST))
    assert setup.watch.codes == ["200"]


async def test_an_html_page_is_a_schema_error() -> None:
    """A login page or a captive proxy is not data."""
    setup = Setup(httpx.Response(200, html="<html>sign in</html>"))
    with pytest.raises(SchemaError, match="HTML page: look for a login page or a proxy"):
        await setup.client.get(Request(LIST))


async def test_an_endless_or_broken_error_body_does_not_hide_the_status() -> None:
    """The status decides; the message is what could be read."""
    endless = Transport([b"x" * 50_000] * 10, httpx.ReadError("reset"))
    setup = Setup(wired(endless, 404, content_type="text/plain"))
    with pytest.raises(NotFoundError, match=r"answered 404: x+"):
        await setup.client.get(Request(LIST))
    assert endless.closed


async def test_an_exchange_that_never_ends_is_cut_off() -> None:
    """Each read may be quick enough, the whole is not."""

    class Drip(Transport):
        async def __aiter__(self) -> Any:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)

    setup = Setup(wired(Drip([])), timeout=0.002)
    with pytest.raises(UnavailableError, match="no answer in time"):
        await setup.client.get(Request(LIST))


# Redirects and links


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_on_the_same_origin_keeps_the_credential(status: int) -> None:
    """A renamed organization answers with one."""
    setup = Setup(redirect("/elsewhere?x=1", status), answer([1]))
    assert (await setup.client.get(Request(LIST))).body == b"[1]"
    sent = setup.vendor.requests[1]
    assert str(sent.url) == f"{BASE}/elsewhere?x=1"
    assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert setup.watch.codes == [str(status), "200"]


async def test_a_redirect_to_another_host_drops_the_credential_for_good() -> None:
    """Nor do the vendor's own headers go there; coming back does not bring it back."""
    setup = Setup(redirect(LINK), redirect(f"{BASE}/back"), answer([1]))
    await setup.client.get(Request(LIST))
    _, there, back = setup.vendor.requests
    assert str(there.url) == LINK
    assert "authorization" not in there.headers
    assert there.headers["accept"] == "*/*"
    assert "authorization" not in back.headers


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://api.example.com/list", "from https to http"),
        ("https://user:pw@api.example.com/", "user name"),
        ("file:///etc/passwd", "not an http"),
        ("https://h:99999/", "not an http"),
        ("", "without saying where"),
    ],
)
async def test_an_unsafe_redirect_is_refused(location: str, reason: str) -> None:
    """No request follows it, and the error does not quote it."""
    setup = Setup(redirect(location))
    with pytest.raises(SchemaError, match=reason) as caught:
        await setup.client.get(Request(LIST))
    assert len(setup.vendor.requests) == 1
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_gateway_that_redirects_to_another_host_is_told_with_the_remedy(
    status: int,
) -> None:
    """The credential stays here, so that host refuses: neither is it wrong, nor the account."""
    setup = Setup(redirect(LINK), httpx.Response(status), tries=1)
    with pytest.raises(UnavailableError) as caught:
        await setup.client.get(Request(LIST))
    host = httpx.URL(LINK).host
    assert f"answered {status} on another host ({host}), where a redirect led" in str(caught.value)
    assert "let it pass requests on, or set base_url to that host" in str(caught.value)


async def test_a_login_page_of_another_host_is_named() -> None:
    """A gateway that wants a person to log in."""
    page = httpx.Response(200, headers={"content-type": "text/html"}, text="<html>")
    setup = Setup(redirect(LINK), page)
    with pytest.raises(SchemaError, match=f"HTML page on another host .{httpx.URL(LINK).host}"):
        await setup.client.get(Request(LIST))


async def test_the_host_of_a_redirect_that_cannot_be_reached_is_named() -> None:
    """It is not the one that is configured, and nothing else says which."""
    setup = Setup(redirect(LINK), httpx.ConnectError("All attempts failed"), tries=1)
    with pytest.raises(
        UnavailableError, match=r"failed: files\.example\.net:443 cannot be reached"
    ):
        await setup.client.get(Request(LIST))
    assert setup.watch.problems == [None], "the vendor's own server was reached"


async def test_a_redirect_that_is_no_url_is_a_broken_answer() -> None:
    """httpx itself stumbles over it, though it is not to follow it."""
    setup = Setup(redirect("https:list"))
    with pytest.raises(UnavailableError, match="connection broke"):
        await setup.client.get(Request(LIST))


async def test_redirects_end() -> None:
    """Five are followed, the sixth is one too many."""
    setup = Setup(redirect("/again"))
    with pytest.raises(SchemaError, match="more than 5 redirects"):
        await setup.client.get(Request(LIST))
    assert len(setup.vendor.requests) == 6


async def test_a_post_is_not_redirected() -> None:
    """It would be sent again, perhaps as something else."""
    setup = Setup(redirect("/elsewhere"))
    with pytest.raises(PollError, match="POST /list answered 302"):
        await setup.client.get(Request(LIST, method="POST", json={}))
    assert len(setup.vendor.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_post_that_only_reads_is_redirected_as_it_is(status: int) -> None:
    """Method and body stay: a gateway may move an API that is asked by POST, too."""
    setup = Setup(redirect("/elsewhere", status), answer([1]))
    await setup.client.get(Request.reading_post(LIST, {"page": 2}))
    sent = setup.vendor.requests[1]
    assert (sent.method, sent.url.path, sent.content) == ("POST", "/elsewhere", b'{"page":2}')


async def test_a_post_that_only_reads_is_not_turned_into_a_get() -> None:
    """By 303 a vendor asks for another request than the one that was made."""
    setup = Setup(redirect("/elsewhere", 303))
    with pytest.raises(PollError, match="POST /list answered 303"):
        await setup.client.get(Request.reading_post(LIST, {}))


async def test_a_post_that_only_reads_is_tried_again() -> None:
    """Nobody knows whether it arrived, and it does no harm to ask twice."""
    setup = Setup(httpx.ReadError("gone"), httpx.Response(500), answer([1]))
    await setup.client.get(Request.reading_post(LIST, {"page": 2}))
    assert [sent.content for sent in setup.vendor.requests] == [b'{"page":2}'] * 3


async def test_a_given_url_must_be_the_vendors_own() -> None:
    """Scheme, host and port: anything else would get the credential."""
    setup = Setup(answer([1]))
    await setup.client.get(Request.at(LIST, f"{BASE}:443/list?after=x"))
    for url in ("https://api.example.com:8443/", "https://api.example.com.evil.net/", LINK):
        with pytest.raises(SchemaError, match="another host"):
            await setup.client.get(Request.at(LIST, url))
    assert len(setup.vendor.requests) == 1


async def test_a_link_that_is_no_url_is_a_schema_error() -> None:
    """The vendor's body was wrong, and the error does not quote it."""
    setup = Setup(answer())
    for url in ("https://h\n/?sig=1", "javascript:sig=1", "http://files.example.net/?sig=1"):
        with pytest.raises(SchemaError, match="GET /list") as caught:
            await setup.client.get(Request.signed_link(LIST, url))
        assert "sig=" not in "".join(traceback.format_exception(caught.value))
    assert setup.vendor.requests == []


async def test_a_signed_link_is_fetched_as_given_and_without_credential() -> None:
    """On any host, the vendor's own included; its pace is not the vendor's quota."""
    setup = Setup(answer([1]), limits={"core": [Limit(1, 600)]})
    for url in (LINK, LINK, f"{BASE}/file?sig=1"):
        await setup.client.get(Request.signed_link(LIST, url))
    assert [str(r.url) for r in setup.vendor.requests] == [LINK, LINK, f"{BASE}/file?sig=1"]
    assert not any("authorization" in r.headers for r in setup.vendor.requests)
    assert setup.clock.slept == []


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_a_signed_link_is_never_told(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the error, its traceback, its context, nor in any log, even where the host quotes it."""
    caplog.set_level(logging.DEBUG)
    setup = Setup(httpx.Response(status, json={"message": f"bad {LINK}"}))
    request = Request.signed_link(LIST, LINK)
    with pytest.raises(PollError) as caught:
        await setup.client.get(request)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(request)
    assert "sig=" not in told
    assert "GET /list" in str(caught.value)
    assert caught.value.state in (State.ERROR, State.UNAVAILABLE)


async def test_another_hosts_429_is_waited_out_without_stopping_the_vendors_group() -> None:
    """The file store's limit is not the vendor's."""
    setup = Setup(httpx.Response(429, headers={"retry-after": "30"}), answer([1]))
    await setup.client.get(Request.signed_link(LIST, LINK))
    assert setup.clock.slept == [30]
    await setup.client.get(Request(LIST))
    assert setup.clock.slept == [30]


async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """Through waits, retries and refusals, at the most talkative level."""
    caplog.set_level(logging.DEBUG)
    setup = Setup(
        httpx.Response(429, headers={"retry-after": "1"}),
        httpx.Response(500, json={"message": TOKEN}),
        answer([1]),
    )
    await setup.client.get(Request(LIST, query={"q": "private"}))
    assert "endpoint=/list attempt=1" in caplog.text
    assert TOKEN not in caplog.text
    assert "private" not in caplog.text


async def test_cookies_are_not_kept() -> None:
    """A vendor's session must not outlive a change of credential."""
    setup = Setup(answer([1], set_cookie="session=1"))
    for _ in range(2):
        await setup.client.get(Request(LIST))
    assert "cookie" not in setup.vendor.requests[1].headers


# Streams


async def test_a_stream_is_decompressed_piece_by_piece() -> None:
    """No piece is longer than 1 MiB, and the response is closed at the end."""
    content = b"0123456789" * 300_000
    wire = Transport([gzip.compress(content)])
    setup = Setup(httpx.Response(503), wired(wire, content_encoding="gzip"))
    async with setup.client.stream(Request(LIST)) as pieces:
        found = [piece async for piece in pieces]
    assert b"".join(found) == content
    assert len(found) > 1
    assert max(map(len, found)) <= 1024 * 1024
    assert setup.watch.codes == ["503", "200"]
    assert wire.closed


async def test_an_empty_stream_has_no_pieces() -> None:
    """An empty file is no error."""
    async with Setup(wired(Transport([]))).client.stream(Request(LIST)) as pieces:
        assert [piece async for piece in pieces] == []


async def test_a_stream_that_breaks_before_its_first_byte_is_tried_again() -> None:
    """Nobody has seen anything of it."""
    setup = Setup(wired(Transport([], httpx.ReadError("reset"))), wired(Transport([b"row"])))
    async with setup.client.stream(Request(LIST)) as pieces:
        assert [piece async for piece in pieces] == [b"row"]
    assert setup.watch.codes == ["error", "200"]


async def test_a_stream_that_breaks_in_the_middle_is_not() -> None:
    """The caller would see rows twice: the poll fails instead."""
    setup = Setup(wired(Transport([b"row"], httpx.ReadError("reset"))))
    found = []
    with pytest.raises(UnavailableError, match="GET /list broke off in the middle"):  # noqa: PT012
        async with setup.client.stream(Request(LIST)) as pieces:
            async for piece in pieces:
                found.append(piece)  # noqa: PERF401
    assert found == [b"row"]
    assert setup.watch.codes == ["error"]


async def test_a_stream_has_its_own_limit() -> None:
    """Far above that of an answer in memory, but not without end."""
    setup = Setup(wired(Transport([b"x" * 600] * 5)), max_body=10, max_stream=2000)
    seen = 0
    with pytest.raises(SchemaError, match="limit of 2000 bytes"):  # noqa: PT012
        async with setup.client.stream(Request(LIST)) as pieces:
            async for piece in pieces:
                seen += len(piece)
    assert seen == 1800


async def test_a_stream_left_early_is_closed() -> None:
    """A parser that gives up frees the connection."""
    wire = Transport([b"a", b"b", b"c"])
    setup = Setup(wired(wire))
    with pytest.raises(SchemaError, match="row 1"):  # noqa: PT012
        async with setup.client.stream(Request(LIST)) as pieces:
            await anext(pieces)
            raise SchemaError("row 1")
    assert wire.closed
    assert setup.watch.codes == ["200"]


async def test_a_stream_refused_is_an_error_on_entry() -> None:
    """Statuses mean the same as for whole answers."""
    with pytest.raises(ForbiddenError):
        async with Setup(httpx.Response(403)).client.stream(Request(LIST)):
            pytest.fail("there is nothing to read")
