"""What Cursor means by a 401 or 403: not only that a key is wrong, or the plan."""

from exporter.streams import kit

SCOPE = "required scope"
SWITCHED_OFF = "not enabled"
OTHER_ORGANIZATION = "not authorized"


def explain(error: kit.PollError) -> kit.PollError:
    """The same error; for a key that is known, and may not do this, one that says so."""
    said = str(error).partition("; ")[0]
    lower = said.lower()
    if isinstance(error, kit.ForbiddenError) and OTHER_ORGANIZATION in lower:
        return kit.ForbiddenError(f"{said}; organization_id is not the organization of the key")
    if not isinstance(error, kit.UnauthorizedError):
        return error
    if SCOPE in lower:
        return kit.ForbiddenError(f"{said}; the key is known, but was made without this scope")
    if SWITCHED_OFF in lower:
        return kit.ForbiddenError(f"{said}; the key is right, but the team has switched this off")
    return error
