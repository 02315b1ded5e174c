"""The table of decisions: which answers are tried again, waited for, or final."""

from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.body import BrokenBodyError
from exporter.client.error_text import vendor_message
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    RateLimitedError,
    State,
    UnauthorizedError,
    UnavailableError,
)
from exporter.client.retry import (
    LONGEST_WAIT,
    Action,
    Backoff,
    RefusedError,
    Verdict,
    reset_delay,
    retry_after,
)

NOW = 1_700_000_000.0


def judge(
    status: int,
    headers: dict[str, str] | None = None,
    message: str = "",
    attempt: int = 1,
    *,
    repeatable: bool = True,
    foreign: bool = False,
) -> Verdict:
    refused = RefusedError(status, httpx.Headers(headers or {}), message, foreign=foreign)
    return Backoff().judge(refused, "GET /x", attempt, NOW, Random(1), repeatable=repeatable)


@pytest.mark.parametrize(
    ("status", "headers", "message", "action", "error"),
    [
        (429, {}, "", Action.WAIT, RateLimitedError),
        (403, {"retry-after": "5"}, "", Action.WAIT, RateLimitedError),
        (403, {"x-ratelimit-remaining": "0"}, "", Action.WAIT, RateLimitedError),
        (403, {}, "You have exceeded a Secondary rate limit", Action.WAIT, RateLimitedError),
        (
            403,
            {},
            "You have triggered an abuse detection mechanism.",
            Action.WAIT,
            RateLimitedError,
        ),
        (403, {}, "API rate limit exceeded for installation ID 1.", Action.WAIT, RateLimitedError),
        (403, {}, "You have exceeded your hourly quota", Action.WAIT, RateLimitedError),
        (403, {"x-ratelimit-remaining": "9"}, "", Action.FAIL, ForbiddenError),
        (402, {}, "Your bill is not paid", Action.FAIL, ForbiddenError),
        (529, {}, "Overloaded", Action.RETRY, UnavailableError),
        (403, {}, "You may not read rate limits", Action.FAIL, ForbiddenError),
        (401, {"retry-after": "5"}, "", Action.FAIL, UnauthorizedError),
        (404, {}, "", Action.FAIL, NotFoundError),
        (410, {}, "", Action.FAIL, NotFoundError),
        (422, {}, "", Action.FAIL, PollError),
        (408, {}, "", Action.RETRY, UnavailableError),
        (500, {}, "", Action.RETRY, UnavailableError),
        (503, {}, "", Action.RETRY, UnavailableError),
    ],
)
def test_the_table(
    status: int,
    headers: dict[str, str],
    message: str,
    action: Action,
    error: type[PollError],
) -> None:
    """Status and marks decide the action and the state of the stream."""
    verdict = judge(status, headers, message)
    assert verdict.action is action
    assert type(verdict.error) is error
    assert f"GET /x answered {status}" in str(verdict.error)


def test_any_other_refusal_is_the_state_error_with_the_vendors_words() -> None:
    """A 400 shows what the vendor said."""
    verdict = judge(400, message="bad version")
    assert verdict.error.state is State.ERROR
    assert "bad version" in str(verdict.error)


def test_a_missing_permission_is_named() -> None:
    """GitHub says which permission would have done."""
    verdict = judge(
        403, {"X-Accepted-GitHub-Permissions": "members=read"}, "Resource not accessible"
    )
    assert "Resource not accessible" in str(verdict.error)
    assert "members=read" in str(verdict.error)


def test_a_quota_wait_takes_retry_after_then_reset_then_backoff() -> None:
    """Each source of the delay, in its order."""
    both = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 90)}
    assert judge(429, {"retry-after": "7", **both}).delay == 7
    assert judge(429, both).delay == 90
    assert judge(429, {**both, "x-ratelimit-remaining": "40"}).delay != 90
    assert 60 <= judge(429).delay <= 120
    assert 60 <= judge(429, attempt=2).delay <= 240


def test_a_quota_wait_beyond_the_maximum_ends_the_poll_with_the_time_to_return() -> None:
    """Nobody sits through an hour; the scheduler comes back."""
    verdict = judge(429, {"retry-after": "3600"})
    assert verdict.action is Action.FAIL
    assert isinstance(verdict.error, RateLimitedError)
    assert verdict.error.retry_at == NOW + 3600


@pytest.mark.parametrize("status", [429, 500])
def test_the_third_try_is_the_last(status: int) -> None:
    """The same problem is waited for twice."""
    actions = [judge(status, {"retry-after": "1"}, attempt=n).action for n in (1, 2, 3)]
    assert Action.FAIL not in actions[:2]
    assert actions[2] is Action.FAIL


def test_backoff_doubles_up_to_its_cap() -> None:
    """1, 2, 4 … 30 seconds, of which up to a half is left to chance."""
    backoff = Backoff(tries=99)
    problem = RefusedError(500, {}, "")
    for attempt, longest in ((1, 1), (2, 2), (3, 4), (6, 30), (50, 30)):
        wait = backoff.judge(problem, "GET /x", attempt, NOW, Random(attempt)).delay
        assert longest / 2 <= wait <= longest


