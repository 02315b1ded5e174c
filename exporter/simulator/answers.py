"""What the simulated vendors' answers share: JSON bytes, ETags and moments in time."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

_encoder = msgspec.json.Encoder(decimal_format="number")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadTimeError(ValueError):
    """A moment that is not written in ISO 8601."""


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer with the bytes that msgspec makes of `body`."""
    return Response(_encoder.encode(body), status, headers=headers, media_type="application/json")


def etag(content: bytes) -> str:
    """A weak entity tag of the content."""
    return f'W/"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def unchanged(request: Request, tag: str) -> bool:
    """Whether the caller already has the version with this tag."""
    known = request.headers.get("if-none-match", "")
    return tag in (part.strip() for part in known.split(","))


def parse_milliseconds(text: str) -> int:
    """Unix milliseconds of an ISO 8601 date or time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadTimeError(f"not an ISO 8601 time: {text!r}") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def format_milliseconds(milliseconds: int) -> str:
    """As 2026-01-05T14:12:03.000Z."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_format(seconds)}.{rest:03d}Z"


def format_seconds(seconds: int) -> str:
    """As 2026-01-05T14:12:03Z."""
    return f"{_format(seconds)}Z"


def _format(seconds: int) -> str:
    # Several times as fast as strftime, and there are tens of thousands in an answer.
    return (_EPOCH + timedelta(seconds=seconds)).isoformat().removesuffix("+00:00")
