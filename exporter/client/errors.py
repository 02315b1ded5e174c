"""What can go wrong between a vendor and a committed poll, each with the stream state it leads to."""

import enum
from collections.abc import Sequence

from exporter.masking import masked


class State(enum.StrEnum):
    """The state of a stream: exactly one at a time."""

    OK = "ok"
    EMPTY = "empty"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    SCHEMA_ERROR = "schema_error"
    ERROR = "error"

    @property
    def answered(self) -> bool:
        """Whether the vendor gave a full and valid answer."""
        return self in (State.OK, State.EMPTY)


class PollError(Exception):
    """A poll failed; the stream shows `state` and this message, less what looks like a credential.

    `status` is that of an HTTP answer that refused the request.
    """

    state = State.ERROR
    status: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(masked(message))


class UnauthorizedError(PollError):
    """The credential was refused (401) or could not be read."""

    state = State.UNAUTHORIZED


class SecretError(UnauthorizedError):
    """The secret cannot be used, so no request was made; `remedy` is what to do about its source."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}: {remedy}")
        self.problem, self.remedy = masked(problem), remedy


class ForbiddenError(PollError):
    """The credential is known but not allowed (403 without signs of a rate limit), or not paid for (402)."""

    state = State.FORBIDDEN


class NotFoundError(PollError):
    """The account, or the API, is not there (404, 410)."""

    state = State.NOT_FOUND


class RateLimitedError(PollError):
    """The vendor's quota is used up; `retry_at` (Unix seconds) is when it may be asked again."""

    state = State.RATE_LIMITED

    def __init__(self, message: str, retry_at: float) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class UnavailableError(PollError):
    """The vendor did not answer: 5xx, a time-out, a broken connection or body."""

    state = State.UNAVAILABLE


class PartsError(PollError):
    """Parts of what a stream reads could not be had, each told in words; the state is the first one's."""

    def __init__(self, parts: Sequence[tuple[State, str]]) -> None:
        super().__init__("; ".join(text for _, text in parts))
        self.state = parts[0][0]


class SchemaError(PollError):
    """The answer is not what the vendor documents; the message names the place in it."""

    state = State.SCHEMA_ERROR