def test_retry_after_of_a_sick_vendor_wins_but_is_clamped() -> None:
    """A 503 may ask for a wait, up to the longest that a poll waits."""
    assert judge(503, {"retry-after": "9"}).delay == 9
    assert judge(503, {"retry-after": "9999"}).delay == 120


@pytest.mark.parametrize("problem", [httpx.ReadTimeout("x"), TimeoutError(), BrokenBodyError("x")])
def test_a_broken_exchange_is_tried_again_where_that_is_harmless(problem: Exception) -> None:
    """A GET is repeated; a POST that may have arrived is not."""
    again = Backoff().judge(problem, "GET /x", 1, NOW, Random(1))
    never = Backoff().judge(problem, "POST /x", 1, NOW, Random(1), repeatable=False)
    assert (again.action, never.action) == (Action.RETRY, Action.FAIL)
    assert isinstance(never.error, UnavailableError)


def test_a_post_is_repeated_only_when_it_certainly_did_nothing() -> None:
    """No connection, 429 and 503 mean that nothing was done; a 500 does not."""
    refused = Backoff().judge(
        httpx.ConnectError("no route"), "POST /x", 1, NOW, Random(1), repeatable=False
    )
    assert refused.action is Action.RETRY
    assert judge(429, repeatable=False).action is Action.WAIT
    assert judge(503, repeatable=False).action is Action.RETRY
    assert judge(500, repeatable=False).action is Action.FAIL


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_dead_signed_link_says_nothing_about_our_credential(status: int) -> None:
    """Another host's refusal is an unavailable file, not a forbidden account."""
    assert isinstance(judge(status, foreign=True).error, UnavailableError)


@given(st.integers(1, 80_000))
def test_retry_after_reads_seconds_and_dates_alike(seconds: int) -> None:
    """Both spellings of the same wait give the same number."""
    date = format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)
    assert retry_after({"retry-after": f" {seconds} "}, NOW) == seconds
    assert retry_after({"retry-after": date}, NOW) == seconds


@given(st.text() | st.from_regex(r"[0-9]{1,40}", fullmatch=True))
def test_no_retry_after_breaks_the_client_or_stops_it_for_long(text: str) -> None:
    """Any text is a wait between a second and a day, or nothing."""
    for wait in (
        retry_after({"retry-after": text}, NOW),
        reset_delay({"x-ratelimit-reset": text}, NOW),
    ):
        assert wait is None or 0 < wait <= LONGEST_WAIT


@pytest.mark.parametrize("text", ["", "-5", "soon", "٣", "1e3", "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_what_is_no_time_counts_as_no_header(text: str) -> None:
    """The next source of the delay is used instead."""
    assert retry_after({"retry-after": text}, NOW) is None


def test_a_moment_that_has_passed_is_still_a_short_wait() -> None:
    """Clocks differ: a past date never means to hammer on."""
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, NOW) == 1
    assert retry_after({"retry-after": "0"}, NOW) == 1


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (
            b'{"error":"Forbidden","message":"Enterprise\\n only"}',
            "application/json",
            "Enterprise only",
        ),
        (b'{"error":{"message":"inner"}}', "application/json", "inner"),
        (b'{"error":"slow down"}', "", "slow down"),
        (b"plain  words", "text/plain", "plain words"),
        (b"<html>login</html>", "text/html", ""),
        (b"{broken", "application/json", ""),
        (b"[" * 50_000, "application/json", ""),
        (b'["list"]', "application/json", ""),
    ],
)
def test_the_vendors_message_is_found(body: bytes, kind: str, expected: str) -> None:
    """JSON in its usual forms and plain text; nothing is made of anything else."""
    assert vendor_message(body, kind) == expected


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "API rate limit exceeded for user ID 583231.",
            "API rate limit exceeded for user ID [somebody].",
        ),
        ("User 'jo-doe' is not a member", "User [somebody] is not a member"),
        ('username: "jo" is unknown', "username: [somebody] is unknown"),
        ("users 7 of 9, user tokens only", "users 7 of 9, user tokens only"),
    ],
)
def test_the_vendors_message_names_nobody(said: str, shown: str) -> None:
    """It reaches the log and the status page, also where people are off."""
    assert vendor_message(said.encode(), "text/plain") == shown


def test_the_vendors_message_gives_nothing_away() -> None:
    """Secrets, e-mail addresses, signed queries and control characters go; it stays short."""
    body = (
        b"key s3cret of jo.doe@example.com\x1b[31m\r\nsee https://h/p?sig=abc&x=1#y for help "
        + b"long " * 200
    )
    message = vendor_message(body, "text/plain", ["s3cret"])
    assert message.startswith("key [secret] of [e-mail] [31m see https://h/p?[...] for help long")
    assert len(message) == 200
