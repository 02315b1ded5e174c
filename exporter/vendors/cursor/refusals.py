"""What Cursor means by a 401: not only that a key is wrong."""

from exporter.streams import kit

SCOPE = "required scope"
SWITCHED_OFF = "not enabled"


def explain(error: kit.PollError) -> kit.PollError:
    """The same error; for a key that is known, and may not do this, one that says so."""
    if not isinstance(error, kit.UnauthorizedError):
        return error
    said = str(error).partition("; ")[0]
    if SCOPE in said.lower():
        return kit.ForbiddenError(f"{said}; the key is known, but was made without this scope")
    if SWITCHED_OFF in said.lower():
        return kit.ForbiddenError(f"{said}; the key is right, but the team has switched this off")
    return error
