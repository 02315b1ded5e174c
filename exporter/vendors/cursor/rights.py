"""What a stream's key must be allowed to do, and where Cursor says so."""

from dataclasses import dataclass

from exporter.vendors.cursor.vendor import CursorTarget

_DOCS = "https://cursor.com/docs/account"
_ORGANIZATIONS = f"{_DOCS}/organizations/organization-admin-api"


@dataclass(frozen=True, slots=True)
class Right:
    """The scope that a key needs for an API, and the API's document.

    `organization` is the narrowest scope with which an organization's key can read the same.
    """

    api: str
    scope: str
    document: str
    organization: str = ""

    def of(self, target: CursorTarget) -> "Right":
        """The right that the target's kind of key needs."""
        if target.organization_id is None or not self.organization:
            return self
        return Right("the Organization API", f"{self.organization} or admin:*", _ORGANIZATIONS)


def _admin(organization: str = "") -> Right:
    return Right("the Admin API", "admin:*", f"{_DOCS}/teams/admin-api", organization)


TRACKING = Right("AI code tracking", "admin:*", f"{_DOCS}/teams/ai-code-tracking-api")
ANALYTICS = Right("the Analytics API", "admin:*", f"{_DOCS}/teams/analytics-api")
REVIEWS = Right("the Analytics API", "read:* or admin:*", f"{_DOCS}/teams/analytics-api")
SPEND = _admin()
USAGE = _admin("usage:*")
MEMBERS = _admin("members:read")
AUDIT = _admin("auditlogs:read")
