"""Moments and UTC days as vendors write them."""

from datetime import UTC, date, datetime


def moment(text: str) -> float:
    """Unix seconds of an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    return unix(datetime.fromisoformat(text))


def unix(at: datetime) -> float:
    """Unix seconds of a moment; one without a zone is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def iso(seconds: float) -> str:
    """A moment as `2026-06-01T12:00:00Z`, without fractions of a second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_day(seconds: float) -> str:
    """The UTC day of a moment as `2026-06-01`."""
    return date_of(seconds).isoformat()


def date_of(seconds: float) -> date:
    """The UTC day of a moment."""
    return datetime.fromtimestamp(seconds, UTC).date()
