"""What the endpoints behind the stream `organization` answer; what names people is passed over unread."""

from typing import Annotated

import msgspec

from exporter.client.client import Endpoint
from exporter.streams.payload import Count
from exporter.vendors.tabnine.lists import ListPage
from exporter.vendors.tabnine.vendor import GROUP

LICENSE = Endpoint("/api/v1/license", GROUP)
UTILIZATION = Endpoint("/api/v1/organization/account-utilizations", GROUP)
PERMISSIONS = Endpoint("/api/v1/instance/permissions", GROUP)
USERS = Endpoint("/api/v1/organization/users", GROUP)
TEAM_UTILIZATION = Endpoint("/api/v1/team/account-utilizations", GROUP)
TEAM_USERS = Endpoint("/api/v1/team/{team_id}/users", GROUP)


class License(msgspec.Struct, rename="camel", kw_only=True):
    """`exp` and `iat` are Unix seconds."""

    exp: Count | None = None
    iat: Count | None = None
    seats: Count | None = None
    seats_cap: Count | None = None
    audience: msgspec.Raw = msgspec.Raw()
    features: msgspec.Raw = msgspec.Raw()
    settings: msgspec.Raw = msgspec.Raw()


class LicenseAnswer(msgspec.Struct):
    license: License | None


class Month(msgspec.Struct, kw_only=True):
    """The users of a month; the months of a year are counted from 0."""

    year: Annotated[int, msgspec.Meta(ge=1970, le=9999)]
    month: Annotated[int, msgspec.Meta(ge=0, le=11)]
    registered: Count
    deactivated: Count
    active: Count
    pending: Count


class Permission(msgspec.Struct, rename="camel"):
    """Somebody who holds the role that was asked for."""

    username: msgspec.Raw = msgspec.Raw()
    organization_id: str | None = None


class TeamUtilization(msgspec.Struct):
    registered: Count
    deactivated: Count
    invited: Count


class User(msgspec.Struct, rename="camel", kw_only=True):
    """A user; `deactivated_at` is unset for one who is active."""

    id: str
    role: str | None = None
    deactivated_at: str | None = None
    username: msgspec.Raw = msgspec.Raw()
    email: msgspec.Raw = msgspec.Raw()
    verified: msgspec.Raw = msgspec.Raw()
    updated_at: msgspec.Raw = msgspec.Raw()
    team: msgspec.Raw = msgspec.Raw()


class UsersPage(ListPage, kw_only=True):
    data: list[User]
