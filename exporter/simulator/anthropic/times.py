"""Days and times among the parameters of a query."""

from datetime import date

from starlette.datastructures import QueryParams

from exporter.simulator.answers import BadTimeError, parse_milliseconds
from exporter.simulator.anthropic.rest import RefusedError


def day_of(query: QueryParams, name: str) -> int:
    """The start of the UTC day that a parameter names as YYYY-MM-DD."""
    text = query.get(name, "")
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise RefusedError(400, f"{name}: must be a date, YYYY-MM-DD") from error
    return parse_milliseconds(text) // 1000


def moment_of(query: QueryParams, name: str) -> int:
    """The Unix second of a parameter."""
    try:
        return parse_milliseconds(query.get(name, "")) // 1000
    except BadTimeError as error:
        raise RefusedError(400, f"{name}: must be an RFC 3339 time") from error
