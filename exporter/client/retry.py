"""What to do about a request that failed, decided from status, headers and message alone."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import Random

import httpx

from exporter.client.body import BrokenBodyError
from exporter.client.error_text import describe, shortened
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    PollError,
    RateLimitedError,
    UnauthorizedError,
    UnavailableError,
)

LONGEST_WAIT = 24 * 3600.0
"""The longest wait that a vendor's header can ask for."""

TRANSPORT_ERRORS = (httpx.TransportError, TimeoutError, BrokenBodyError)
"""The errors of an exchange that ended without a whole answer."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_LIMITED = re.compile(
    r"rate limit (?:was |has been )?exceeded|secondary rate limit|abuse detection|too many requests"
    r"|exceeded (?:a|an|the|your) [\w ]{0,40}(?:rate limit|quota)",
    re.IGNORECASE,
)
_LIMITS_EXPLAINED = re.compile(
    r"abuse-rate-limit|secondary-rate-limit|rate-limits-for-the-rest-api|#rate-limit(?:s|ing)\b"
)
"""In the `documentation_url` of GitHub's errors. A refusal of `/rate_limit` itself has another."""


class Action(enum.Enum):
    """RETRY after a moment, WAIT for the vendor's quota, or FAIL the poll."""

    RETRY = enum.auto()
    WAIT = enum.auto()
    FAIL = enum.auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, how long to wait first, and the error when trying ends here."""

    action: Action
    error: PollError
    delay: float = 0.0


class RefusedError(Exception):
    """An HTTP answer of 3xx, 4xx or 5xx that is no success, with what its body says.

    `document` is the page that the body names. `foreign` when it came from another host than the
    vendor's, `redirected_to` that host where a redirect led to it, `renewed` when the next request goes with another credential than the one refused.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        message: str,
        *,
        document: str = "",
        foreign: bool = False,
        redirected_to: str = "",
        renewed: bool = False,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers
        self.message = message
        self.document = document
        self.foreign = foreign
        self.redirected_to = redirected_to
        self.renewed = renewed


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often and how slowly to try again.

    `limited_base` is the shortest wait for a rate limit that comes without a time.
    """

    tries: int = 3
    base: float = 1.0
    cap: float = 30.0
    limited_base: float = 60.0
    limited_cap: float = 900.0
    max_wait: float = 120.0

    def judge(
        self,
        problem: Exception,
        label: str,
        attempt: int,
        now: float,
        random: Random,
        *,
        repeatable: bool = True,
    ) -> Verdict:
        """The decision about one failed attempt, the first being number 1."""
        if not isinstance(problem, RefusedError):
            return self._broken(problem, label, attempt, random, repeatable=repeatable)
        answered = f"{label} answered {problem.status}"
        said = f": {problem.message}" if problem.message else ""
        if _is_rate_limited(problem):
            wait = self._limited_delay(problem.headers, attempt, now, random)
            limited = RateLimitedError(
                f"{answered}{said}; the vendor's quota is used up for {wait:.0f} s", now + wait
            )
            return self._unless_last(Action.WAIT, limited, attempt, wait)
        if problem.status >= 500 or problem.status == 408:
            asked = retry_after(problem.headers, now)
            wait = self._delay(attempt, random) if asked is None else min(asked, self.max_wait)
            down = UnavailableError(f"{answered}{said}; the vendor has a problem")
            # With a 503 the vendor says that it did not begin with the request.
            if not repeatable and problem.status != 503:
                return Verdict(Action.FAIL, down)
            return self._unless_last(Action.RETRY, down, attempt, wait)
        refusal = _refusal(problem, answered, said)
        refusal.status = problem.status
        return Verdict(Action.FAIL, refusal)

    def _broken(
        self, problem: Exception, label: str, attempt: int, random: Random, *, repeatable: bool
    ) -> Verdict:
        error = UnavailableError(f"{label} failed: {describe(problem)}")
        if not repeatable and not isinstance(problem, _NEVER_SENT):
            return Verdict(Action.FAIL, error)
        return self._unless_last(Action.RETRY, error, attempt, self._delay(attempt, random))

    def _unless_last(self, action: Action, error: PollError, attempt: int, delay: float) -> Verdict:
        too_long = action is Action.WAIT and delay > self.max_wait
        last = attempt >= self.tries or too_long
        return Verdict(Action.FAIL if last else action, error, delay)

    def _delay(self, attempt: int, random: Random) -> float:
        longest: float = min(self.cap, self.base * 2 ** (attempt - 1))
        return random.uniform(longest / 2, longest)

    def _limited_delay(
        self, headers: Mapping[str, str], attempt: int, now: float, random: Random
    ) -> float:
        asked = retry_after(headers, now)
        if asked is None and headers.get("x-ratelimit-remaining", "0").strip() == "0":
            # Where requests remain, the headers tell of another quota than the one that is used up.
            asked = reset_delay(headers, now)
        if asked is not None:
            return asked
        longest = min(self.limited_cap, self.limited_base * 2**attempt)
        return random.uniform(min(self.limited_base, longest), longest)


def _is_rate_limited(problem: RefusedError) -> bool:
    """Whether a quota was used up: 429, or 403 with a sign of it, which need not be a header."""
    if problem.status != 403:
        return problem.status == 429
    return (
        "retry-after" in problem.headers
        or problem.headers.get("x-ratelimit-remaining", "").strip() == "0"
        or _LIMITED.search(problem.message) is not None
        or _LIMITS_EXPLAINED.search(problem.document) is not None
    )


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait by `Retry-After`, given as seconds or as an HTTP date; at least 1."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        return _clamped(float(text))
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return _clamped(moment.timestamp() - now)
    except (ValueError, OverflowError):
        # Not a time in any format: as if the header were not there.
        return None


def reset_delay(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until `x-ratelimit-reset` (Unix seconds), where it lies ahead."""
    text = headers.get("x-ratelimit-reset", "").strip()
    if not _SECONDS.fullmatch(text) or float(text) <= now:
        return None
    return _clamped(float(text) - now)


def _refusal(problem: RefusedError, answered: str, said: str) -> PollError:
    status = problem.status
    if problem.redirected_to and status in (401, 403, 404, 410):
        return UnavailableError(
            f"{answered} on another host ({problem.redirected_to}), where a redirect led; the credential is "
            "not sent there. If a gateway in between redirects, let it pass requests on, or set base_url to "
            "that host; if it is a link to a file, the next poll asks for a new one"
        )
    if problem.foreign and status in (401, 403, 404, 410):
        return UnavailableError(
            f"{answered} on another host: a signed link ends soon, the next poll asks for a new one"
        )
    if status == 401:
        return UnauthorizedError(
            f"{answered}{said}; check that the credential is right and has not expired"
        )
    if status == 402:
        return ForbiddenError(f"{answered}{said}; the account's bill or plan stands in the way")
    if status == 403:
        needed = problem.headers.get("x-accepted-github-permissions", "")
        needs = f" (it needs: {shortened(needed)})" if needed else ""
        return ForbiddenError(
            f"{answered}{said}{needs}; check the credential's permissions and the plan"
        )
    if status in (404, 410):
        return NotFoundError(
            f"{answered}{said}; check the account's name, the plan, and that the credential sees it"
        )
    return PollError(f"{answered}{said}")


def _clamped(seconds: float) -> float:
    return min(max(seconds, 1.0), LONGEST_WAIT)
