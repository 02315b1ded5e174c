"""What Anthropic means by an error: not only that a key is wrong."""

from exporter.streams import kit

SCOPE = "scope"
CURSOR = "cursor"
_NEXT_POLL = "the next poll begins with the first page"


def explain(error: kit.PollError) -> kit.PollError:
    """The same error; where a list ended under its reader, one that says so and passes."""
    said = str(error).partition("; ")[0]
    lower = said.lower()
    is_refused_request = "answered 400" in lower or "answered 410" in lower
    if is_refused_request and CURSOR in lower:
        return kit.UnavailableError(f"{said}; {_NEXT_POLL}")
    if isinstance(error, kit.NotFoundError):
        return kit.NotFoundError(f"{said}; the organization's plan may not have this API")
    if isinstance(error, kit.ForbiddenError) and SCOPE in lower:
        return kit.ForbiddenError(f"{said}; the key is known, but was made without this scope")
    return error
