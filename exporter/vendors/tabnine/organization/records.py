"""What the endpoints behind the stream `organization` answer; what names people is not read."""

from typing import Annotated, ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine.lists import ListPage
from exporter.vendors.tabnine.vendor import GROUP

LICENSE = kit.Request(kit.Endpoint("/api/v1/license", GROUP))
UTILIZATION = kit.Request(kit.Endpoint("/api/v1/organization/account-utilizations", GROUP))
PERMISSIONS = kit.Endpoint("/api/v1/instance/permissions", GROUP)
TEAM_UTILIZATION = kit.Endpoint("/api/v1/team/account-utilizations", GROUP)


class License(msgspec.Struct, rename="camel", kw_only=True):
    """`exp` and `iat` are Unix seconds."""

    ignored: ClassVar[frozenset[str]] = frozenset({"audience", "features", "settings"})

    exp: kit.Count | None = None
    iat: kit.Count | None = None
    seats: kit.Count | None = None
    seats_cap: kit.Count | None = None


class LicenseAnswer(msgspec.Struct):
    license: License | None


class Month(msgspec.Struct, kw_only=True):
    """The users of a month; the months of a year are counted from 0."""

    year: Annotated[int, msgspec.Meta(ge=1970, le=9999)]
    month: Annotated[int, msgspec.Meta(ge=0, le=11)]
    registered: kit.Count
    deactivated: kit.Count
    active: kit.Count
    pending: kit.Count


class Permission(msgspec.Struct):
    """Somebody who holds the role that was asked for."""

    ignored: ClassVar[frozenset[str]] = frozenset({"username", "organizationId"})


class TeamUtilization(msgspec.Struct):
    registered: kit.Count
    deactivated: kit.Count
    invited: kit.Count


class User(msgspec.Struct, rename="camel", kw_only=True):
    """A user; `deactivated_at` is unset for one who is active."""

    ignored: ClassVar[frozenset[str]] = frozenset(
        {"username", "email", "verified", "updatedAt", "team"}
    )

    id: str
    role: str | None = None
    deactivated_at: str | None = None


class UsersPage(ListPage, kw_only=True):
    data: list[User]
