"""What a stream's key must be allowed to do, and where Cursor says so."""

from dataclasses import dataclass

_DOCS = "https://cursor.com/docs/account/teams"


@dataclass(frozen=True, slots=True)
class Right:
    """The scope that a key needs for an API, and the API's document."""

    api: str
    scope: str
    document: str


TRACKING = Right("AI code tracking", "admin:*", f"{_DOCS}/ai-code-tracking-api")
ANALYTICS = Right("the Analytics API", "admin:*", f"{_DOCS}/analytics-api")
REVIEWS = Right("the Analytics API", "read:* or admin:*", f"{_DOCS}/analytics-api")
ADMIN = Right("the Admin API", "admin:*", f"{_DOCS}/admin-api")
