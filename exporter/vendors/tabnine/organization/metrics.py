"""What the stream `organization` shows: gauges of the state at the poll, none of a person."""

from functools import partial

from exporter.streams import common_metrics, kit
from exporter.vendors.tabnine.lists import Team
from exporter.vendors.tabnine.organization.records import License

_TEAMS = "Tabnine teams API, as polled"
_MONTHLY = "Tabnine account utilization API, as polled; the current month still moves"

ORGANIZATION_INFO = kit.gauge(
    "tabnine_organization_info",
    "The organization with its plan and its ways of signing in, always 1 (Tabnine organization API, "
    "as polled).",
    (
        "organization_id",
        "organization_name",
        "plan_type",
        "saml_enabled",
        "smtp_configured",
        "username_password_enabled",
        "oauth_enabled",
    ),
    merge=kit.Merge.MAX,
)

LICENSE = kit.Table(License, api="Tabnine license API, as polled")
LICENSE.gauge(
    "tabnine_license_expiry_timestamp_seconds",
    "When the license expires, also where it has",
    "exp",
)
LICENSE.gauge("tabnine_license_issued_timestamp_seconds", "When the license was issued", "iat")
LICENSE.gauge(
    "tabnine_license_seats",
    "Seats that the license grants, assigned or not; assistant_seats is the same",
    "seats",
)
LICENSE.gauge(
    "tabnine_license_seats_cap",
    "Seats up to which the license lets the organization grow",
    "seats_cap",
)

UTILIZATION = kit.gauge(
    "tabnine_utilization_users",
    f"Users of the organization by status in the newest month ({_MONTHLY}).",
    ("status",),
)
UTILIZATION_MONTH = kit.gauge(
    "tabnine_utilization_month_timestamp_seconds",
    f"The start of the month that tabnine_utilization_users is of, in UTC ({_MONTHLY}).",
)
_of_teams = partial(kit.gauge, foldable_labels=("team_name",), group="team_name")
TEAM_UTILIZATION = _of_teams(
    "tabnine_team_utilization_users",
    "Users of a team by status: registered, deactivated or invited (Tabnine team utilization API, as "
    "polled).",
    ("team_name", "status"),
)

PERMISSION_USERS = kit.gauge(
    "tabnine_permission_users",
    "People that hold a role in the installation (Tabnine permissions API, as polled).",
    ("role",),
)
TEAM_USERS = _of_teams(
    "tabnine_team_users",
    "Users of a team by role and whether they are active (Tabnine team users API, as polled).",
    ("team_name", "role", "active"),
)
UNASSIGNED_USERS = kit.gauge(
    "tabnine_unassigned_users",
    "Users without a team by whether they are active (Tabnine organization users API, as polled).",
    ("active",),
)

TEAM_INFO = kit.gauge(
    "tabnine_team_info",
    f"A team with its id and whether it is the default one: 1, in other how many it holds ({_TEAMS}).",
    ("team_name", "team_id", "default_team"),
    foldable_labels=("team_name", "team_id"),
    group="team_name",
)
TEAM = kit.Table(Team, api=_TEAMS, labels=("team_name",), group="team_name")
TEAM.gauge("tabnine_team_seats_cap", "Seats that a team may take, where a cap is set", "seat_cap")
TEAM.gauge(
    "tabnine_team_pending_invitations",
    "Invitations to a team that were not accepted, where the installation tells",
    "pending_invitations_count",
)

BY_TEAM = (TEAM_UTILIZATION, TEAM_USERS)
"""What a walk over the teams reads."""

METRICS = (
    ORGANIZATION_INFO,
    *LICENSE.metrics,
    UTILIZATION,
    UTILIZATION_MONTH,
    TEAM_UTILIZATION,
    PERMISSION_USERS,
    TEAM_USERS,
    UNASSIGNED_USERS,
    TEAM_INFO,
    *TEAM.metrics,
    common_metrics.SEATS,
)
ONCE = tuple(metric for metric in METRICS if metric not in BY_TEAM)
"""What every poll reads whole."""

LICENSE.shows(common_metrics.SEATS, "seats")
